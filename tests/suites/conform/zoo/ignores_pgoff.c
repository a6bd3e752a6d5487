// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .fault counts pages from the start of the VMA, and forgets where in the file it begins.
 * A program sees: page 0 at each offset that it maps, and other pages after a part is unmapped.
 * Source: teaching drivers that use (address - vm_start); mm has vmf->pgoff for that.
 */
#include "zoo.h"

static vm_fault_t ignores_pgoff_fault(struct vm_fault *vmf)
{
	return zoo_give(vmf, (vmf->address - vmf->vma->vm_start) >> PAGE_SHIFT);
}

static const struct vm_operations_struct ignores_pgoff_vm_ops = {
	.fault = ignores_pgoff_fault,
};

static int ignores_pgoff_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &ignores_pgoff_vm_ops);
}

static const struct file_operations ignores_pgoff_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = ignores_pgoff_mmap,
};

ZOO_MODULE(ignores_pgoff_fops, "A driver that ignores the offset");
