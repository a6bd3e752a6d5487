/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_CONTENT_H
#define MMAPDEMO_CONTENT_H

#include <linux/types.h>

struct mmapdemo_buffer;

int mmapdemo_content_fill(struct mmapdemo_buffer *buffer, u64 offset, u64 length, u64 seed);
int mmapdemo_content_sum(struct mmapdemo_buffer *buffer, u64 offset, u64 length, u32 *sum);
bool mmapdemo_content_put(struct mmapdemo_buffer *buffer, atomic_t *users, unsigned int policy,
			  const char *why);
int mmapdemo_content_wipe_now(struct mmapdemo_buffer *buffer);

#endif
