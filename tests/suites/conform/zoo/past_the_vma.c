// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .mmap remaps its whole buffer, however short the mapping is.
 * A program sees: memory of the device behind its mapping, where other things may lie, or a BUG()
 *         of the kernel where they do.
 * Source: github.com/NVIDIA/gdrcopy/issues/15 (64 KiB remapped into a VMA of 4 KiB).
 */
#include "zoo.h"

static int past_the_vma_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!zoo_fits(vma) || vma->vm_pgoff || !(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(zoo_page(0)), ZOO_SIZE,
			       vma->vm_page_prot);
}

static const struct file_operations past_the_vma_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = past_the_vma_mmap,
};

ZOO_MODULE(past_the_vma_fops, "A driver that maps more than the VMA");
