/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_RESHAPE_H
#define MMAPDEMO_RESHAPE_H

#include <linux/mmapdemo.h>
#include <linux/types.h>

struct mmapdemo_buffer;

int mmapdemo_reshape_split(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);

#endif
