// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: a mapping has to begin where the device begins.
 * A program sees: EINVAL for each other offset.
 * Source: packet rings (net/packet/af_packet.c, packet_mmap()).
 */
#include "zoo.h"

static int offset_zero_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff)
		return -EINVAL;
	return zoo_mmap(file, vma);
}

static const struct file_operations offset_zero_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = offset_zero_mmap,
};

ZOO_MODULE(offset_zero_fops, "A driver that maps from its start only");
