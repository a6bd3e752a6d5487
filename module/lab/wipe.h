/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_WIPE_H
#define MMAPDEMO_WIPE_H

#include "core/buffer.h"
#include "core/hooks.h"

/* MMAPDEMO_WIPE_ON_ bits, at this moment. */
static inline unsigned int mmapdemo_wipe_policy(const struct mmapdemo_buffer *buffer)
{
	return buffer->hooks ? READ_ONCE(buffer->hooks->wipe_policy) : 0;
}

void mmapdemo_wipe_set_policy(struct mmapdemo_buffer *buffer, unsigned int policy);
bool mmapdemo_wipe_put(struct mmapdemo_buffer *buffer, atomic_t *users, const char *why);
int mmapdemo_wipe_now(struct mmapdemo_buffer *buffer);

#endif
