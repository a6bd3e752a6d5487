// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own use of the contents: it writes a pattern, takes a checksum,
 * and zeroes.
 */
#include <linux/crc32.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include MMAPDEMO_FOLIO_BATCH_H
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "buffer.h"
#include "content.h"
#include "faultlab.h"
#include "notify.h"
#include "trace.h"

/* SplitMix64, as the uapi header defines the pattern. */
static u64 mmapdemo_content_word(u64 seed, loff_t pos)
{
	u64 z = seed + (pos / sizeof(u64) + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void mmapdemo_content_pattern(u8 *to, size_t len, loff_t pos, u64 seed)
{
	while (len) {
		size_t skip = pos % sizeof(u64);
		size_t bytes = min(len, sizeof(u64) - skip);
		__le64 word = cpu_to_le64(mmapdemo_content_word(seed, pos - skip));

		memcpy(to, (u8 *)&word + skip, bytes);
		to += bytes;
		pos += bytes;
		len -= bytes;
	}
}

/* A range as FILL and SUM take it. */
static bool mmapdemo_content_inside(struct mmapdemo_buffer *buffer, u64 offset, u64 length)
{
	u64 end;

	return length && !check_add_overflow(offset, length, &end) &&
	       end <= i_size_read(buffer->inode);
}

/*
 * As far as the fault lab has one answer for, which is all where it has no rules.
 * It may take its time: no lock is held.
 */
static int mmapdemo_content_next(struct mmapdemo_buffer *buffer, u64 pos, u64 end, size_t *bytes)
{
	*bytes = min_t(u64, end - pos, SZ_1G);
	return mmapdemo_faultlab_access(buffer, pos, bytes);
}

static int mmapdemo_content_fill_page(struct mmapdemo_buffer *buffer, loff_t pos, size_t bytes,
				      u64 seed)
{
	struct folio *folio = mmapdemo_buffer_use_folio(buffer, pos);
	void *to;

	if (IS_ERR(folio))
		return PTR_ERR(folio);

	to = kmap_local_folio(folio, offset_in_folio(folio, pos));
	mmapdemo_content_pattern(to, bytes, pos, seed);
	kunmap_local(to);
	flush_dcache_folio(folio);
	folio_put(folio);
	return 0;
}

static int mmapdemo_content_fill_locked(struct mmapdemo_buffer *buffer, u64 pos, size_t length,
					u64 seed)
{
	u64 end = pos + length;
	int err = 0;

	/* The size may have changed while nobody had the lock. */
	if (!mmapdemo_content_inside(buffer, pos, length))
		return -EINVAL;
	while (pos < end && !err) {
		size_t bytes = min_t(u64, end - pos, PAGE_SIZE - offset_in_page(pos));

		err = mmapdemo_content_fill_page(buffer, pos, bytes, seed);
		pos += bytes;
		cond_resched();
		if (fatal_signal_pending(current))
			err = -EINTR;
	}
	return err;
}

int mmapdemo_content_fill(struct mmapdemo_buffer *buffer, u64 offset, u64 length, u64 seed)
{
	u64 pos = offset, end = offset + length;
	size_t bytes;
	int err = 0;

	if (!mmapdemo_content_inside(buffer, offset, length))
		return -EINVAL;
	for (; pos < end && !err; pos += bytes) {
		err = mmapdemo_content_next(buffer, pos, end, &bytes);
		if (!err)
			err = mmapdemo_buffer_lock(buffer);
		if (err)
			break;
		err = mmapdemo_content_fill_locked(buffer, pos, bytes, seed);
		mmapdemo_buffer_unlock(buffer);
	}
	return err;
}

static u32 mmapdemo_content_sum_page(struct mmapdemo_buffer *buffer, loff_t pos, size_t bytes,
				     u32 sum)
{
	struct folio *folio = filemap_get_folio(buffer->inode->i_mapping, pos >> PAGE_SHIFT);
	const void *from;

	if (IS_ERR_OR_NULL(folio)) {
		from = kmap_local_page(ZERO_PAGE(0));
		sum = mmapdemo_crc32c(sum, from, bytes);
		kunmap_local(from);
		return sum;
	}
	from = kmap_local_folio(folio, offset_in_folio(folio, pos));
	sum = mmapdemo_crc32c(sum, from, bytes);
	kunmap_local(from);
	folio_put(folio);
	return sum;
}

/* With the lock, folios stay: what is missing is a hole. */
static int mmapdemo_content_sum_locked(struct mmapdemo_buffer *buffer, u64 pos, size_t length,
				       u32 *sum)
{
	u64 end = pos + length;

	if (!mmapdemo_content_inside(buffer, pos, length))
		return -EINVAL;
	while (pos < end) {
		size_t bytes = min_t(u64, end - pos, PAGE_SIZE - offset_in_page(pos));

		*sum = mmapdemo_content_sum_page(buffer, pos, bytes, *sum);
		pos += bytes;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

int mmapdemo_content_sum(struct mmapdemo_buffer *buffer, u64 offset, u64 length, u32 *sum)
{
	u64 pos = offset, end = offset + length;
	u32 crc = ~0;
	size_t bytes;
	int err = 0;

	if (!mmapdemo_content_inside(buffer, offset, length))
		return -EINVAL;
	for (; pos < end && !err; pos += bytes) {
		err = mmapdemo_content_next(buffer, pos, end, &bytes);
		if (!err)
			err = mmapdemo_buffer_lock_shared(buffer);
		if (err)
			break;
		err = mmapdemo_content_sum_locked(buffer, pos, bytes, &crc);
		mmapdemo_buffer_unlock_shared(buffer);
	}
	*sum = ~crc;
	return err;
}

/**
 * mmapdemo_content_wipe - zero all there is, where it is
 * @buffer: the buffer; the caller holds its invalidate lock, so that nobody
 *	maps what is still to be zeroed
 * @why: for the trace
 */
static void mmapdemo_content_wipe(struct mmapdemo_buffer *buffer, const char *why)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio_batch batch;
	pgoff_t index = 0;
	unsigned int i;

	lockdep_assert_held_write(&mapping->invalidate_lock);
	folio_batch_init(&batch);
	while (filemap_get_folios(mapping, &index, ULONG_MAX, &batch)) {
		for (i = 0; i < folio_batch_count(&batch); i++) {
			struct folio *folio = batch.folios[i];

			folio_zero_range(folio, 0, folio_size(folio));
			flush_dcache_folio(folio);
			cond_resched();
		}
		folio_batch_release(&batch);
	}
	trace_wipe(buffer->name, why, i_size_read(buffer->inode));
}

/**
 * mmapdemo_content_put - drop a count of users, and wipe after the last if that is the policy
 * @buffer: the buffer
 * @users: how many there are
 * @policy: the MMAPDEMO_WIPE_ON_ bit that is about them
 * @why: for the trace
 *
 * The invalidate lock makes the last one's end and its wipe one step for who
 * comes anew: their first fault, or open, is before the count fell, or after
 * the wipe.
 *
 * Return: whether it was the last.
 */
bool mmapdemo_content_put(struct mmapdemo_buffer *buffer, atomic_t *users, unsigned int policy,
			  const char *why)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	bool last;

	if (!(READ_ONCE(buffer->wipe_policy) & policy))
		return atomic_dec_and_test(users);

	filemap_invalidate_lock(mapping);
	last = atomic_dec_and_test(users);
	if (last)
		mmapdemo_content_wipe(buffer, why);
	filemap_invalidate_unlock(mapping);
	if (last)
		mmapdemo_notify_event(buffer, MMAPDEMO_WIPED);
	return last;
}

/* Return: 0, or -EINTR where a signal came first. */
int mmapdemo_content_wipe_now(struct mmapdemo_buffer *buffer)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	int err = mmapdemo_buffer_lock(buffer);

	if (err)
		return err;
	filemap_invalidate_lock(mapping);
	mmapdemo_content_wipe(buffer, "now");
	filemap_invalidate_unlock(mapping);
	mmapdemo_buffer_unlock(buffer);
	mmapdemo_notify_event(buffer, MMAPDEMO_WIPED);
	return 0;
}
