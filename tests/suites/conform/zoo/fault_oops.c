// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .fault follows vm_private_data, which .mmap never sets.
 * A program sees: it dies of SIGKILL, and the kernel log has a NULL pointer dereference.
 * Source: the first run of many drivers; a VMA that the driver did not set up has no such data.
 */
#include "zoo.h"

struct fault_oops_state {
	unsigned long faults;
};

static vm_fault_t fault_oops_fault(struct vm_fault *vmf)
{
	struct fault_oops_state *state = vmf->vma->vm_private_data;

	WRITE_ONCE(state->faults, READ_ONCE(state->faults) + 1);
	return zoo_fault(vmf);
}

static const struct vm_operations_struct fault_oops_vm_ops = {
	.fault = fault_oops_fault,
};

static int fault_oops_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &fault_oops_vm_ops);
}

static const struct file_operations fault_oops_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = fault_oops_mmap,
};

ZOO_MODULE(fault_oops_fops, "A driver whose page faults oops");
