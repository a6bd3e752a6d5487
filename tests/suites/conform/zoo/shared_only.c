// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: there are no private mappings.
 * A program sees: EINVAL from mmap(MAP_PRIVATE).
 * Source: perf_mmap() (kernel/events/core.c) and udmabuf (drivers/dma-buf/udmabuf.c).
 */
#include "zoo.h"

static int shared_only_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	return zoo_mmap(file, vma);
}

static const struct file_operations shared_only_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = shared_only_mmap,
};

ZOO_MODULE(shared_only_fops, "A driver that refuses private mappings");
