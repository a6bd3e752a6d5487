// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: open(O_TRUNC) and open(O_WRONLY) replace the pages, and nobody unmaps the old ones.
 * A program sees: its mapping shows pages that are the device's no more. Its stores are lost.
 * Source: LDD3's scull and scullp (github.com/martinezjavier/ldd3), whose open() ignores that
 *         scullp_trim() refuses while the device is mapped; docs/mutants.md, 13.
 */
#include "zoo.h"

static struct page *trims_on_open_pages[ZOO_PAGES];
static DEFINE_MUTEX(trims_on_open_lock);

/* Forgets a page. The next access makes a new one. */
static void trims_on_open_trim(void)
{
	unsigned long i;

	mutex_lock(&trims_on_open_lock);
	for (i = 0; i < ZOO_PAGES; i++) {
		if (trims_on_open_pages[i])
			put_page(trims_on_open_pages[i]);
		trims_on_open_pages[i] = NULL;
	}
	mutex_unlock(&trims_on_open_lock);
}

/* The page, with a reference */
static struct page *trims_on_open_page(unsigned long index)
{
	struct page *page = NULL;

	if (index >= ZOO_PAGES)
		return NULL;
	mutex_lock(&trims_on_open_lock);
	if (!trims_on_open_pages[index])
		trims_on_open_pages[index] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	page = trims_on_open_pages[index];
	if (page)
		get_page(page);
	mutex_unlock(&trims_on_open_lock);
	return page;
}

static int trims_on_open_open(struct inode *inode, struct file *file)
{
	if ((file->f_flags & O_ACCMODE) == O_WRONLY || file->f_flags & O_TRUNC)
		trims_on_open_trim();
	return 0;
}

/* Copies from or to the pages, one after the other. */
static ssize_t trims_on_open_copy(char __user *to, const char __user *from, size_t count,
				  loff_t *pos)
{
	size_t done = 0, piece, left = 0;
	struct page *page;

	while (done < count && !left) {
		page = trims_on_open_page(*pos >> PAGE_SHIFT);
		if (!page)
			break;
		piece = min_t(size_t, count - done, PAGE_SIZE - offset_in_page(*pos));
		if (to)
			left = copy_to_user(to + done, page_address(page) + offset_in_page(*pos),
					    piece);
		else
			left = copy_from_user(page_address(page) + offset_in_page(*pos),
					      from + done, piece);
		put_page(page);
		*pos += piece - left;
		done += piece - left;
	}
	if (done || !count)
		return done;
	if (left)
		return -EFAULT;
	return from ? -ENOSPC : 0;
}

static ssize_t trims_on_open_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	return trims_on_open_copy(to, NULL, count, pos);
}

static ssize_t trims_on_open_write(struct file *file, const char __user *from, size_t count,
				   loff_t *pos)
{
	return trims_on_open_copy(NULL, from, count, pos);
}

static vm_fault_t trims_on_open_fault(struct vm_fault *vmf)
{
	vmf->page = trims_on_open_page(vmf->pgoff);
	return vmf->page ? 0 : VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct trims_on_open_vm_ops = {
	.fault = trims_on_open_fault,
};

static int trims_on_open_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &trims_on_open_vm_ops);
}

static const struct file_operations trims_on_open_fops = {
	.owner = THIS_MODULE,
	.llseek = zoo_llseek,
	.open = trims_on_open_open,
	.read = trims_on_open_read,
	.write = trims_on_open_write,
	.fsync = noop_fsync,
	.mmap = trims_on_open_mmap,
};

ZOO_MODULE(trims_on_open_fops, "A driver that truncates under its mappings");
