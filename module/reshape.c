// SPDX-License-Identifier: GPL-2.0-only
/*
 * What takes folios away: another size, holes, and small folios in place of a
 * huge one.
 *
 * truncate_inode_pages_range() splits a huge folio that the range cuts. Where
 * it cannot, as somebody else holds the folio, it drops all of a clean one, and
 * ours are never dirty: contents outside of the range were lost. So a folio that
 * would be cut is replaced by small ones before, which can fail in good time,
 * and what the core is asked to drop is whole folios.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include MMAPDEMO_FOLIO_BATCH_H
#include <linux/slab.h>

#include "buffer.h"
#include "faultlab.h"
#include "folios.h"
#include "notify.h"
#include "reshape.h"
#include "trace.h"

/* Somebody's look at a folio is over in a moment: how often, and how long to wait. */
#define MMAPDEMO_SPLIT_TRIES	20
#define MMAPDEMO_SPLIT_WAIT_US	500

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static void mmapdemo_reshape_free(struct folio **small)
{
	int i;

	for (i = 0; i < HPAGE_PMD_NR && small[i]; i++)
		folio_put(small[i]);
	kvfree(small);
}

static struct folio **mmapdemo_reshape_alloc(struct mmapdemo_buffer *buffer)
{
	gfp_t gfp = mapping_gfp_mask(buffer->inode->i_mapping);
	struct folio **small = kvcalloc(HPAGE_PMD_NR, sizeof(*small), GFP_KERNEL);
	int i;

	for (i = 0; small && i < HPAGE_PMD_NR; i++) {
		small[i] = mmapdemo_filemap_alloc_folio(gfp, 0);
		if (!small[i]) {
			mmapdemo_reshape_free(small);
			small = NULL;
		}
	}
	return small;
}

/*
 * Copies a huge folio that is mapped nowhere, and that nobody holds who might
 * write to it later: the page cache has a reference for each page, and the
 * caller one.
 */
static int mmapdemo_reshape_copy(struct address_space *mapping, struct folio *folio,
				 struct folio **small)
{
	int err = -EAGAIN;
	long i;

	folio_lock(folio);
	if (folio->mapping != mapping)
		goto unlock; /* migrated, its place has another one */
	unmap_mapping_pages(mapping, folio->index, HPAGE_PMD_NR, false);
	if (folio_maybe_dma_pinned(folio)) {
		err = -EBUSY;
		goto unlock;
	}
	if (folio_ref_count(folio) != HPAGE_PMD_NR + 1)
		goto unlock;
	for (i = 0; i < HPAGE_PMD_NR; i++) {
		copy_highpage(folio_page(small[i], 0), folio_page(folio, i));
		flush_dcache_folio(small[i]);
		__folio_mark_uptodate(small[i]);
	}
	err = 0;
unlock:
	folio_unlock(folio);
	return err;
}

static void mmapdemo_reshape_replace(struct address_space *mapping, pgoff_t index,
				     struct folio **small)
{
	/* The folios are there: what is missing, at most, is a few nodes of a tree. */
	gfp_t gfp = mapping_gfp_mask(mapping) | __GFP_NOFAIL;
	long i;

	truncate_inode_pages_range(mapping, (loff_t)index << PAGE_SHIFT,
				   ((loff_t)(index + HPAGE_PMD_NR) << PAGE_SHIFT) - 1);
	for (i = 0; i < HPAGE_PMD_NR; i++) {
		if (!WARN_ON_ONCE(filemap_add_folio(mapping, small[i], index + i, gfp)))
			folio_unlock(small[i]);
	}
}

/* Small folios in place of a huge one, if there is one: 0, -ENOMEM, -EBUSY. */
static int mmapdemo_reshape_split_chunk(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio **small = NULL;
	int err, tries = 0;

	do {
		struct folio *folio = filemap_get_folio(mapping, index);

		if (IS_ERR_OR_NULL(folio))
			return 0;
		if (folio_order(folio) != HPAGE_PMD_ORDER) {
			folio_put(folio);
			return 0;
		}
		index = folio->index;
		if (!small)
			small = mmapdemo_reshape_alloc(buffer);
		err = small ? mmapdemo_reshape_copy(mapping, folio, small) : -ENOMEM;
		folio_put(folio);
		if (err == -EAGAIN)
			usleep_range(MMAPDEMO_SPLIT_WAIT_US, 2 * MMAPDEMO_SPLIT_WAIT_US);
	} while (err == -EAGAIN && ++tries < MMAPDEMO_SPLIT_TRIES);

	if (!err)
		mmapdemo_reshape_replace(mapping, index, small);
	if (small)
		mmapdemo_reshape_free(small);
	return err == -EAGAIN ? -EBUSY : err;
}
#else
static int mmapdemo_reshape_split_chunk(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	return 0;
}
#endif

/* A folio that begins before a page and holds it would be cut there. */
static int mmapdemo_reshape_split_at(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct folio *folio = filemap_get_folio(buffer->inode->i_mapping, index);
	bool cut;

	if (IS_ERR_OR_NULL(folio))
		return 0;
	cut = folio->index != index;
	folio_put(folio);
	return cut ? mmapdemo_reshape_split_chunk(buffer, index) : 0;
}

/**
 * mmapdemo_reshape_split - replace the huge folios of a range by small ones
 * @buffer: the buffer; the caller holds its inode_lock() and invalidate lock
 * @first: first page
 * @last: last page
 *
 * Contents stay. Whoever had the pages mapped faults them in again.
 *
 * Return: 0, -ENOMEM, or -EBUSY where a folio is pinned or in use by I/O; those
 * before it may be small then.
 */
int mmapdemo_reshape_split(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio_batch batch;
	pgoff_t index = first;
	unsigned int i;
	int err = 0;

	lockdep_assert_held_write(&mapping->invalidate_lock);
	folio_batch_init(&batch);
	while (!err && filemap_get_folios(mapping, &index, last, &batch)) {
		pgoff_t huge[ARRAY_SIZE(batch.folios)];
		unsigned int found = 0;

		for (i = 0; i < folio_batch_count(&batch); i++)
			if (folio_test_large(batch.folios[i]))
				huge[found++] = batch.folios[i]->index;
		/* Its references are some that a split must not find. */
		folio_batch_release(&batch);
		for (i = 0; i < found && !err; i++)
			err = mmapdemo_reshape_split_chunk(buffer, huge[i]);
		cond_resched();
	}
	return err;
}

/* Pages that are about to go: is one of them pinned, for DMA that is still to come? */
static bool mmapdemo_reshape_pinned(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	struct folio_batch batch;
	bool pinned = false;
	unsigned int i;

	folio_batch_init(&batch);
	while (!pinned && filemap_get_folios(mapping, &first, last, &batch)) {
		for (i = 0; i < folio_batch_count(&batch); i++)
			pinned |= folio_maybe_dma_pinned(batch.folios[i]);
		folio_batch_release(&batch);
		cond_resched();
	}
	return pinned;
}

/* Makes a range one that can be dropped whole: 0, -EBUSY, -ENOMEM. */
static int mmapdemo_reshape_prepare(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	int err;

	err = mmapdemo_reshape_split_at(buffer, first);
	if (!err && last < mmapdemo_buffer_pages(buffer) - 1)
		err = mmapdemo_reshape_split_at(buffer, last + 1);
	if (err)
		return err;
	/* Nobody pins what nobody has mapped. Private copies stay, should it end here. */
	unmap_mapping_pages(mapping, first, last - first + 1, false);
	return mmapdemo_reshape_pinned(mapping, first, last) ? -EBUSY : 0;
}

static int mmapdemo_reshape_set_size(struct mmapdemo_buffer *buffer, loff_t bytes)
{
	struct inode *inode = buffer->inode;
	loff_t old = i_size_read(inode);
	int err = 0;

	filemap_invalidate_lock(inode->i_mapping);
	if (bytes < old)
		err = mmapdemo_reshape_prepare(buffer, bytes >> PAGE_SHIFT,
					       (old - 1) >> PAGE_SHIFT);
	if (!err) {
		i_size_write(inode, bytes);
		truncate_pagecache(inode, bytes);
	}
	filemap_invalidate_unlock(inode->i_mapping);
	return err;
}

/**
 * mmapdemo_reshape_resize - give the buffer another size
 * @buffer: the buffer
 * @bytes: a multiple of the page size, above 0
 *
 * Return: 0, -EINVAL, -ENOMEM, -EBUSY as MMAPDEMO_IOCTL_RESIZE; the size is as
 * it was then.
 */
int mmapdemo_reshape_resize(struct mmapdemo_buffer *buffer, u64 bytes)
{
	struct inode *inode = buffer->inode;
	loff_t old;
	int err;

	if (!bytes || !PAGE_ALIGNED(bytes))
		return -EINVAL;
	if (bytes >> PAGE_SHIFT > totalram_pages())
		return -ENOMEM;

	err = mmapdemo_buffer_lock(buffer);
	if (err)
		return err;
	old = i_size_read(inode);
	err = mmapdemo_reshape_set_size(buffer, bytes);
	if (!err && buffer->prealloc && bytes > old) {
		err = mmapdemo_folios_populate(buffer, old, bytes - old);
		if (err)
			mmapdemo_reshape_set_size(buffer, old);
	}
	trace_resize(buffer->name, old, bytes, err);
	mmapdemo_buffer_unlock(buffer);

	if (!err && bytes != old)
		mmapdemo_notify_event(buffer, MMAPDEMO_RESIZED);
	return err;
}

/* Bytes of one page. */
static void mmapdemo_reshape_zero(struct address_space *mapping, loff_t pos, size_t len)
{
	struct folio *folio = filemap_get_folio(mapping, pos >> PAGE_SHIFT);

	if (IS_ERR_OR_NULL(folio))
		return;
	folio_zero_range(folio, offset_in_folio(folio, pos), len);
	flush_dcache_folio(folio);
	folio_put(folio);
}

/**
 * mmapdemo_reshape_punch - free the pages of a range, zero the parts of pages at its ends
 * @buffer: the buffer
 * @offset: first byte
 * @length: bytes, above 0; what lies past the end is left out
 *
 * Return: 0, -EINVAL, -ENOMEM, -EBUSY as MMAPDEMO_IOCTL_PUNCH; nothing is
 * punched then.
 */
int mmapdemo_reshape_punch(struct mmapdemo_buffer *buffer, u64 offset, u64 length)
{
	struct inode *inode = buffer->inode;
	struct address_space *mapping = inode->i_mapping;
	u64 end, first, last;
	int err;

	if (!length || check_add_overflow(offset, length, &end) || end > MAX_LFS_FILESIZE)
		return -EINVAL;

	err = mmapdemo_buffer_lock(buffer);
	if (err)
		return err;
	filemap_invalidate_lock(mapping);
	end = min_t(u64, end, i_size_read(inode));
	if (offset >= end)
		goto unlock;
	first = round_up(offset, PAGE_SIZE);
	last = round_down(end, PAGE_SIZE);
	if (first > last) {
		mmapdemo_reshape_zero(mapping, offset, end - offset);
		goto unlock;
	}
	if (first < last) {
		err = mmapdemo_reshape_prepare(buffer, first >> PAGE_SHIFT,
					       (last >> PAGE_SHIFT) - 1);
		if (err)
			goto unlock;
		truncate_inode_pages_range(mapping, first, last - 1);
	}
	if (offset < first)
		mmapdemo_reshape_zero(mapping, offset, first - offset);
	if (last < end)
		mmapdemo_reshape_zero(mapping, last, end - last);
unlock:
	filemap_invalidate_unlock(mapping);
	mmapdemo_buffer_unlock(buffer);
	return err;
}
