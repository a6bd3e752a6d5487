/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_CONTENT_H
#define MMAPDEMO_CONTENT_H

#include <linux/types.h>

struct mmapdemo_buffer;

int mmapdemo_content_fill(struct mmapdemo_buffer *buffer, u64 offset, u64 length, u64 seed);
int mmapdemo_content_sum(struct mmapdemo_buffer *buffer, u64 offset, u64 length, u32 *sum);

#endif
