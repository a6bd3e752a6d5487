// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: the file has no position: open() calls nonseekable_open().
 * A program sees: ESPIPE from lseek(), pread() and pwrite(). read() begins at the start.
 * Source: the kernel's nonseekable_open(), which many drivers for streams of data use. Programs
 *         that ask lseek(SEEK_END) for the size: github.com/rust-vmm/vm-memory/issues/195.
 */
#include "zoo.h"

static int no_lseek_open(struct inode *inode, struct file *file)
{
	return nonseekable_open(inode, file);
}

static ssize_t no_lseek_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	loff_t start = 0;

	return zoo_read(file, to, count, &start);
}

static ssize_t no_lseek_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	loff_t start = 0;

	return zoo_write(file, from, count, &start);
}

static const struct file_operations no_lseek_fops = {
	.owner = THIS_MODULE,
	.open = no_lseek_open,
	.read = no_lseek_read,
	.write = no_lseek_write,
	.mmap = zoo_mmap,
};

ZOO_MODULE(no_lseek_fops, "A driver whose files have no position");
