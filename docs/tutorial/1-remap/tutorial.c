// SPDX-License-Identifier: GPL-2.0-only
/* Step 1: mmap() maps a block of the kernel's memory at once. */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

#define TUTORIAL_PAGES	32UL

static void *tutorial_memory;

static int tutorial_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long pfn = virt_to_phys(tutorial_memory) >> PAGE_SHIFT;

	/* The program chooses vm_pgoff. A difference cannot overflow. */
	if (vma->vm_pgoff >= TUTORIAL_PAGES || vma_pages(vma) > TUTORIAL_PAGES - vma->vm_pgoff)
		return -EINVAL;
	/* A shared mapping of a read-only descriptor has no VM_SHARED. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, pfn + vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static const struct file_operations tutorial_fops = {
	.owner	= THIS_MODULE, /* no rmmod while it is open or mapped */
	.mmap	= tutorial_mmap,
};

static struct miscdevice tutorial_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tutorial",
	.fops	= &tutorial_fops,
	.mode	= 0600,
};

static int __init tutorial_init(void)
{
	int err;

	/* Without __GFP_ZERO, programs would see what the memory held before. */
	tutorial_memory = alloc_pages_exact(TUTORIAL_PAGES * PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (!tutorial_memory)
		return -ENOMEM;
	/* Last: from here on, programs can open the device. */
	err = misc_register(&tutorial_device);
	if (err)
		free_pages_exact(tutorial_memory, TUTORIAL_PAGES * PAGE_SIZE);
	return err;
}
module_init(tutorial_init);

static void __exit tutorial_exit(void)
{
	misc_deregister(&tutorial_device);
	free_pages_exact(tutorial_memory, TUTORIAL_PAGES * PAGE_SIZE);
}
module_exit(tutorial_exit);

MODULE_DESCRIPTION("mmap driver, step 1: remap_pfn_range()");
MODULE_LICENSE("GPL");
