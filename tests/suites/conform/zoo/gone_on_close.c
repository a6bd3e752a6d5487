// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: close() of the descriptor gives the memory back, although it is mapped.
 * A program sees: SIGBUS in its mapping once it has closed the descriptor. SIGBUS tells
 *         of it here, so that the VM survives; a real driver would have freed the memory.
 * Source: CVE-2024-0582 (io_uring: a buffer ring is freed while it is mapped);
 *         github.com/NVIDIA/gdrcopy/issues/314.
 */
#include <linux/slab.h>
#include "zoo.h"

static int gone_on_close_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(sizeof(bool), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

/* Each close() of a descriptor calls it. */
static int gone_on_close_flush(struct file *file, fl_owner_t owner)
{
	WRITE_ONCE(*(bool *)file->private_data, true);
	unmap_mapping_range(file->f_mapping, 0, 0, 1);
	return 0;
}

static int gone_on_close_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static vm_fault_t gone_on_close_fault(struct vm_fault *vmf)
{
	if (READ_ONCE(*(bool *)vmf->vma->vm_file->private_data))
		return VM_FAULT_SIGBUS;
	return zoo_fault(vmf);
}

static const struct vm_operations_struct gone_on_close_vm_ops = {
	.fault = gone_on_close_fault,
};

static int gone_on_close_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &gone_on_close_vm_ops);
}

static const struct file_operations gone_on_close_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.open = gone_on_close_open,
	.flush = gone_on_close_flush,
	.release = gone_on_close_release,
	.mmap = gone_on_close_mmap,
};

ZOO_MODULE(gone_on_close_fops, "A driver whose memory goes with the descriptor");
