// SPDX-License-Identifier: GPL-2.0-only
/*
 * readonly: memory of the kernel's that programs see and cannot change.
 *
 * Choose: the kernel publishes data (counters, a clock, a table), and any number of programs
 *         read them without a system call.
 * Holds:  a shared mapping shows published data at once (S7), and cannot become writable:
 *         PROT_WRITE at mmap() and a later mprotect() are EACCES, for root too. A private
 *         mapping copies on write (S5, S6), so that only its program sees its stores.
 * Lacks:  stores to a shared mapping, and what vmalloc lacks.
 * Change: MYDRV_PAGES; the publisher, here write(), which only root may call. In its place,
 *         your interrupt handler or timer stores to mydrv_array. Readers may see a half-made
 *         change: let the kernel count before and after it, as a seqcount does. If private
 *         copies make no sense for you, refuse mappings without VM_MAYSHARE.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#define MYDRV_PAGES	64UL
#define MYDRV_SIZE	((loff_t)(MYDRV_PAGES << PAGE_SHIFT))

#ifndef MYDRV_HAS_VM_FLAGS_SET /* Linux 6.3 has it, see Kbuild */
#define vm_flags_clear(vma, flags)	((vma)->vm_flags &= ~(flags))
#endif

static void *mydrv_array;

/* Whether the kernel knows of a memory error in one of the pages from @pos on. */
static bool mydrv_broken(loff_t pos, size_t bytes)
{
	loff_t at;

	for (at = round_down(pos, PAGE_SIZE); at < pos + bytes; at += PAGE_SIZE)
		if (PageHWPoison(vmalloc_to_page(mydrv_array + at)))
			return true;
	return false;
}

static int mydrv_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long first = vma->vm_pgoff;
	unsigned long count = vma_pages(vma);

	/* The program chooses both. A sum could overflow; this difference cannot. */
	if (first >= MYDRV_PAGES || count > MYDRV_PAGES - first)
		return -EINVAL;
	/* VM_MAYSHARE means MAP_SHARED. VM_SHARED also means that it may become writable. */
	if (vma->vm_flags & VM_MAYSHARE) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		/* Without this, mprotect() could make the mapping writable later. */
		vm_flags_clear(vma, VM_MAYWRITE);
	}
	if (mydrv_broken((loff_t)first << PAGE_SHIFT, count << PAGE_SHIFT))
		return -EHWPOISON;
	/* This sets VM_DONTEXPAND and VM_DONTDUMP. Each page table entry takes a reference. */
	return remap_vmalloc_range(vma, mydrv_array, first);
}

static ssize_t mydrv_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	loff_t pos = iocb->ki_pos;
	size_t bytes, copied;

	if (pos >= MYDRV_SIZE)
		return 0;
	bytes = min_t(loff_t, iov_iter_count(to), MYDRV_SIZE - pos);
	if (mydrv_broken(pos, bytes))
		return -EIO;
	copied = copy_to_iter(mydrv_array + pos, bytes, to);
	iocb->ki_pos += copied;
	return copied || !bytes ? copied : -EFAULT;
}

/* Publishes data. copy_from_user() would zero bytes that it cannot copy, and show the zeros. */
static ssize_t mydrv_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	loff_t pos = iocb->ki_pos;
	size_t bytes, copied;

	if (pos >= MYDRV_SIZE)
		return iov_iter_count(from) ? -ENOSPC : 0;
	bytes = min_t(loff_t, iov_iter_count(from), MYDRV_SIZE - pos);
	if (mydrv_broken(pos, bytes))
		return -EIO;
	copied = copy_from_iter(mydrv_array + pos, bytes, from);
	iocb->ki_pos += copied;
	return copied || !bytes ? copied : -EFAULT;
}

/* Programs learn the size by lseek(fd, 0, SEEK_END). */
static loff_t mydrv_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, MYDRV_SIZE);
}

static const struct file_operations mydrv_fops = {
	.owner		= THIS_MODULE, /* A mapping keeps its file, which keeps the module. */
	.llseek		= mydrv_llseek,
	.read_iter	= mydrv_read_iter,
	.write_iter	= mydrv_write_iter,
	.mmap		= mydrv_mmap,
	.fsync		= noop_fsync, /* Without it, msync(MS_SYNC) is EINVAL. */
};

static struct miscdevice mydrv_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "mydrv",
	.fops	= &mydrv_fops,
	.mode	= 0644,
};

static int __init mydrv_init(void)
{
	int err;

	/* vmalloc() would neither zero it nor let programs map it. */
	mydrv_array = vmalloc_user(MYDRV_SIZE);
	if (!mydrv_array)
		return -ENOMEM;
	/* Nothing may fail after this: a program may have the node open already. */
	err = misc_register(&mydrv_misc);
	if (err)
		vfree(mydrv_array);
	return err;
}
module_init(mydrv_init);

static void __exit mydrv_exit(void)
{
	misc_deregister(&mydrv_misc);
	vfree(mydrv_array);
}
module_exit(mydrv_exit);

MODULE_DESCRIPTION("Maps memory that programs may read only");
MODULE_LICENSE("GPL");
