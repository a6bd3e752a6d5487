// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .mmap remembers the address of the mapping, and .fault counts pages from there, round
 *         and round as in a ring. mremap() moves the mapping without a word to .mmap.
 * A program sees: other pages than it had, after a move. Its stores from before seem lost.
 * Source: the counterpart of docs/mutants.md, 82, for pages; drivers that keep vma->vm_start.
 */
#include "zoo.h"

static vm_fault_t remembers_address_fault(struct vm_fault *vmf)
{
	unsigned long first = (unsigned long)vmf->vma->vm_private_data;

	return zoo_give(vmf, ((vmf->address >> PAGE_SHIFT) - first) % ZOO_PAGES);
}

static const struct vm_operations_struct remembers_address_vm_ops = {
	.fault = remembers_address_fault,
};

/* Keeps the page number of the address at which page 0 of the device would lie. */
static int remembers_address_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_private_data = (void *)((vma->vm_start >> PAGE_SHIFT) - vma->vm_pgoff);
	return zoo_mmap_with(vma, &remembers_address_vm_ops);
}

static const struct file_operations remembers_address_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = remembers_address_mmap,
};

ZOO_MODULE(remembers_address_fops, "A driver that keeps the address of a mapping");
