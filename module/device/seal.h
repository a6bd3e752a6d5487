/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_SEAL_H
#define MMAPDEMO_SEAL_H

struct mmapdemo_buffer;

int mmapdemo_seal_add(struct mmapdemo_buffer *buffer, unsigned int seals);

#endif
