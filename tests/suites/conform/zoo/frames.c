// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: remap_pfn_range() maps frames, and the kernel sees no pages behind them.
 * A program sees: no futex, no O_DIRECT to or from the mapping, and no debugger that reads it.
 * Source: u-dma-buf (github.com/ikwzm/udmabuf/issues/117: O_DIRECT is EFAULT).
 */
#include "zoo.h"

static int frames_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!zoo_fits(vma) || !(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(zoo_page(vma->vm_pgoff)),
			       vma_pages(vma) << PAGE_SHIFT, vma->vm_page_prot);
}

static const struct file_operations frames_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = frames_mmap,
};

ZOO_MODULE(frames_fops, "A driver that maps frames");
