// SPDX-License-Identifier: GPL-2.0-only
/*
 * insert: pages of the driver's own, all of them mapped when mmap() is called.
 *
 * Choose: programs use all of a buffer that is not large, and no access may wait or fail
 *         after mmap(): a ring between the kernel and a program, a frame buffer.
 * Holds:  shared and private mappings, copy-on-write and fork (S3 to S7), O_DIRECT, io_uring
 *         and vmsplice (M6), core dumps (M7). An mmap() past the end is EINVAL.
 * Lacks:  new page faults: an access after MADV_DONTNEED is SIGBUS (M2). mremap() does
 *         not grow a mapping (M1). Futexes between processes are EFAULT (M5). The kernel
 *         cannot move the pages (M12), and they are never huge (M11).
 * Change: MYDRV_PAGES; the mode of the node; what fills the pages. page_address() is the
 *         kernel's address of a page. If the kernel runs on CPUs with aliasing caches, copy
 *         vmalloc. From Linux 7.1 on, .mmap_prepare with mmap_action_map_kernel_pages_full()
 *         does what .mmap does here.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

#define MYDRV_PAGES	64UL

#ifndef MYDRV_HAS_VM_FLAGS_SET /* Linux 6.3 has it, see Kbuild */
#define vm_flags_set(vma, flags)	((vma)->vm_flags |= (flags))
#endif

/* Single pages: those inside a larger block have no reference count of their own. */
static struct page *mydrv_pages[MYDRV_PAGES];

static int mydrv_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long first = vma->vm_pgoff;
	unsigned long count = vma_pages(vma);
	unsigned long i;

	/* The program chooses both. A sum could overflow; this difference cannot. */
	if (first >= MYDRV_PAGES || count > MYDRV_PAGES - first)
		return -EINVAL;
	/* No page fault can tell the program later that the memory is broken. */
	for (i = first; i < first + count; i++)
		if (PageHWPoison(mydrv_pages[i]))
			return -EHWPOISON;
	/* mremap() would add addresses that nothing maps. */
	vm_flags_set(vma, VM_DONTEXPAND);
	/*
	 * Each page table entry takes a reference, which fork() and munmap() update: no
	 * .open or .close is needed. If this fails half-way, the kernel unmaps what is there.
	 */
	return vm_insert_pages(vma, vma->vm_start, mydrv_pages + first, &count);
}

/* Programs learn the size by lseek(fd, 0, SEEK_END). */
static loff_t mydrv_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, MYDRV_PAGES << PAGE_SHIFT);
}

static const struct file_operations mydrv_fops = {
	.owner	= THIS_MODULE, /* A mapping keeps its file, and the file keeps the module. */
	.llseek	= mydrv_llseek,
	.mmap	= mydrv_mmap,
	.fsync	= noop_fsync, /* Without it, msync(MS_SYNC) is EINVAL. */
};

static struct miscdevice mydrv_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "mydrv",
	.fops	= &mydrv_fops,
	.mode	= 0600,
};

/* I/O in flight may keep a page for longer: this drops the driver's reference only. */
static void mydrv_put_pages(void)
{
	unsigned long i;

	for (i = 0; i < MYDRV_PAGES && mydrv_pages[i]; i++)
		put_page(mydrv_pages[i]);
}

static int __init mydrv_init(void)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < MYDRV_PAGES && !err; i++) {
		/* In a page that is not zeroed, programs would see data of an earlier owner. */
		mydrv_pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!mydrv_pages[i])
			err = -ENOMEM;
	}
	/* Nothing may fail after this: a program may have the node open already. */
	if (!err)
		err = misc_register(&mydrv_misc);
	if (err)
		mydrv_put_pages();
	return err;
}
module_init(mydrv_init);

static void __exit mydrv_exit(void)
{
	misc_deregister(&mydrv_misc);
	mydrv_put_pages();
}
module_exit(mydrv_exit);

MODULE_DESCRIPTION("Maps pages of its own at mmap()");
MODULE_LICENSE("GPL");
