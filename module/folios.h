/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_FOLIOS_H
#define MMAPDEMO_FOLIOS_H

#include <linux/types.h>

struct folio;
struct mmapdemo_buffer;
struct mmapdemo_piece;

int mmapdemo_folios_init(struct mmapdemo_buffer *buffer);
void mmapdemo_folios_exit(struct mmapdemo_buffer *buffer);

struct folio *mmapdemo_folios_get(struct mmapdemo_buffer *buffer, pgoff_t index);
int mmapdemo_folios_populate(struct mmapdemo_buffer *buffer, loff_t pos, size_t len);
int mmapdemo_folios_piece(struct mmapdemo_buffer *buffer, loff_t pos, bool make,
			  struct mmapdemo_piece *piece);
loff_t mmapdemo_folios_seek(struct mmapdemo_buffer *buffer, loff_t pos, int whence);
void mmapdemo_folios_wipe(struct mmapdemo_buffer *buffer);
void mmapdemo_folios_settle(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
size_t mmapdemo_folios_resident(struct mmapdemo_buffer *buffer);
unsigned long mmapdemo_folios_huge(struct mmapdemo_buffer *buffer);

#endif
