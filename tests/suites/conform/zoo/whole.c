// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: the device is mapped whole or not at all.
 * A program sees: EINVAL for a mapping of another length. munmap() of a part works.
 * Source: kernel/relay.c, which compares the length of the VMA with that of the buffer.
 */
#include "zoo.h"

static int whole_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff || vma_pages(vma) != ZOO_PAGES)
		return -EINVAL;
	return zoo_mmap(file, vma);
}

static const struct file_operations whole_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = whole_mmap,
};

ZOO_MODULE(whole_fops, "A driver that is mapped whole");
