// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: programs may read, and never write.
 * A program sees: EPERM from mmap(PROT_WRITE), EACCES from mprotect() later, no write().
 * Source: kernel/bpf/sysfs_btf.c, which clears VM_MAYWRITE as well.
 */
#include "zoo.h"

static int read_only_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	vm_flags_clear(vma, VM_MAYWRITE);
	return zoo_mmap(file, vma);
}

static const struct file_operations read_only_fops = {
	.owner = THIS_MODULE,
	.llseek = zoo_llseek,
	.read = zoo_read,
	.fsync = noop_fsync,
	.mmap = read_only_mmap,
};

ZOO_MODULE(read_only_fops, "A driver that publishes and takes nothing");
