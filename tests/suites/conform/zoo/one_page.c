// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: the device is one page.
 * A program sees: a file of 4096 bytes. There is no second page to compare with.
 * Source: the HPET (drivers/char/hpet.c maps one page) and many blocks of registers.
 */
#define ZOO_PAGES 1UL
#include "zoo.h"

static const struct file_operations one_page_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = zoo_mmap,
};

ZOO_MODULE(one_page_fops, "A driver of one page");
