/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_FOLIOS_H
#define MMAPDEMO_FOLIOS_H

#include <linux/types.h>

struct address_space;
struct folio;
struct mmapdemo_buffer;
struct vm_fault;

int mmapdemo_folios_init(struct mmapdemo_buffer *buffer);
void mmapdemo_folios_exit(struct mmapdemo_buffer *buffer);

struct folio *mmapdemo_folios_lock(struct mmapdemo_buffer *buffer, pgoff_t index, pgoff_t pages,
				   const struct vm_fault *vmf);
int mmapdemo_folios_populate(struct mmapdemo_buffer *buffer, loff_t pos, loff_t end, loff_t size);
void mmapdemo_folios_publish(struct mmapdemo_buffer *buffer, pgoff_t first);
struct folio *mmapdemo_folios_next(struct address_space *mapping, pgoff_t *index);
bool mmapdemo_folios_may_be_large(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last,
				  pgoff_t end);
void mmapdemo_folios_complete(struct mmapdemo_buffer *buffer, struct folio *folio);
int mmapdemo_folios_ready(struct mmapdemo_buffer *buffer, struct folio *folio);
void mmapdemo_folios_settle(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
u64 mmapdemo_folios_resident(struct mmapdemo_buffer *buffer);
unsigned long mmapdemo_folios_huge(struct mmapdemo_buffer *buffer);

#endif
