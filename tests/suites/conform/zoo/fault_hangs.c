// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .fault waits for something that never happens.
 * A program sees: its first load or store does not return. SIGKILL ends the program.
 * Source: page faults that wait for a device that does not answer (docs/mutants.md, 66).
 */
#include <linux/wait.h>
#include "zoo.h"

static DECLARE_WAIT_QUEUE_HEAD(fault_hangs_never);

static vm_fault_t fault_hangs_fault(struct vm_fault *vmf)
{
	if (wait_event_killable(fault_hangs_never, false))
		return VM_FAULT_SIGBUS;
	return zoo_fault(vmf);
}

static const struct vm_operations_struct fault_hangs_vm_ops = {
	.fault = fault_hangs_fault,
};

static int fault_hangs_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &fault_hangs_vm_ops);
}

static const struct file_operations fault_hangs_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = fault_hangs_mmap,
};

ZOO_MODULE(fault_hangs_fops, "A driver whose page faults wait for ever");
