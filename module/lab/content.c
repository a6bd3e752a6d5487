// SPDX-License-Identifier: GPL-2.0-only
/*
 * FILL and SUM: the kernel writes a pattern and takes a checksum.
 */
#include <linux/crc32.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/wait_bit.h>

#include "content.h"
#include "core/buffer.h"
#include "core/hooks.h"
#include "core/strategy.h"

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

/* Whether FILL and SUM accept a range. */
static bool mmapdemo_content_inside(struct mmapdemo_buffer *buffer, u64 offset, u64 length)
{
	u64 end;

	return length && !check_add_overflow(offset, length, &end) &&
	       end <= mmapdemo_buffer_bytes(buffer);
}

/*
 * Shortens @bytes to those of one answer of the fault lab; without rules it keeps all. It may
 * sleep: no lock is held.
 */
static int mmapdemo_content_next(struct mmapdemo_buffer *buffer, u64 pos, u64 end, size_t *bytes)
{
	*bytes = min_t(u64, end - pos, SZ_1G);
	return mmapdemo_hooks_access(buffer, pos, bytes, false);
}

/* Fatal signals and other tasks wait while at most this much is done. */
#define MMAPDEMO_CONTENT_STEP	SZ_64K

static int mmapdemo_content_fill_locked(struct mmapdemo_buffer *buffer, u64 pos, size_t length,
					u64 seed)
{
	struct mmapdemo_piece piece = {};
	u64 end = pos + length;
	int err;

	/* The size may have changed before the lock was taken. */
	if (!mmapdemo_content_inside(buffer, pos, length))
		return -EINVAL;
	for (; pos < end; pos += piece.bytes) {
		piece.bytes = min_t(u64, end - pos, MMAPDEMO_CONTENT_STEP);
		err = buffer->strategy->piece(buffer, pos, true, &piece);
		if (err)
			return err;
		mmapdemo_content_pattern(piece.at, piece.bytes, pos, seed);
		mmapdemo_piece_put(&piece, true);
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
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

/*
 * Under the inode's lock no write begins, and a missing page is a hole. A write to one folio that
 * began without that lock holds the folio's lock.
 */
static int mmapdemo_content_sum_locked(struct mmapdemo_buffer *buffer, u64 pos, size_t length,
				       u32 *sum)
{
	struct mmapdemo_piece piece = {};
	u64 end = pos + length;
	int err;

	if (!mmapdemo_content_inside(buffer, pos, length))
		return -EINVAL;
	for (; pos < end; pos += piece.bytes) {
		piece.bytes = min_t(u64, end - pos, MMAPDEMO_CONTENT_STEP);
		err = buffer->strategy->piece(buffer, pos, false, &piece);
		if (err)
			return err;
		if (piece.folio)
			folio_lock(piece.folio);
		if (atomic_read(&buffer->torn))
			err = -EAGAIN;
		/* A hole is a page at most. */
		*sum = mmapdemo_crc32c(*sum, piece.at ?: page_address(ZERO_PAGE(0)), piece.bytes);
		if (piece.folio)
			folio_unlock(piece.folio);
		mmapdemo_piece_put(&piece, false);
		if (err)
			return err;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* Waits for a write that has changed a part of its bytes, and that will take the lock. */
static int mmapdemo_content_sum_whole(struct mmapdemo_buffer *buffer, u64 pos, size_t length,
				      u32 *sum)
{
	u32 before = *sum;
	int err;

	do {
		*sum = before;
		err = mmapdemo_buffer_lock_shared(buffer);
		if (err)
			return err;
		err = mmapdemo_content_sum_locked(buffer, pos, length, sum);
		mmapdemo_buffer_unlock_shared(buffer);
		if (err != -EAGAIN)
			return err;
		err = wait_var_event_killable(&buffer->torn, !atomic_read(&buffer->torn));
	} while (!err);
	return err;
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
			err = mmapdemo_content_sum_whole(buffer, pos, bytes, &crc);
	}
	*sum = ~crc;
	return err;
}
