// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .fault says VM_FAULT_NOPAGE, "I have mapped it", and has not.
 * A program sees: its first load or store uses a whole processor and never returns.
 * Source: docs/mutants.md, 18. vmf_insert_pfn() returns the same value after a success, which
 *         tempts to return it in any case.
 */
#include "zoo.h"

static vm_fault_t fault_loops_fault(struct vm_fault *vmf)
{
	return VM_FAULT_NOPAGE;
}

static const struct vm_operations_struct fault_loops_vm_ops = {
	.fault = fault_loops_fault,
};

static int fault_loops_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &fault_loops_vm_ops);
}

static const struct file_operations fault_loops_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = fault_loops_mmap,
};

ZOO_MODULE(fault_loops_fops, "A driver whose page faults map nothing");
