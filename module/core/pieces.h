/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_PIECES_H
#define MMAPDEMO_PIECES_H

#include <linux/types.h>

struct mmapdemo_buffer;
struct mmapdemo_piece;

#ifdef MMAPDEMO_WITHOUT_IO /* the strategy cannot */
#define mmapdemo_pieces_get		NULL
#define mmapdemo_pieces_present		NULL
#define mmapdemo_pieces_seek		NULL
#define mmapdemo_pieces_wipe		NULL
#else
int mmapdemo_pieces_get(struct mmapdemo_buffer *buffer, loff_t pos, bool write,
			struct mmapdemo_piece *piece);
bool mmapdemo_pieces_present(struct mmapdemo_buffer *buffer, loff_t pos, size_t bytes);
loff_t mmapdemo_pieces_seek(struct mmapdemo_buffer *buffer, loff_t pos, int whence);
int mmapdemo_pieces_wipe(struct mmapdemo_buffer *buffer, bool killable);
#endif

#endif
