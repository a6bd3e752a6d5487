// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: none. Page faults hand out pages of a buffer of a fixed size.
 * A program sees: a file whose size it cannot change.
 * Source: this is the way of LDD3's scullp, with the bounds and references that it takes today.
 */
#include "zoo.h"

static const struct file_operations plain_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = zoo_mmap,
};

ZOO_MODULE(plain_fops, "A driver that makes no mistake");
