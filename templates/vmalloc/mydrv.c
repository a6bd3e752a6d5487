// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmalloc: one array of the kernel's, which programs map.
 *
 * Choose: the kernel itself reads and writes a large buffer as one array (a log, tables), and
 *         it need not be physically contiguous.
 * Holds:  what insert holds, but for core dumps. An mmap() past the end is EINVAL.
 * Lacks:  what insert lacks. remap_vmalloc_range() also sets VM_DONTDUMP, so core dumps leave
 *         the memory out (M7).
 * Change: MYDRV_PAGES; the mode of the node; the kernel's use of mydrv_array. Kernel
 *         and programs see each other's stores at once, so a protocol between them needs
 *         smp_store_release() and smp_load_acquire(), and the kernel must read a value once
 *         before it checks and uses it (READ_ONCE()). On CPUs with aliasing caches (some ARM,
 *         MIPS), shared mappings need no flush: vmalloc_user() aligns the array to SHMLBA, and
 *         the kernel gives a shared mapping an address of the same cache colour.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#define MYDRV_PAGES	64UL

static void *mydrv_array;

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
		if (PageHWPoison(vmalloc_to_page(mydrv_array + (i << PAGE_SHIFT))))
			return -EHWPOISON;
	/*
	 * This sets VM_DONTEXPAND and VM_DONTDUMP. Each page table entry takes a reference, which
	 * fork() and munmap() update: no .open or .close is needed. If this fails
	 * half-way, the kernel unmaps what is there.
	 */
	return remap_vmalloc_range(vma, mydrv_array, first);
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
	int err;

	/* vmalloc() would neither zero it nor let programs map it. */
	mydrv_array = vmalloc_user(MYDRV_PAGES << PAGE_SHIFT);
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

MODULE_DESCRIPTION("Maps an array of the kernel's");
MODULE_LICENSE("GPL");
