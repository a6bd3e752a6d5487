// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: .mmap follows private_data, which only an ioctl() that nobody has called would set.
 * A program sees: it never comes back. The oops leaves the lock of the address space taken, and
 *         the dying process waits for it for ever, so that SIGKILL has no effect.
 * Source: drivers that expect their ioctl() before mmap() and do not look whether it was called.
 */
#include "zoo.h"

struct mmap_oops_state {
	unsigned long mappings;
};

static int mmap_oops_open(struct inode *inode, struct file *file)
{
	file->private_data = NULL; /* misc_open() had set it */
	return 0;
}

static int mmap_oops_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mmap_oops_state *state = file->private_data;

	WRITE_ONCE(state->mappings, READ_ONCE(state->mappings) + 1);
	return zoo_mmap(file, vma);
}

static const struct file_operations mmap_oops_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.open = mmap_oops_open,
	.mmap = mmap_oops_mmap,
};

ZOO_MODULE(mmap_oops_fops, "A driver whose mmap() oopses");
