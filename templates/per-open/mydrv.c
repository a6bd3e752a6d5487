// SPDX-License-Identifier: GPL-2.0-only
/*
 * per-open: each open() makes a buffer of its own, which is freed with its last user.
 *
 * Choose: each client of the driver gets memory that no other client sees: a context, a queue.
 * Holds:  all mappings of one open file show one buffer, after fork() and in a process that got
 *         the descriptor by dup() or SCM_RIGHTS, too. It is zeroed, charged to the program's
 *         memory cgroup, and freed when the file is closed and the last mapping is gone.
 * Lacks:  memory that two opens of the node share (S1, S3, S7): the second has another buffer.
 *         It lacks what insert lacks, too.
 * Change: MYDRV_PAGES; the mode of the node. A mapping keeps its buffer after close(), so that
 *         RLIMIT_NOFILE does not limit how many buffers a program has. Only the limit of its
 *         memory cgroup does: count the buffers if that is not enough.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#define MYDRV_PAGES	64UL

#ifndef MYDRV_HAS_VM_FLAGS_SET /* Linux 6.3 has it, see Kbuild */
#define vm_flags_set(vma, flags)	((vma)->vm_flags |= (flags))
#endif

struct mydrv_buffer {
	struct page *pages[MYDRV_PAGES];
};

static int mydrv_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mydrv_buffer *buffer = file->private_data;
	unsigned long first = vma->vm_pgoff;
	unsigned long count = vma_pages(vma);
	unsigned long i;

	/* The program chooses both. A sum could overflow; this difference cannot. */
	if (first >= MYDRV_PAGES || count > MYDRV_PAGES - first)
		return -EINVAL;
	/* No page fault can tell the program later that the memory is broken. */
	for (i = first; i < first + count; i++)
		if (PageHWPoison(buffer->pages[i]))
			return -EHWPOISON;
	/* mremap() would add addresses that nothing maps. */
	vm_flags_set(vma, VM_DONTEXPAND);
	/* Each page table entry takes a reference, which fork() and munmap() update. */
	return vm_insert_pages(vma, vma->vm_start, buffer->pages + first, &count);
}

static void mydrv_free(struct mydrv_buffer *buffer)
{
	unsigned long i;

	/* I/O in flight may keep a page for longer: this drops the driver's reference only. */
	for (i = 0; i < MYDRV_PAGES && buffer->pages[i]; i++)
		put_page(buffer->pages[i]);
	kvfree(buffer);
}

static int mydrv_open(struct inode *inode, struct file *file)
{
	struct mydrv_buffer *buffer = kvzalloc(sizeof(*buffer), GFP_KERNEL_ACCOUNT);
	unsigned long i;

	if (!buffer)
		return -ENOMEM;
	for (i = 0; i < MYDRV_PAGES; i++) {
		buffer->pages[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!buffer->pages[i]) {
			mydrv_free(buffer);
			return -ENOMEM;
		}
	}
	file->private_data = buffer;
	return 0;
}

/* A mapping keeps its file: this is called after the last unmap and the last close. */
static int mydrv_release(struct inode *inode, struct file *file)
{
	mydrv_free(file->private_data);
	return 0;
}

/* Programs learn the size by lseek(fd, 0, SEEK_END). */
static loff_t mydrv_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, MYDRV_PAGES << PAGE_SHIFT);
}

static const struct file_operations mydrv_fops = {
	.owner		= THIS_MODULE, /* A mapping keeps its file, which keeps the module. */
	.open		= mydrv_open,
	.release	= mydrv_release,
	.llseek		= mydrv_llseek,
	.mmap		= mydrv_mmap,
	.fsync		= noop_fsync, /* Without it, msync(MS_SYNC) is EINVAL. */
};

static struct miscdevice mydrv_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "mydrv",
	.fops	= &mydrv_fops,
	.mode	= 0600,
};
module_misc_device(mydrv_misc);

MODULE_DESCRIPTION("Maps a buffer of its own for each open file");
MODULE_LICENSE("GPL");
