/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_BROKEN_H
#define MMAPDEMO_BROKEN_H

#include <linux/xarray.h>

#include "buffer.h"

struct address_space;
struct folio;

/**
 * mmapdemo_broken_has - whether a memory error took a page of a range
 * @buffer: the buffer
 * @first: first page
 * @last: last page
 *
 * The caller has found the pages missing from the page cache. mmapdemo_broken_remove() notes a
 * page here before it leaves the page cache.
 *
 * Context: Any.
 */
static inline bool mmapdemo_broken_has(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	unsigned long index = first;

	/* Pairs with the lock of the page cache's tree, under which a page leaves it. */
	smp_rmb();
	/* data_race: an entry that matters was stored before the barrier. */
	if (likely(data_race(xa_empty(&buffer->broken))))
		return false;
	return xa_find(&buffer->broken, &index, last, XA_PRESENT);
}

#ifdef MMAPDEMO_HAS_ERROR_REMOVE_FOLIO
int mmapdemo_broken_remove(struct address_space *mapping, struct folio *folio);
#else
int mmapdemo_broken_remove_page(struct address_space *mapping, struct page *page);
#endif
void mmapdemo_broken_drop(struct address_space *mapping, struct folio *folio);
void mmapdemo_broken_forget(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);

#endif
