// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .mmap refuses PROT_WRITE, and leaves VM_MAYWRITE set.
 * A program sees: EPERM from mmap(PROT_WRITE), and a mapping that mprotect() makes writable.
 * Source: CVE-2022-43750 (usbmon).
 */
#include "zoo.h"

static int may_write_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	return zoo_mmap(file, vma);
}

static const struct file_operations may_write_fops = {
	.owner = THIS_MODULE,
	.llseek = zoo_llseek,
	.read = zoo_read,
	.fsync = noop_fsync,
	.mmap = may_write_mmap,
};

ZOO_MODULE(may_write_fops, "A read-only driver whose mappings may become writable");
