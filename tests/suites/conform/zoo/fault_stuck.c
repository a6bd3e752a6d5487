// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .fault waits for ever, and no signal ends the wait.
 * A program sees: its first load or store does not return, and SIGKILL does not end the program.
 * Source: drivers that call wait_for_completion() for a device that has stopped answering.
 */
#include <linux/completion.h>
#include "zoo.h"

static DECLARE_COMPLETION(fault_stuck_never);

static vm_fault_t fault_stuck_fault(struct vm_fault *vmf)
{
	wait_for_completion(&fault_stuck_never);
	return zoo_fault(vmf);
}

static const struct vm_operations_struct fault_stuck_vm_ops = {
	.fault = fault_stuck_fault,
};

static int fault_stuck_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &fault_stuck_vm_ops);
}

static const struct file_operations fault_stuck_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = fault_stuck_mmap,
};

ZOO_MODULE(fault_stuck_fops, "A driver whose page faults cannot be killed");
