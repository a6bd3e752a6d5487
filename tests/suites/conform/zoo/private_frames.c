// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .mmap remaps the frames of the buffer for private mappings, too.
 * A program sees: on x86 before Linux 6.16, fork() fails once it has stored to the first page: the
 *         copy is no frame that track_pfn_copy() could look up.
 * Source: u-dma-buf of github.com/ikwzm/udmabuf.
 */
#include "zoo.h"

static int private_frames_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!zoo_fits(vma))
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(zoo_page(vma->vm_pgoff)),
			       vma_pages(vma) << PAGE_SHIFT, vma->vm_page_prot);
}

static const struct file_operations private_frames_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = private_frames_mmap,
};

ZOO_MODULE(private_frames_fops, "A driver that maps frames privately");
