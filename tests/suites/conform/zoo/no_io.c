// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: there is neither read() nor write().
 * A program sees: EINVAL from both. Only a mapping shows the contents.
 * Source: teaching drivers that implement .mmap and nothing else, such as mmap1.c of
 *         github.com/hexiaolong2008/sample-code.
 */
#include "zoo.h"

static const struct file_operations no_io_fops = {
	.owner = THIS_MODULE,
	.llseek = zoo_llseek,
	.mmap = zoo_mmap,
};

ZOO_MODULE(no_io_fops, "A driver without read() and write()");
