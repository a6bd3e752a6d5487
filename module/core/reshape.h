/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_RESHAPE_H
#define MMAPDEMO_RESHAPE_H

#include <linux/types.h>

struct address_space;
struct mmapdemo_buffer;

#ifdef MMAPDEMO_WITHOUT_RESHAPE /* the strategy cannot */
#define mmapdemo_reshape_resize		NULL
#define mmapdemo_reshape_punch		NULL
#define mmapdemo_reshape_split		NULL
#else
int mmapdemo_reshape_resize(struct mmapdemo_buffer *buffer, u64 bytes);
int mmapdemo_reshape_punch(struct mmapdemo_buffer *buffer, u64 offset, u64 length);
int mmapdemo_reshape_split(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
#endif
int mmapdemo_reshape_set_size(struct mmapdemo_buffer *buffer, loff_t bytes);
int mmapdemo_reshape_allocate(struct mmapdemo_buffer *buffer, loff_t pos, loff_t end, bool grow);
void mmapdemo_reshape_zero_tail(struct mmapdemo_buffer *buffer, loff_t to);
bool mmapdemo_reshape_pinned(struct address_space *mapping, pgoff_t first, pgoff_t last);

#endif
