// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .mmap inserts the pages with the rights of a shared mapping, whatever was asked for.
 * A program sees: its stores to a MAP_PRIVATE mapping change the device and all other mappings.
 * Source: drivers that never look at VM_SHARED; CVE-2024-39497 (drm) is one that had to refuse.
 */
#include "zoo.h"

static int private_shared_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long i;
	int err = 0;

	if (!zoo_fits(vma))
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND);
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags | VM_SHARED);
	for (i = 0; i < vma_pages(vma) && !err; i++)
		err = vm_insert_page(vma, vma->vm_start + (i << PAGE_SHIFT),
				     zoo_page(vma->vm_pgoff + i));
	return err;
}

static const struct file_operations private_shared_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = private_shared_mmap,
};

ZOO_MODULE(private_shared_fops, "A driver whose private mappings are shared");
