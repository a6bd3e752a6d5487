// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: read() and write() stop where a quantum ends, which is no multiple of a page.
 * A program sees: short reads and writes of at most 1000 bytes. It has to call again.
 * Source: LDD3's scull and scullp (github.com/martinezjavier/ldd3), which never cross a quantum.
 */
#include "zoo.h"

#define QUANTUM 1000

static size_t short_of(size_t count, loff_t pos)
{
	return min_t(size_t, count, QUANTUM - (size_t)pos % QUANTUM);
}

static ssize_t short_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	return zoo_read(file, to, short_of(count, *pos), pos);
}

static ssize_t short_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	return zoo_write(file, from, short_of(count, *pos), pos);
}

static const struct file_operations short_fops = {
	.owner = THIS_MODULE,
	.llseek = zoo_llseek,
	.read = short_read,
	.write = short_write,
	.fsync = noop_fsync,
	.mmap = zoo_mmap,
};

ZOO_MODULE(short_fops, "A driver whose reads and writes are short");
