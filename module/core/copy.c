// SPDX-License-Identifier: GPL-2.0-only
/* A driver's access to the contents of a buffer, for all strategies. */
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/sched/signal.h>

#include "buffer.h"
#include "hooks.h"
#include "strategy.h"

static int mmapdemo_copy_check(const struct mmapdemo_buffer *buffer, u64 pos, size_t bytes)
{
	u64 size = mmapdemo_bytes(buffer);

	if (!buffer->strategy->piece)
		return -EOPNOTSUPP;
	if (!bytes || pos > size || bytes > size - pos)
		return mmapdemo_buffer_past_end(buffer);
	return 0;
}

/**
 * mmapdemo_piece_get - begin to use some contents in place
 * @buffer: the buffer
 * @pos: first byte
 * @write: whether the caller writes; other writers and page migration wait meanwhile
 * @piece: in: @bytes, above 0, and @nowait; out: all members. After an error it is empty, and
 *	mmapdemo_piece_put() does nothing.
 *
 * The piece may be shorter than @bytes, and lies in one folio. For writing, its folio is locked
 * until mmapdemo_piece_put(): the caller touches no user memory, and gets no other piece. Programs
 * that have it mapped may use it meanwhile. A rule of INJECT_SET for a node's buffer delays, fails
 * or counts the call as it does a read(2).
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, -EINVAL for a range that is not inside the buffer, -ENODEV after mmapdemo_revoke(),
 * -ENOMEM, -EIO where a memory error took the page, -EINTR after a fatal signal, -EAGAIN with
 * @nowait, -EPERM where a seal forbids writing, -EOPNOTSUPP where the buffer's strategy has no
 * contents.
 */
int mmapdemo_piece_get(struct mmapdemo_buffer *buffer, u64 pos, bool write,
		       struct mmapdemo_piece *piece)
{
	const struct mmapdemo_piece nothing = { .bytes = piece->bytes, .nowait = piece->nowait };
	int err = mmapdemo_copy_check(buffer, pos, piece->bytes);

	if (!err)
		err = mmapdemo_hooks_access(buffer, pos, &piece->bytes, piece->nowait);
	if (!err)
		err = buffer->strategy->piece(buffer, pos, write, piece);
	if (err)
		*piece = nothing;
	return err;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_piece_get);

/**
 * mmapdemo_copy_in - write kernel memory to a buffer
 * @buffer: the buffer
 * @pos: first byte in the buffer
 * @from: the kernel memory
 * @bytes: how many, above 0
 *
 * Context: Process context, may sleep. No lock of the buffer is held between two folios.
 *
 * Return: 0, or an errno as mmapdemo_piece_get(): some of it may be written then.
 */
int mmapdemo_copy_in(struct mmapdemo_buffer *buffer, u64 pos, const void *from, size_t bytes)
{
	int err = mmapdemo_copy_check(buffer, pos, bytes);

	while (bytes && !err) {
		struct mmapdemo_piece piece = { .bytes = bytes };

		err = mmapdemo_piece_get(buffer, pos, true, &piece);
		if (err)
			break;
		memcpy(piece.at, from, piece.bytes);
		mmapdemo_piece_put(&piece, true);
		pos += piece.bytes;
		from += piece.bytes;
		bytes -= piece.bytes;
		if (bytes && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_copy_in);

/**
 * mmapdemo_copy_out - read from a buffer to kernel memory
 * @buffer: the buffer
 * @pos: first byte in the buffer
 * @to: the kernel memory
 * @bytes: how many, above 0; holes read as zeros and stay holes
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, or an errno as mmapdemo_copy_in(): some of it may be read then.
 */
int mmapdemo_copy_out(struct mmapdemo_buffer *buffer, u64 pos, void *to, size_t bytes)
{
	int err = mmapdemo_copy_check(buffer, pos, bytes);

	while (bytes && !err) {
		struct mmapdemo_piece piece = { .bytes = bytes };

		err = mmapdemo_piece_get(buffer, pos, false, &piece);
		if (err)
			break;
		if (piece.at)
			memcpy(to, piece.at, piece.bytes);
		else
			memset(to, 0, piece.bytes);
		mmapdemo_piece_put(&piece, false);
		pos += piece.bytes;
		to += piece.bytes;
		bytes -= piece.bytes;
		if (bytes && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_copy_out);
