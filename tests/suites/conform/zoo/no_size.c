// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: nothing says how large the device is.
 * A program sees: lseek(SEEK_END) and st_size of 0, and no read() that would end somewhere.
 * Source: UIO (drivers/uio/uio.c: noop_llseek); github.com/danburkert/memmap-rs/issues/59.
 */
#include "zoo.h"

static const struct file_operations no_size_fops = {
	.owner = THIS_MODULE,
	.llseek = noop_llseek,
	.mmap = zoo_mmap,
};

ZOO_MODULE(no_size_fops, "A driver that does not tell its size");
