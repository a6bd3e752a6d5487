// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: vm_ops has .close and no .open, so a VMA that fork() or a split makes is not counted,
 *         and its end is. The first end frees what the other VMAs use.
 * A program sees: its mapping is lost after a child has exited or a part is unmapped. SIGBUS tells
 *         of it here, so that the VM survives; a real driver would have freed the memory.
 * Source: github.com/tenstorrent/tt-kmd/pull/143.
 */
#include <linux/slab.h>
#include "zoo.h"

struct no_vm_open_mapping {
	refcount_t count;
	bool gone;
};

static void no_vm_open_close(struct vm_area_struct *vma)
{
	struct no_vm_open_mapping *mapping = vma->vm_private_data;

	if (mapping->gone || !refcount_dec_and_test(&mapping->count))
		return;
	WRITE_ONCE(mapping->gone, true);
	unmap_mapping_range(vma->vm_file->f_mapping, 0, 0, 1);
}

static vm_fault_t no_vm_open_fault(struct vm_fault *vmf)
{
	struct no_vm_open_mapping *mapping = vmf->vma->vm_private_data;

	return READ_ONCE(mapping->gone) ? VM_FAULT_SIGBUS : zoo_fault(vmf);
}

static const struct vm_operations_struct no_vm_open_vm_ops = {
	.close = no_vm_open_close,
	.fault = no_vm_open_fault,
};

/* The count of a mapping is never freed: a VMA may still point to it. */
static int no_vm_open_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct no_vm_open_mapping *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);

	if (!mapping)
		return -ENOMEM;
	refcount_set(&mapping->count, 1);
	vma->vm_private_data = mapping;
	return zoo_mmap_with(vma, &no_vm_open_vm_ops);
}

static const struct file_operations no_vm_open_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = no_vm_open_mmap,
};

ZOO_MODULE(no_vm_open_fops, "A driver that does not count the VMAs of a child");
