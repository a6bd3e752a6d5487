// SPDX-License-Identifier: GPL-2.0-only
/* Step 5: read() and write() see the bytes that are mapped. */
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sysfs.h>
#include <linux/uio.h>

#define TUTORIAL_PAGES	32UL
#define TUTORIAL_SIZE	((loff_t)(TUTORIAL_PAGES * PAGE_SIZE))

static struct page *tutorial_pages[TUTORIAL_PAGES];

/* Atomic: .open runs under the parent's lock, and .close under the lock of another process. */
static atomic_t tutorial_vmas;

/* Returns the page, and allocates it if it is missing. If two threads race, one page is kept. */
static struct page *tutorial_page(pgoff_t index)
{
	struct page *page = READ_ONCE(tutorial_pages[index]);
	struct page *other;

	if (page)
		return page;
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return NULL;
	other = cmpxchg(&tutorial_pages[index], NULL, page);
	if (!other)
		return page;
	put_page(page);
	return other;
}

static vm_fault_t tutorial_fault(struct vm_fault *vmf)
{
	struct page *page;

	/* The only check of bounds: it holds for each page, however the VMA has grown. */
	if (vmf->pgoff >= TUTORIAL_PAGES)
		return VM_FAULT_SIGBUS;
	page = tutorial_page(vmf->pgoff);
	if (!page)
		return VM_FAULT_OOM;
	get_page(page); /* the page table's reference */
	vmf->page = page;
	return 0;
}

/* The kernel has made this VMA from another: by fork, a split or mremap(). Not by mmap(). */
static void tutorial_vma_open(struct vm_area_struct *vma)
{
	atomic_inc(&tutorial_vmas);
}

/* This VMA ends: it is unmapped or moved away, or its process ends. */
static void tutorial_vma_close(struct vm_area_struct *vma)
{
	atomic_dec(&tutorial_vmas);
}

static const struct vm_operations_struct tutorial_vm_ops = {
	.open	= tutorial_vma_open,
	.close	= tutorial_vma_close,
	.fault	= tutorial_fault,
};

static int tutorial_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &tutorial_vm_ops;
	/* Last: if .mmap returns an error, the kernel does not call .close. */
	tutorial_vma_open(vma);
	return 0;
}

static loff_t tutorial_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek_size(file, offset, whence, TUTORIAL_SIZE, TUTORIAL_SIZE);
}

/* Returns how many of the requested bytes are in the page of the request's position. */
static size_t tutorial_piece(struct kiocb *iocb, struct iov_iter *iter)
{
	return min_t(size_t, iov_iter_count(iter), PAGE_SIZE - offset_in_page(iocb->ki_pos));
}

static ssize_t tutorial_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	ssize_t done = 0;

	while (iov_iter_count(to) && iocb->ki_pos < TUTORIAL_SIZE) {
		struct page *page = tutorial_page(iocb->ki_pos >> PAGE_SHIFT);
		size_t bytes = tutorial_piece(iocb, to);
		size_t copied;

		if (!page)
			return done ? done : -ENOMEM;
		/* No lock is held: the program's buffer may be a mapping of this device. */
		copied = copy_page_to_iter(page, offset_in_page(iocb->ki_pos), bytes, to);
		iocb->ki_pos += copied;
		done += copied;
		if (copied < bytes)
			return done ? done : -EFAULT;
	}
	return done;
}

static ssize_t tutorial_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t done = 0;

	if (iov_iter_count(from) && iocb->ki_pos >= TUTORIAL_SIZE)
		return -ENOSPC;
	while (iov_iter_count(from) && iocb->ki_pos < TUTORIAL_SIZE) {
		struct page *page = tutorial_page(iocb->ki_pos >> PAGE_SHIFT);
		size_t bytes = tutorial_piece(iocb, from);
		size_t copied;

		if (!page)
			return done ? done : -ENOMEM;
		copied = copy_page_from_iter(page, offset_in_page(iocb->ki_pos), bytes, from);
		iocb->ki_pos += copied;
		done += copied;
		if (copied < bytes)
			return done ? done : -EFAULT;
	}
	return done;
}

static const struct file_operations tutorial_fops = {
	.owner		= THIS_MODULE,
	.llseek		= tutorial_llseek,
	.read_iter	= tutorial_read_iter,
	.write_iter	= tutorial_write_iter,
	.mmap		= tutorial_mmap,
};

static ssize_t vmas_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&tutorial_vmas));
}
static DEVICE_ATTR_RO(vmas);

static struct attribute *tutorial_attrs[] = {
	&dev_attr_vmas.attr,
	NULL,
};
ATTRIBUTE_GROUPS(tutorial);

static struct miscdevice tutorial_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tutorial",
	.fops	= &tutorial_fops,
	.mode	= 0600,
	.groups	= tutorial_groups, /* /sys/class/misc/tutorial/vmas */
};

static int __init tutorial_init(void)
{
	return misc_register(&tutorial_device);
}
module_init(tutorial_init);

static void __exit tutorial_exit(void)
{
	int i;

	misc_deregister(&tutorial_device);
	for (i = 0; i < TUTORIAL_PAGES; i++)
		if (tutorial_pages[i])
			put_page(tutorial_pages[i]);
}
module_exit(tutorial_exit);

MODULE_DESCRIPTION("mmap driver, step 5: read and write");
MODULE_LICENSE("GPL");
