// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: the buffer has 16 MiB, and remap_vmalloc_range() maps all of it at once.
 * A program sees: shared memory that lies complete in the page tables after mmap().
 * Source: shared-memory drivers such as kvmfr (LookingGlass), which maps vmalloc()ed memory.
 */
#include <linux/vmalloc.h>
#define ZOO_PAGES 4096UL
#include "zoo.h"

static int large_mmap(struct file *file, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, zoo_buffer, vma->vm_pgoff);
}

static const struct file_operations large_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = large_mmap,
};

static struct miscdevice large_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &large_fops,
	.mode = 0666,
};

static int __init large_init(void)
{
	int err;

	zoo_buffer = vmalloc_user(ZOO_SIZE);
	if (!zoo_buffer)
		return -ENOMEM;
	err = misc_register(&large_misc);
	if (err)
		vfree(zoo_buffer);
	return err;
}
module_init(large_init);

static void __exit large_exit(void)
{
	misc_deregister(&large_misc);
	vfree(zoo_buffer);
}
module_exit(large_exit);

MODULE_DESCRIPTION("A driver of 16 MiB of vmalloc()ed memory");
MODULE_LICENSE("GPL");
