// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .mmap remaps any frame from the buffer's first one on, and the device tells no size
 * that a program could keep to.
 * A program sees: as much of the machine's memory as it maps, from any offset.
 * Source: as remap_unchecked.c; the command must not store to what it cannot tell from the buffer.
 */
#include "zoo.h"

static int remap_endless_mmap(struct file *file, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(zoo_page(0)) + vma->vm_pgoff,
			       vma_pages(vma) << PAGE_SHIFT, vma->vm_page_prot);
}

static const struct file_operations remap_endless_fops = {
	.owner = THIS_MODULE,
	.mmap = remap_endless_mmap,
};

ZOO_MODULE(remap_endless_fops, "A driver that remaps any frame and has no size");
