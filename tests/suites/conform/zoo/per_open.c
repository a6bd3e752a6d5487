// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: each open() makes a buffer, which goes with its file and its mappings.
 * A program sees: two descriptors of the node share nothing. A descriptor that fork() copied does.
 * Source: the mmap example of github.com/cirosantilli/linux-kernel-module-cheat (issue 126).
 */
#include "zoo.h"

static int per_open_open(struct inode *inode, struct file *file)
{
	file->private_data = alloc_pages_exact(ZOO_SIZE, GFP_KERNEL | __GFP_ZERO);
	return file->private_data ? 0 : -ENOMEM;
}

static int per_open_release(struct inode *inode, struct file *file)
{
	free_pages_exact(file->private_data, ZOO_SIZE);
	return 0;
}

static ssize_t per_open_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	return simple_read_from_buffer(to, count, pos, file->private_data, ZOO_SIZE);
}

static ssize_t per_open_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	if (count && *pos >= ZOO_SIZE)
		return -ENOSPC;
	return simple_write_to_buffer(file->private_data, ZOO_SIZE, pos, from, count);
}

static vm_fault_t per_open_fault(struct vm_fault *vmf)
{
	if (vmf->pgoff >= ZOO_PAGES)
		return VM_FAULT_SIGBUS;
	vmf->page = virt_to_page(vmf->vma->vm_file->private_data + (vmf->pgoff << PAGE_SHIFT));
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct per_open_vm_ops = {
	.fault = per_open_fault,
};

static int per_open_mmap(struct file *file, struct vm_area_struct *vma)
{
	return zoo_mmap_with(vma, &per_open_vm_ops);
}

static const struct file_operations per_open_fops = {
	.owner = THIS_MODULE,
	.llseek = zoo_llseek,
	.open = per_open_open,
	.release = per_open_release,
	.read = per_open_read,
	.write = per_open_write,
	.fsync = noop_fsync,
	.mmap = per_open_mmap,
};

ZOO_MODULE(per_open_fops, "A driver with a buffer for each open()");
