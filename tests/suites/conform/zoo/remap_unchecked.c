// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .mmap adds vm_pgoff to the first frame, and compares neither with the buffer.
 * A program sees: any frame after the buffer, for reading and writing: the kernel's memory.
 * Source: CVE-2013-2595 and CVE-2013-2596 (drivers that remap what they are asked for);
 *         teaching drivers such as mmap1.c of github.com/hexiaolong2008/sample-code.
 */
#include "zoo.h"

static int remap_unchecked_mmap(struct file *file, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(zoo_page(0)) + vma->vm_pgoff,
			       vma_pages(vma) << PAGE_SHIFT, vma->vm_page_prot);
}

static const struct file_operations remap_unchecked_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = remap_unchecked_mmap,
};

ZOO_MODULE(remap_unchecked_fops, "A driver that remaps what is asked for");
