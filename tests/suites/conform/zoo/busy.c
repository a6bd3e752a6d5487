// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: one file at a time.
 * A program sees: EBUSY from open() while any process has the node open or mapped.
 * Source: drivers/char/hpet.c, where a timer has one user; github.com/tenstorrent/tt-kmd/pull/241.
 */
#include "zoo.h"

static atomic_t busy_users;

static int busy_open(struct inode *inode, struct file *file)
{
	return atomic_cmpxchg(&busy_users, 0, 1) ? -EBUSY : 0;
}

static int busy_release(struct inode *inode, struct file *file)
{
	atomic_set(&busy_users, 0);
	return 0;
}

static const struct file_operations busy_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.open = busy_open,
	.release = busy_release,
	.mmap = zoo_mmap,
};

ZOO_MODULE(busy_fops, "A driver with one user at a time");
