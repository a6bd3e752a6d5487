/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_RESHAPE_H
#define MMAPDEMO_RESHAPE_H

#include <linux/types.h>

struct mmapdemo_buffer;

int mmapdemo_reshape_resize(struct mmapdemo_buffer *buffer, u64 bytes);
int mmapdemo_reshape_punch(struct mmapdemo_buffer *buffer, u64 offset, u64 length);
int mmapdemo_reshape_split(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);

#endif
