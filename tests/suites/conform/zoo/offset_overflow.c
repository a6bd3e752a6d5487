// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .mmap computes the end of the mapping in 32 bits, where it wraps.
 * A program sees: EINVAL shortly after the end, and at an offset of 4 GiB memory that is not the
 *         driver's.
 * Source: CVE-2018-8781 (udl: the sum of offset and size overflows before it is compared).
 */
#include "zoo.h"

static int offset_overflow_mmap(struct file *file, struct vm_area_struct *vma)
{
	u32 offset = vma->vm_pgoff << PAGE_SHIFT;
	u32 size = vma->vm_end - vma->vm_start;

	if (offset + size > ZOO_SIZE || !(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(zoo_page(0)) + vma->vm_pgoff,
			       vma_pages(vma) << PAGE_SHIFT, vma->vm_page_prot);
}

static const struct file_operations offset_overflow_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = offset_overflow_mmap,
};

ZOO_MODULE(offset_overflow_fops, "A driver whose check of the size overflows");
