/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_HOLD_H
#define MMAPDEMO_HOLD_H

#include <linux/types.h>

struct mmapdemo_buffer;

#ifdef MMAPDEMO_WITHOUT_HOLD
static inline bool mmapdemo_hold_has(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	return false;
}
#else
bool mmapdemo_hold_has(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
#endif

#endif
