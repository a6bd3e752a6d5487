/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_INJECT_H
#define MMAPDEMO_INJECT_H

#include <linux/types.h>

struct mmapdemo_buffer;

bool mmapdemo_inject_has_rule(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
int mmapdemo_inject_check(struct mmapdemo_buffer *buffer, pgoff_t index);
int mmapdemo_inject_access(struct mmapdemo_buffer *buffer, loff_t pos, size_t *len, bool nowait);

#endif
