/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_ATTACH_H
#define MMAPDEMO_ATTACH_H

struct mmapdemo_buffer;

int mmapdemo_attach_lab(struct mmapdemo_buffer *buffer);

#endif
