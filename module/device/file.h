/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_FILE_H
#define MMAPDEMO_FILE_H

#include <linux/types.h>

#include "core/buffer.h"

struct file;

/* Whether the buffer is one of CREATE, which is a regular file, and not of a node. */
static inline bool mmapdemo_file_is(const struct mmapdemo_buffer *buffer)
{
	return buffer->owner;
}

struct file *mmapdemo_file_new(struct mmapdemo_buffer *device, const char *name, loff_t bytes);

#endif
