/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_FILE_H
#define MMAPDEMO_FILE_H

#include <linux/types.h>

#include "core/buffer.h"

struct mmapdemo_create;

/* Whether the buffer is one of CREATE, which is a regular file, and not of a node. */
static inline bool mmapdemo_file_is(const struct mmapdemo_buffer *buffer)
{
	return buffer->owner;
}

int mmapdemo_file_create(struct mmapdemo_buffer *device, const struct mmapdemo_create *create);

#endif
