// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault: pages of the driver's own, allocated and mapped as programs touch them.
 *
 * Choose: programs use parts of a large buffer, mmap() is to be cheap, or the driver wants to
 *         see the first access to each page.
 * Holds:  what insert holds. Also, MADV_DONTNEED unmaps and the next access maps again
 *         (M2), mremap() grows a mapping (M1), mlock() counts (M3), an access past the end is
 *         SIGBUS as with a file (S9), a page with a memory error is SIGBUS (M14).
 * Lacks:  futexes between processes (M5) and pages that move (M12) or are huge (M11). Each
 *         page costs a page fault. A page stays until the module is unloaded.
 * Change: MYDRV_PAGES; the mode of the node; mydrv_page(), where the driver may fill a page
 *         before cmpxchg() shows it to programs. GFP_KERNEL_ACCOUNT in place of GFP_KERNEL
 *         charges a page to the memory cgroup of the program that touches it first.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

#define MYDRV_PAGES	64UL

static struct page *mydrv_pages[MYDRV_PAGES];

/* Returns the page, and allocates it if it is missing. If two threads race, one page is kept. */
static struct page *mydrv_page(unsigned long index)
{
	struct page *page = READ_ONCE(mydrv_pages[index]);
	struct page *other;

	if (page)
		return page;
	/* In a page that is not zeroed, programs would see data of an earlier owner. */
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return NULL;
	other = cmpxchg(&mydrv_pages[index], NULL, page);
	if (!other)
		return page;
	put_page(page);
	return other;
}

static vm_fault_t mydrv_fault(struct vm_fault *vmf)
{
	struct page *page;

	/*
	 * This is the one check of bounds, made for each page. A check in .mmap alone would
	 * need VM_DONTEXPAND, as mremap() makes mappings longer.
	 */
	if (vmf->pgoff >= MYDRV_PAGES)
		return VM_FAULT_SIGBUS;
	page = mydrv_page(vmf->pgoff);
	if (!page)
		return VM_FAULT_OOM;
	/*
	 * The page table entry takes this reference over. The page is not locked: the kernel
	 * locks it, and turns a page with a memory error into SIGBUS.
	 */
	get_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct mydrv_vm_ops = {
	.fault	= mydrv_fault,
};

static int mydrv_mmap(struct file *file, struct vm_area_struct *vma)
{
	/* No file offset can name such a page. The kernel has checked the sum for overflow. */
	if (vma->vm_pgoff + vma_pages(vma) > MAX_LFS_FILESIZE >> PAGE_SHIFT)
		return -EOVERFLOW;
	vma->vm_ops = &mydrv_vm_ops;
	return 0;
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

static int __init mydrv_init(void)
{
	return misc_register(&mydrv_misc);
}
module_init(mydrv_init);

static void __exit mydrv_exit(void)
{
	unsigned long i;

	misc_deregister(&mydrv_misc);
	/* I/O in flight may keep a page for longer: this drops the driver's reference only. */
	for (i = 0; i < MYDRV_PAGES; i++)
		if (mydrv_pages[i])
			put_page(mydrv_pages[i]);
}
module_exit(mydrv_exit);

MODULE_DESCRIPTION("Maps pages of its own by page faults");
MODULE_LICENSE("GPL");
