// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of the strategy `pagecache' that a memory error took.
 *
 * memory_failure() asks the file to drop the page. tmpfs keeps it in the page cache,
 * where the HWPoison flag marks it. For any other file, memory_failure() reports a
 * failure if the page cache keeps its reference (me_pagecache_clean() in
 * mm/memory-failure.c expects one of shmem only). So the page leaves the page cache, and
 * the buffer remembers its number: page faults there are SIGBUS, reads and writes EIO,
 * until the page is punched out. A mapping that had the page when it broke keeps a
 * hwpoison entry until it is unmapped or MADV_DONTNEED removes the entry, as with tmpfs.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "broken.h"

/**
 * mmapdemo_broken_drop - remove a folio from the page cache
 * @mapping: the buffer's
 * @folio: the folio, locked
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_broken_drop(struct address_space *mapping, struct folio *folio)
{
	WARN_ON_ONCE(mmapdemo_generic_error_remove(mapping, folio));
}

static int mmapdemo_broken_take(struct address_space *mapping, struct folio *folio)
{
	struct mmapdemo_buffer *buffer = mapping->host->i_private;
	int err = 0;

	/* memory_failure() splits a huge folio first, and does not call this if it cannot. */
	if (folio_test_large(folio))
		return -EBUSY;
	/* A page beyond the end, which prealloc has made for a larger size, has no contents yet. */
	if (folio->index < mmapdemo_buffer_pages(buffer))
		err = xa_err(xa_store(&buffer->broken, folio->index, xa_mk_value(0), GFP_KERNEL));
	if (!err)
		mmapdemo_broken_drop(mapping, folio);
	return err;
}

/* aops->error_remove_folio: 0, or an errno if the page has to stay. */
#ifdef MMAPDEMO_HAS_ERROR_REMOVE_FOLIO
int mmapdemo_broken_remove(struct address_space *mapping, struct folio *folio)
{
	return mmapdemo_broken_take(mapping, folio);
}
#else
int mmapdemo_broken_remove_page(struct address_space *mapping, struct page *page)
{
	return mmapdemo_broken_take(mapping, page_folio(page));
}
#endif

/**
 * mmapdemo_broken_forget - make broken pages of a range holes again
 * @buffer: the buffer; the caller holds its invalidate lock
 * @first: first page
 * @last: last page
 */
void mmapdemo_broken_forget(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	unsigned long index;
	void *entry;

	lockdep_assert_held_write(&buffer->inode->i_mapping->invalidate_lock);
	xa_for_each_range(&buffer->broken, index, entry, first, last)
		xa_erase(&buffer->broken, index);
}
