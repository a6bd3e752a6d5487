// SPDX-License-Identifier: GPL-2.0-only
/*
 * RESIZE and PUNCH, which free folios, and the split of large folios into single pages, which the
 * fault lab needs for pages with a rule.
 *
 * truncate_inode_pages_range() frees the folios of a range. This file calls it only for ranges
 * whose ends no folio crosses. If a folio crossed one and could not be split, 7.x would free the
 * pages outside, too, as truncate_inode_partial_folio() does not report that its second split
 * failed. So this file splits such a folio first. If another reference keeps the folio whole, its
 * part of the range is zeroed.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include MMAPDEMO_FOLIO_BATCH_H
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "broken.h"
#include "buffer.h"
#include "folios.h"
#include "hold.h"
#include "notify.h"
#include "reshape.h"
#include "tracing.h"

/* A reference that is no pin is soon dropped: how often to try again, and after what time. */
#define MMAPDEMO_SPLIT_TRIES	100
#define MMAPDEMO_SPLIT_WAIT_US	1000

/* A fatal signal waits until at most this much is freed. */
#define MMAPDEMO_PUNCH_STEP	max_t(loff_t, SZ_64M, PMD_SIZE)

/* -ENODEV once the buffer is revoked, or 0. The invalidate lock keeps the answer true. */
static int mmapdemo_reshape_gone(struct mmapdemo_buffer *buffer)
{
	lockdep_assert_held_write(&buffer->inode->i_mapping->invalidate_lock);
	return buffer->revoked ? -ENODEV : 0;
}

/* The first page of a range that is in a large folio; a page beyond the range if there is none. */
static pgoff_t mmapdemo_reshape_next_large(struct address_space *mapping, pgoff_t first,
					   pgoff_t last)
{
	struct folio_batch batch;
	pgoff_t found = last + 1, index = first;
	unsigned int i;

	folio_batch_init(&batch);
	while (found > last && filemap_get_folios(mapping, &index, last, &batch)) {
		for (i = 0; i < folio_batch_count(&batch) && found > last; i++)
			if (folio_test_large(batch.folios[i]))
				found = max(first, batch.folios[i]->index);
		folio_batch_release(&batch);
		cond_resched();
	}
	return found;
}

/*
 * Splits the folio that holds a page, so that the page is a folio of its own. mm/ exports no
 * function that does only this. Truncating the empty range behind the page's first byte
 * frees and zeroes nothing, and splits the folio that contains this range.
 */
static void mmapdemo_reshape_split_page(struct address_space *mapping, pgoff_t index)
{
	loff_t pos = (loff_t)index << PAGE_SHIFT;

	truncate_inode_pages_range(mapping, pos + 1, pos);
}

/**
 * mmapdemo_reshape_split - make each page of a range a folio of its own
 * @buffer: the buffer
 * @first: first page
 * @last: last page
 *
 * Contents stay. Processes that had the pages mapped fault them in again.
 *
 * Context: Process context, may sleep. The caller holds the inode's lock, and the
 * invalidate lock exclusively. The latter is dropped while this waits for other
 * references, so that the range may have changed afterwards.
 *
 * Return: 0, -EBUSY where a folio is pinned or in use by I/O, -EINTR after a fatal
 * signal; those before it may be small then.
 */
int mmapdemo_reshape_split(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	pgoff_t index = first, large;
	int tries = 0;

	lockdep_assert_held_write(&buffer->inode->i_rwsem);
	lockdep_assert_held_write(&mapping->invalidate_lock);
	while ((large = mmapdemo_reshape_next_large(mapping, index, last)) <= last) {
		if (fatal_signal_pending(current))
			return -EINTR;
		index = large;
		mmapdemo_reshape_split_page(mapping, index);
		if (mmapdemo_reshape_next_large(mapping, index, index) > index) {
			tries = 0;
			continue;
		}
		if (++tries > MMAPDEMO_SPLIT_TRIES)
			return -EBUSY;
		mmapdemo_buffer_resume_faults(buffer);
		usleep_range(MMAPDEMO_SPLIT_WAIT_US, 2 * MMAPDEMO_SPLIT_WAIT_US);
		mmapdemo_buffer_stop_faults(buffer);
		index = first;
	}
	return 0;
}

/* Whether the folio that holds a page begins before it. Also returns where it begins and ends. */
static bool mmapdemo_reshape_crosses(struct address_space *mapping, pgoff_t index, pgoff_t *from,
				     pgoff_t *to)
{
	struct folio *folio = filemap_get_folio(mapping, index);

	if (IS_ERR_OR_NULL(folio))
		return false;
	*from = folio->index;
	*to = folio_next_index(folio);
	folio_put(folio);
	return *from < index;
}

/* Splits the folio that holds a page, if the page is not its first one. */
static int mmapdemo_reshape_cut(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	pgoff_t from, to;

	if (!mmapdemo_reshape_crosses(buffer->inode->i_mapping, index, &from, &to))
		return 0;
	return mmapdemo_reshape_split(buffer, index, index);
}

/*
 * Zeroes bytes where there is memory. None of their pages is broken. The end of the last page of a
 * file may not fit a loff_t.
 */
static void mmapdemo_reshape_zero(struct address_space *mapping, u64 pos, u64 end)
{
	while (pos < end) {
		struct folio *folio = filemap_lock_folio(mapping, pos >> PAGE_SHIFT);
		u64 next = round_down(pos, PAGE_SIZE) + PAGE_SIZE;

		if (!IS_ERR_OR_NULL(folio)) {
			next = (u64)folio_pos(folio) + folio_size(folio);
			folio_zero_range(folio, offset_in_folio(folio, pos), min(next, end) - pos);
			flush_dcache_folio(folio);
			folio_unlock(folio);
			folio_put(folio);
		}
		pos = next;
		cond_resched();
	}
}

/*
 * Whether a folio that lies in the range whole is pinned. If it were freed, a device that
 * uses the pin would go on writing to memory that no mapping shows any more.
 */
bool mmapdemo_reshape_pinned(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	struct folio_batch batch;
	pgoff_t index = first;
	bool pinned = false;
	unsigned int i;

	folio_batch_init(&batch);
	while (!pinned && filemap_get_folios(mapping, &index, last, &batch)) {
		for (i = 0; i < folio_batch_count(&batch); i++) {
			struct folio *folio = batch.folios[i];

			if (folio->index >= first && folio_next_index(folio) - 1 <= last)
				pinned |= folio_maybe_dma_pinned(folio);
		}
		folio_batch_release(&batch);
		cond_resched();
	}
	return pinned;
}

/* The first broken page of a folio from a page on; the page behind the folio if there is none. */
static pgoff_t mmapdemo_reshape_broken_page(struct folio *folio, pgoff_t index)
{
	pgoff_t after = folio_next_index(folio);

	if (!folio_test_large(folio) || !folio_test_has_hwpoisoned(folio))
		return after;
	while (index < after && !PageHWPoison(folio_file_page(folio, index)))
		index++;
	return index;
}

/* The first broken page of large folios in a range; a page beyond the range if there is none. */
static pgoff_t mmapdemo_reshape_next_broken(struct address_space *mapping, pgoff_t first,
					    pgoff_t last)
{
	pgoff_t index = first;

	while ((index = mmapdemo_reshape_next_large(mapping, index, last)) <= last) {
		struct folio *folio = filemap_get_folio(mapping, index);
		pgoff_t after;

		if (IS_ERR_OR_NULL(folio))
			continue;
		after = folio_next_index(folio);
		index = mmapdemo_reshape_broken_page(folio, index);
		folio_put(folio);
		if (index < after)
			return min(index, last + 1);
	}
	return last + 1;
}

/*
 * A broken page must not be freed as part of a huge folio, which memory_failure() could
 * not split: the allocator retires broken single pages, but no larger ones.
 */
static int mmapdemo_reshape_split_broken(struct mmapdemo_buffer *buffer, pgoff_t first,
					 pgoff_t last)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	pgoff_t index;
	int err = 0;

	while (!err && (index = mmapdemo_reshape_next_broken(mapping, first, last)) <= last)
		err = mmapdemo_reshape_split(buffer, index, index);
	return err;
}

/*
 * Whether pages of a range can be freed: 0, -EBUSY, -EINTR or -ENODEV. They are unmapped first,
 * since only mapped pages can be pinned anew. Private copies stay, in case this fails.
 *
 * A page fault that found its folio before the invalidate lock was taken may map it after the
 * unmapping. So this waits for such page faults first. Otherwise a program could pin the page
 * after the check, and truncation would unmap it once more, together with the markers of
 * userfaultfd's write-protection, which unmapping alone keeps.
 */
static int mmapdemo_reshape_release(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	struct address_space *mapping = buffer->inode->i_mapping;

	/* The caller may have split folios, and dropped the lock meanwhile. */
	if (mmapdemo_reshape_gone(buffer))
		return -ENODEV;
	mmapdemo_folios_settle(buffer, first, last);
	unmap_mapping_pages(mapping, first, last - first + 1, false);
	if (mmapdemo_reshape_pinned(mapping, first, last) ||
	    mmapdemo_hold_has(buffer, first, last))
		return -EBUSY;
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* Whether a range of bytes begins or ends inside a broken page, which can be freed only whole. */
static bool mmapdemo_reshape_cuts_broken(struct mmapdemo_buffer *buffer, loff_t pos)
{
	pgoff_t index = pos >> PAGE_SHIFT;
	struct folio *folio;
	bool broken;

	if (PAGE_ALIGNED(pos))
		return false;
	folio = filemap_get_folio(buffer->inode->i_mapping, index);
	if (IS_ERR_OR_NULL(folio))
		return mmapdemo_broken_has(buffer, index, index);
	broken = PageHWPoison(folio_file_page(folio, index));
	folio_put(folio);
	return broken;
}

/**
 * mmapdemo_reshape_zero_tail - zero the bytes behind the end, in the page of the end
 * @buffer: the buffer; the caller holds its inode's lock and its invalidate lock
 * @to: the new end, or where a write begins; nothing is done unless that is past the end
 *
 * Programs that have the page mapped may have stored there.
 */
void mmapdemo_reshape_zero_tail(struct mmapdemo_buffer *buffer, loff_t to)
{
	loff_t end = i_size_read(buffer->inode);

	/* A broken page is not touched. Reading it is an error in any case. */
	if (to > end && !mmapdemo_reshape_cuts_broken(buffer, end))
		mmapdemo_reshape_zero(buffer->inode->i_mapping, end, PAGE_ALIGN((u64)end));
}

/* Whether the pages from a new end on can be freed, and the page that it cuts, zeroed. */
static int mmapdemo_reshape_release_end(struct mmapdemo_buffer *buffer, loff_t bytes)
{
	pgoff_t first = mmapdemo_buffer_pages_of(bytes);
	/* From i_size, as a revoke may set buffer->end to 0 at any time. */
	pgoff_t last = (i_size_read(buffer->inode) - 1) >> PAGE_SHIFT;
	int err = mmapdemo_reshape_split_broken(buffer, bytes >> PAGE_SHIFT, last);

	/* The lock must be held from here on, or a page fault could make a huge folio here. */
	if (!err && first <= last)
		err = mmapdemo_reshape_cut(buffer, first);
	if (!err && first <= last)
		err = mmapdemo_reshape_release(buffer, first, last);
	if (!err && mmapdemo_reshape_cuts_broken(buffer, bytes))
		err = -EIO;
	return err;
}

/*
 * Pages are freed before the size shrinks: otherwise mm/, when it splits a folio that reaches
 * beyond the end, would account dirty pages there to inode->i_wb, which this inode lacks.
 */
static int mmapdemo_reshape_shrink(struct mmapdemo_buffer *buffer, loff_t bytes)
{
	struct inode *inode = buffer->inode;
	pgoff_t first = mmapdemo_buffer_pages_of(bytes);
	int err;

	mmapdemo_buffer_stop_faults(buffer);
	err = mmapdemo_reshape_gone(buffer);
	if (!err)
		err = mmapdemo_reshape_release_end(buffer, bytes);
	if (!err) {
		/* From here on, a read that finds a page missing finds that it is past the end. */
		WRITE_ONCE(buffer->end, first);
		mmapdemo_reshape_zero(inode->i_mapping, bytes, (u64)first << PAGE_SHIFT);
		truncate_pagecache(inode, max_t(loff_t, bytes, (u64)first << PAGE_SHIFT));
		mmapdemo_broken_forget(buffer, first, ULONG_MAX);
		i_size_write(inode, bytes);
		/* Unmap private copies that page faults made before the pages were freed. */
		unmap_mapping_range(inode->i_mapping, (loff_t)first << PAGE_SHIFT, 0, true);
	}
	mmapdemo_buffer_resume_faults(buffer);
	return err;
}

/*
 * Publishes a size that is not smaller. If allocating memory behind the old one has failed with
 * @err, frees what was allocated.
 */
static int mmapdemo_reshape_grow(struct mmapdemo_buffer *buffer, loff_t bytes, int err)
{
	struct inode *inode = buffer->inode;
	pgoff_t old = mmapdemo_buffer_pages_of(i_size_read(inode));

	mmapdemo_buffer_stop_faults(buffer);
	if (!err)
		err = mmapdemo_reshape_gone(buffer);
	if (err) {
		truncate_inode_pages(inode->i_mapping, (loff_t)old << PAGE_SHIFT);
	} else {
		mmapdemo_reshape_zero_tail(buffer, bytes);
		i_size_write(inode, bytes);
		WRITE_ONCE(buffer->end, mmapdemo_buffer_pages_of(bytes));
		mmapdemo_folios_publish(buffer, old);
	}
	mmapdemo_buffer_resume_faults(buffer);
	return err;
}

/**
 * mmapdemo_reshape_set_size - set the size, in bytes
 * @buffer: the buffer; the caller holds its inode's lock
 * @bytes: the inode's largest size at most
 *
 * Return: 0, -EPERM where a seal forbids it, or an errno as mmapdemo_resize(): the size is as it
 * was then; -EIO where the new end would cut a broken page.
 */
int mmapdemo_reshape_set_size(struct mmapdemo_buffer *buffer, loff_t bytes)
{
	loff_t old = i_size_read(buffer->inode);
	int err = 0;

	lockdep_assert_held_write(&buffer->inode->i_rwsem);
	if (READ_ONCE(buffer->revoked))
		return -ENODEV;
	if ((bytes < old && mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_SHRINK)) ||
	    (bytes > old && mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_GROW)))
		return -EPERM;
	/* With prealloc, the memory is allocated before the new size is published. */
	if (bytes > old && buffer->prealloc)
		err = mmapdemo_folios_populate(buffer, old, bytes, bytes);
	if (bytes < old)
		err = mmapdemo_reshape_shrink(buffer, bytes);
	else if (bytes > old)
		err = mmapdemo_reshape_grow(buffer, bytes, err);
	trace_resize(buffer->name, old, bytes, err);
	if (!err && bytes != old)
		mmapdemo_notify_event(buffer, MMAPDEMO_RESIZED);
	return err;
}

/* strategy->resize, and mmapdemo_resize() */
int mmapdemo_reshape_resize(struct mmapdemo_buffer *buffer, u64 bytes)
{
	int err;

	if (!bytes || !PAGE_ALIGNED(bytes))
		return -EINVAL;
	if (bytes >> PAGE_SHIFT > totalram_pages())
		return -ENOMEM;

	err = mmapdemo_buffer_lock(buffer);
	if (err)
		return err;
	if (buffer->owner) /* a program's file */
		err = inode_newsize_ok(buffer->inode, bytes);
	if (!err)
		err = mmapdemo_reshape_set_size(buffer, bytes);
	mmapdemo_buffer_unlock(buffer);
	return err;
}

/**
 * mmapdemo_reshape_allocate - allocate memory for each page of a range
 * @buffer: the buffer; the caller holds its inode's lock
 * @pos: first byte
 * @end: behind the last byte; it may lie beyond the buffer's end
 * @grow: whether to move the buffer's end to @end, if that is more
 *
 * Memory beyond the end is not part of the contents. A later, larger size uses it.
 *
 * Return: 0, or an errno as mmapdemo_folios_populate(): no memory beyond the end is left then.
 */
int mmapdemo_reshape_allocate(struct mmapdemo_buffer *buffer, loff_t pos, loff_t end, bool grow)
{
	loff_t old = i_size_read(buffer->inode);
	loff_t size = grow ? max(old, end) : old;
	int err = mmapdemo_folios_populate(buffer, pos, end, size);

	err = mmapdemo_reshape_grow(buffer, size, err);
	if (!err && size != old)
		mmapdemo_notify_event(buffer, MMAPDEMO_RESIZED);
	return err;
}

/*
 * Frees the pages of a range in steps. No folio crosses its ends, nor those of a step. A fatal
 * signal ends it: -EINTR.
 */
static int mmapdemo_reshape_truncate(struct mmapdemo_buffer *buffer, loff_t pos, loff_t end)
{
	struct address_space *mapping = buffer->inode->i_mapping;

	while (pos < end) {
		unsigned long index = pos >> PAGE_SHIFT;
		loff_t next;

		if (!xa_find(&mapping->i_pages, &index, (end - 1) >> PAGE_SHIFT, XA_PRESENT))
			break;
		pos = max(pos, (loff_t)index << PAGE_SHIFT);
		next = min_t(u64, end, (u64)round_down(pos, MMAPDEMO_PUNCH_STEP) +
				       MMAPDEMO_PUNCH_STEP);
		truncate_inode_pages_range(mapping, pos, next - 1);
		pos = next;
		if (pos < end && fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* Frees pages, or zeroes them where they are part of a folio that cannot be split. */
static int mmapdemo_reshape_free(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t after)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	pgoff_t from, to, low = first, high = after;

	if (mmapdemo_reshape_crosses(mapping, first, &from, &to))
		mmapdemo_reshape_split_page(mapping, first);
	if (mmapdemo_reshape_crosses(mapping, after, &from, &to))
		mmapdemo_reshape_split_page(mapping, after);
	if (mmapdemo_reshape_crosses(mapping, first, &from, &to))
		low = min(to, after);
	if (mmapdemo_reshape_crosses(mapping, after, &from, &to))
		high = max(from, low);
	mmapdemo_reshape_zero(mapping, (u64)first << PAGE_SHIFT, (u64)low << PAGE_SHIFT);
	mmapdemo_reshape_zero(mapping, (u64)high << PAGE_SHIFT, (u64)after << PAGE_SHIFT);
	return mmapdemo_reshape_truncate(buffer, (loff_t)low << PAGE_SHIFT,
					 (loff_t)high << PAGE_SHIFT);
}

static int mmapdemo_reshape_punch_locked(struct mmapdemo_buffer *buffer, loff_t pos, loff_t end)
{
	pgoff_t first = mmapdemo_buffer_pages_of(pos);
	pgoff_t after = end >> PAGE_SHIFT;
	u64 head, tail;
	int err;

	if (first < after) {
		err = mmapdemo_reshape_split_broken(buffer, first, after - 1) ?:
		      mmapdemo_reshape_release(buffer, first, after - 1);
		if (err)
			return err;
	}
	if (mmapdemo_reshape_cuts_broken(buffer, pos) || mmapdemo_reshape_cuts_broken(buffer, end))
		return -EIO;
	if (first < after) {
		err = mmapdemo_reshape_free(buffer, first, after);
		if (err)
			return err;
		mmapdemo_broken_forget(buffer, first, after - 1);
	}
	head = min_t(u64, end, (u64)first << PAGE_SHIFT);
	tail = max_t(u64, head, (u64)after << PAGE_SHIFT);
	mmapdemo_reshape_zero(buffer->inode->i_mapping, pos, head);
	mmapdemo_reshape_zero(buffer->inode->i_mapping, tail, end);
	return 0;
}

/* strategy->punch, and mmapdemo_punch() */
int mmapdemo_reshape_punch(struct mmapdemo_buffer *buffer, u64 offset, u64 length)
{
	u64 end = mmapdemo_buffer_range_end(offset, length);
	int err;

	if (!end)
		return -EINVAL;

	err = mmapdemo_buffer_lock(buffer);
	if (err)
		return err;
	mmapdemo_buffer_stop_faults(buffer);
	err = mmapdemo_reshape_gone(buffer);
	if (!err && mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_WRITES))
		err = -EPERM;
	/* fallocate(2) may have allocated memory past the end. */
	if (!err)
		err = mmapdemo_reshape_punch_locked(buffer, offset, end);
	mmapdemo_buffer_resume_faults(buffer);
	mmapdemo_buffer_unlock(buffer);
	return err;
}
