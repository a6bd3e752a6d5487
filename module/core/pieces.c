// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to the contents of the strategy `pagecache', for read, write, seek, FILL, SUM and
 * WIPE.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "broken.h"
#include "buffer.h"
#include "collapse.h"
#include "folios.h"
#include "pieces.h"
#include "strategy.h"

/* How many of @bytes from @pos on can be used: none if the page at @pos is broken. */
static size_t mmapdemo_pieces_sound(struct folio *folio, loff_t pos, size_t bytes)
{
	if (likely(!folio_test_large(folio)))
		return folio_test_hwpoison(folio) ? 0 : bytes;
	if (likely(!folio_test_has_hwpoisoned(folio)))
		return bytes;
	/* memory_failure() could not split the folio, which had another reference. */
	if (PageHWPoison(folio_file_page(folio, pos >> PAGE_SHIFT)))
		return 0;
	return min(bytes, PAGE_SIZE - offset_in_page(pos));
}

/*
 * The folio of a page, with a reference; NULL for a hole. It looks again if a chunk became huge
 * meanwhile: see mmapdemo_collapse_replace().
 */
static struct folio *mmapdemo_pieces_look(struct mmapdemo_buffer *buffer, pgoff_t index,
					  bool nowait)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	unsigned int before = mmapdemo_collapse_count(buffer);
	struct folio *folio = filemap_get_folio(mapping, index);

	if (unlikely(mmapdemo_collapse_since(buffer, before))) {
		if (!IS_ERR_OR_NULL(folio))
			folio_put(folio);
		if (nowait)
			return ERR_PTR(-EAGAIN);
		filemap_invalidate_lock_shared(mapping);
		folio = filemap_get_folio(mapping, index);
		filemap_invalidate_unlock_shared(mapping);
	}
	return IS_ERR(folio) ? NULL : folio;
}

/* Returns the folio of a page for reading: up to date, with a reference; NULL for a hole. */
static struct folio *mmapdemo_pieces_find(struct mmapdemo_buffer *buffer, pgoff_t index,
					  bool nowait)
{
	struct folio *folio;
	int err = -EAGAIN;

	for (;;) {
		folio = mmapdemo_pieces_look(buffer, index, nowait);
		if (!folio)
			return mmapdemo_broken_has(buffer, index, index) ?
			       ERR_PTR(-EHWPOISON) : NULL;
		if (IS_ERR(folio) || likely(folio_test_uptodate(folio)))
			return folio;
		if (nowait)
			break;
		/* Migration is copying to it, or mm/ has just added it. */
		folio_lock(folio);
		if (folio->mapping == buffer->inode->i_mapping)
			err = mmapdemo_folios_ready(buffer, folio);
		folio_unlock(folio);
		if (!err)
			return folio;
		if (err != -EAGAIN)
			break;
		folio_put(folio);
	}
	folio_put(folio);
	return ERR_PTR(err);
}

/* Returns the folio of a page for writing: locked, and made, for @pages pages, if missing. */
static struct folio *mmapdemo_pieces_find_locked(struct mmapdemo_buffer *buffer, pgoff_t index,
						 pgoff_t pages, bool nowait)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	unsigned int before = mmapdemo_collapse_count(buffer);
	struct folio *folio;

	if (nowait) {
		folio = __filemap_get_folio(mapping, index, FGP_LOCK | FGP_NOWAIT, 0);
		if (IS_ERR_OR_NULL(folio))
			return ERR_PTR(mmapdemo_broken_has(buffer, index, index) ?
				       -EHWPOISON : -EAGAIN);
		if (folio_test_uptodate(folio) && !mmapdemo_collapse_since(buffer, before))
			return folio;
		folio_unlock(folio);
		folio_put(folio);
		return ERR_PTR(-EAGAIN);
	}
	folio = filemap_lock_folio(mapping, index);
	if (!IS_ERR_OR_NULL(folio) && folio_test_uptodate(folio) &&
	    !mmapdemo_collapse_since(buffer, before))
		return folio;
	if (!IS_ERR_OR_NULL(folio)) {
		folio_unlock(folio);
		folio_put(folio);
	}
	filemap_invalidate_lock_shared(mapping);
	if (index < mmapdemo_buffer_pages(buffer))
		folio = mmapdemo_folios_lock(buffer, index, pages, NULL);
	else
		folio = ERR_PTR(mmapdemo_buffer_past_end(buffer));
	filemap_invalidate_unlock_shared(mapping);
	return folio;
}

/*
 * For writing, the folio stays locked until mmapdemo_piece_put(), which excludes
 * migration. User memory that is copied meanwhile may be a mapping of the same folio,
 * whose page fault takes the lock: see mmapdemo_piece_copy_in().
 */
int mmapdemo_pieces_get(struct mmapdemo_buffer *buffer, loff_t pos, bool write,
			struct mmapdemo_piece *piece)
{
	pgoff_t index = pos >> PAGE_SHIFT;
	size_t in_page = PAGE_SIZE - offset_in_page(pos);
	struct folio *folio;
	int err = 0;

	/* Checked before memory is allocated for bytes that cannot be written. */
	if (write && mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_WRITES))
		return -EPERM;
	if (write)
		folio = mmapdemo_pieces_find_locked(buffer, index,
						    mmapdemo_buffer_pages_of(offset_in_page(pos) +
									     (u64)piece->bytes),
						    piece->nowait);
	else
		folio = mmapdemo_pieces_find(buffer, index, piece->nowait);
	if (IS_ERR(folio))
		return folio == ERR_PTR(-EHWPOISON) ? -EIO : PTR_ERR(folio);
	piece->folio = folio;
	piece->page = NULL;
	piece->at = NULL;
	if (!folio) {
		piece->bytes = min(piece->bytes, in_page);
		return 0;
	}
	piece->bytes = min(piece->bytes, PageHighMem(folio_page(folio, 0)) ?
			   in_page : folio_size(folio) - offset_in_folio(folio, pos));
	piece->bytes = mmapdemo_pieces_sound(folio, pos, piece->bytes);
	if (!piece->bytes)
		err = -EIO;
	/* A task that lowers the end or seals the buffer later waits for the folio's lock. */
	else if (write && index >= mmapdemo_buffer_pages(buffer))
		err = mmapdemo_buffer_past_end(buffer);
	else if (write && mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_WRITES))
		err = -EPERM;
	if (err) {
		if (write)
			folio_unlock(folio);
		folio_put(folio);
		return err;
	}
	if (!write && mapping_writably_mapped(buffer->inode->i_mapping))
		flush_dcache_folio(folio);
	piece->at = kmap_local_folio(folio, offset_in_folio(folio, pos));
	return 0;
}

/*
 * Returns the first page of a range that is a hole; a page beyond the range if there is none.
 * A page that a memory error took is no hole: reading it is an error.
 *
 * page_cache_next_miss() would not do: it reports page 0 missing even where it is present. Nor
 * would its xas_next(): from inside a huge folio on, it takes each of the folio's entries in
 * the tree for one page.
 */
static pgoff_t mmapdemo_pieces_next_hole(struct mmapdemo_buffer *buffer, pgoff_t first,
					 pgoff_t last)
{
	pgoff_t index = first;

	while (index <= last) {
		struct folio *folio = filemap_get_folio(buffer->inode->i_mapping, index);

		if (!IS_ERR_OR_NULL(folio)) {
			index = folio_next_index(folio);
			folio_put(folio);
		} else if (mmapdemo_broken_has(buffer, index, index)) {
			index++;
		} else {
			break;
		}
		cond_resched();
	}
	return index;
}

/**
 * mmapdemo_pieces_present - whether a range has no hole
 * @buffer: the buffer
 * @pos: first byte
 * @bytes: how many, above 0
 *
 * Context: Process context, may sleep. Nothing keeps the answer true.
 */
bool mmapdemo_pieces_present(struct mmapdemo_buffer *buffer, loff_t pos, size_t bytes)
{
	pgoff_t last = (pos + bytes - 1) >> PAGE_SHIFT;

	return mmapdemo_pieces_next_hole(buffer, pos >> PAGE_SHIFT, last) > last;
}

static int mmapdemo_pieces_wipe_one(struct folio *folio)
{
	long i;

	if (likely(!folio_test_large(folio) || !folio_test_has_hwpoisoned(folio))) {
		if (folio_test_hwpoison(folio))
			return -EIO;
		folio_zero_range(folio, 0, folio_size(folio));
		return 0;
	}
	for (i = 0; i < folio_nr_pages(folio); i++)
		if (!PageHWPoison(folio_page(folio, i)))
			folio_zero_range(folio, i * PAGE_SIZE, PAGE_SIZE);
	return -EIO;
}

/**
 * mmapdemo_pieces_wipe - zero all contents where they are
 * @buffer: the buffer
 * @killable: whether a fatal signal ends it
 *
 * Return: 0, -EIO where a page is broken (all others are zeroed), -EINTR.
 */
int mmapdemo_pieces_wipe(struct mmapdemo_buffer *buffer, bool killable)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio;
	pgoff_t index = 0;
	int err = 0;

	while ((folio = mmapdemo_folios_next(mapping, &index))) {
		err = mmapdemo_folios_ready(buffer, folio) ? -EIO :
		      mmapdemo_pieces_wipe_one(folio) ?: err;
		flush_dcache_folio(folio);
		index = folio_next_index(folio);
		folio_unlock(folio);
		folio_put(folio);
		cond_resched();
		if (killable && fatal_signal_pending(current))
			return -EINTR;
	}
	return mmapdemo_broken_has(buffer, 0, ULONG_MAX) ? -EIO : err;
}

/* Returns the first byte at or after @pos that is in no hole; -ENXIO if there is none. */
static loff_t mmapdemo_pieces_seek_data(struct mmapdemo_buffer *buffer, loff_t pos)
{
	pgoff_t pages = mmapdemo_buffer_pages(buffer);
	unsigned long index = pos >> PAGE_SHIFT;
	unsigned long broken = index;
	pgoff_t last = pages - 1;
	bool found;

	if (!pages) /* revoked meanwhile */
		return -ENODEV;
	found = xa_find(&buffer->inode->i_mapping->i_pages, &index, last, XA_PRESENT);
	if (found)
		last = index;
	/* A page that a memory error took is no hole: reading it is an error. */
	if (mmapdemo_broken_has(buffer, broken, last))
		xa_find(&buffer->broken, &broken, last, XA_PRESENT);
	else if (found)
		broken = index;
	else
		return -ENXIO;
	return max_t(loff_t, pos, (loff_t)broken << PAGE_SHIFT);
}

/*
 * Returns the first byte at or after @pos that is in a hole; the end is a hole. The
 * caller holds the inode's lock, so that no folio is truncated.
 */
static loff_t mmapdemo_pieces_seek_hole(struct mmapdemo_buffer *buffer, loff_t pos)
{
	pgoff_t pages = mmapdemo_buffer_pages(buffer);
	pgoff_t hole;

	if (!pages) /* revoked meanwhile */
		return -ENODEV;
	hole = mmapdemo_pieces_next_hole(buffer, pos >> PAGE_SHIFT, pages - 1);
	return clamp_t(u64, (u64)hole << PAGE_SHIFT, pos, i_size_read(buffer->inode));
}

loff_t mmapdemo_pieces_seek(struct mmapdemo_buffer *buffer, loff_t pos, int whence)
{
	return whence == SEEK_DATA ? mmapdemo_pieces_seek_data(buffer, pos) :
				     mmapdemo_pieces_seek_hole(buffer, pos);
}
