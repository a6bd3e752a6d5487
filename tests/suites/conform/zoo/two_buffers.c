// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistake: mappings show one buffer, read() and write() use another.
 * A program sees: what it stores is not read, and what it writes does not show in a mapping.
 * Source: docs/mutants.md, 05; teaching drivers that add .mmap to a driver that has a buffer.
 */
#include "zoo.h"

static char two_buffers_other[ZOO_PAGES << PAGE_SHIFT];

static ssize_t two_buffers_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	return simple_read_from_buffer(to, count, pos, two_buffers_other, ZOO_SIZE);
}

static ssize_t two_buffers_write(struct file *file, const char __user *from, size_t count,
				 loff_t *pos)
{
	if (count && *pos >= ZOO_SIZE)
		return -ENOSPC;
	return simple_write_to_buffer(two_buffers_other, ZOO_SIZE, pos, from, count);
}

static const struct file_operations two_buffers_fops = {
	.owner = THIS_MODULE,
	.llseek = zoo_llseek,
	.read = two_buffers_read,
	.write = two_buffers_write,
	.fsync = noop_fsync,
	.mmap = zoo_mmap,
};

ZOO_MODULE(two_buffers_fops, "A driver with a buffer for mappings and another for files");
