// SPDX-License-Identifier: GPL-2.0-only
/*
 * read, write and seek of files of a buffer. As with a block device, writes do not
 * change the size: reads and writes end at the end, and a write past it is ENOSPC. A
 * driver whose files grow has a write_iter of its own, which calls
 * mmapdemo_io_write_locked(): device/file.c.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/wait_bit.h>
#include <uapi/linux/mmapdemo.h>

#include "buffer.h"
#include "hooks.h"
#include "io.h"
#include "notify.h"
#include "strategy.h"

/* Whether a file has the read and write functions below, which honour IOCB_NOWAIT. */
bool mmapdemo_io_serves(const struct file *file)
{
	const struct file_operations *fops = file->f_op;

	return fops->read_iter == mmapdemo_io_read_iter &&
	       (!fops->write_iter || fops->write_iter == mmapdemo_io_write_iter);
}

/* Fixed contents have no holes. A strategy without contents is one hole. */
static loff_t mmapdemo_io_seek(struct mmapdemo_buffer *buffer, loff_t offset, int whence)
{
	const struct mmapdemo_strategy *strategy = buffer->strategy;

	if (strategy->seek)
		return strategy->seek(buffer, offset, whence);
	if (whence == SEEK_DATA)
		return strategy->piece ? offset : -ENXIO;
	return strategy->piece ? i_size_read(buffer->inode) : offset;
}

loff_t mmapdemo_io_llseek(struct file *file, loff_t offset, int whence)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	struct inode *inode = buffer->inode;

	if (READ_ONCE(buffer->revoked))
		return -ENODEV;
	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek(file, offset, whence);

	inode_lock_shared(inode);
	if (offset < 0 || offset >= i_size_read(inode))
		offset = -ENXIO;
	else
		offset = mmapdemo_io_seek(buffer, offset, whence);
	inode_unlock_shared(inode);

	return offset < 0 ? offset : vfs_setpos(file, offset, MAX_LFS_FILESIZE);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_llseek);

/*
 * Copies one piece to user memory. Holes read as zeros and stay holes.
 *
 * User memory that is not present is written from a copy, with page faults, once the piece is
 * put back. fault_in_iov_iter_writeable() would not do: it promises that pages are present, not
 * that a store works (memory tags, shadow stacks), and a read that tries again after it may do
 * so for ever.
 */
static int mmapdemo_io_copy_out(struct mmapdemo_buffer *buffer, struct kiocb *iocb,
				size_t bytes, struct iov_iter *to, size_t *copied)
{
	struct mmapdemo_piece piece = {
		.bytes	= bytes,
		.nowait	= iocb->ki_flags & IOCB_NOWAIT,
	};
	void *copy = NULL;
	int err = 0;

	if (buffer->strategy->piece)
		err = buffer->strategy->piece(buffer, iocb->ki_pos, false, &piece);
	if (err)
		return err;
	/* A smaller size may have made the hole, so check the end again, after the hole. */
	if (!piece.at && iocb->ki_pos >= mmapdemo_buffer_bytes(buffer))
		return 0;
	*copied = mmapdemo_piece_copy_out(&piece, to);
	if (!*copied && piece.at && user_backed_iter(to)) {
		bytes = min_t(size_t, piece.bytes, PAGE_SIZE);
		copy = kmemdup(piece.at, bytes,
			       piece.nowait ? GFP_NOWAIT | __GFP_NOWARN : GFP_KERNEL);
		if (!copy)
			err = piece.nowait ? -EAGAIN : -ENOMEM;
	}
	mmapdemo_piece_put(&piece, false);
	if (copy)
		*copied = copy_to_iter(copy, bytes, to);
	kfree(copy);
	return *copied ? 0 : err ?: -EFAULT;
}

/*
 * Whether an asynchronous transfer would have to wait somewhere. The caller asks before it
 * copies anything, and before a rule counts it, as io_uring tries some hundred times before
 * it has a worker wait.
 */
static bool mmapdemo_io_would_wait(struct kiocb *iocb, size_t bytes, bool write)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	loff_t left = mmapdemo_buffer_bytes(buffer) - iocb->ki_pos;

	if (!(iocb->ki_flags & IOCB_NOWAIT) || is_sync_kiocb(iocb) || left <= 0 || !bytes)
		return false;
	bytes = min_t(u64, bytes, left);
	if (mmapdemo_hooks_slow(buffer, iocb->ki_pos, bytes))
		return true;
	return write && buffer->strategy->present &&
	       !buffer->strategy->present(buffer, iocb->ki_pos, bytes);
}

/*
 * An asynchronous transfer would have to wait. io_uring takes a short transfer of a device
 * for the result. If nothing was transferred, it has a worker do all of it, which may wait.
 */
static ssize_t mmapdemo_io_refuse(struct kiocb *iocb, struct iov_iter *iter, ssize_t done)
{
	iov_iter_revert(iter, done);
	iocb->ki_pos -= done;
	return -EAGAIN;
}

ssize_t mmapdemo_io_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	size_t checked = 0; /* bytes still to copy that the fault lab has let pass */
	ssize_t done = 0;
	int err = 0;

	if (mmapdemo_io_would_wait(iocb, iov_iter_count(to), false))
		err = -EAGAIN;
	while (iov_iter_count(to) && !err) {
		loff_t left = mmapdemo_buffer_bytes(buffer) - iocb->ki_pos;
		size_t bytes, copied = 0;

		if (left <= 0)
			break;
		bytes = min_t(u64, left, iov_iter_count(to));
		if (!checked) {
			checked = bytes;
			err = mmapdemo_hooks_access(buffer, iocb->ki_pos, &checked,
						    iocb->ki_flags & IOCB_NOWAIT);
			if (err)
				break;
		}
		err = mmapdemo_io_copy_out(buffer, iocb, min(bytes, checked), to, &copied);
		iocb->ki_pos += copied;
		done += copied;
		checked -= copied;
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	if (err == -EAGAIN && !is_sync_kiocb(iocb)) {
		mmapdemo_notify_refused(iocb->ki_filp);
		return mmapdemo_io_refuse(iocb, to, done);
	}
	if (!err && mmapdemo_buffer_revoked(buffer))
		err = -ENODEV;
	return done ? done : err;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_read_iter);

/* Copies one piece from user memory, which is faulted in while the piece is not locked. */
static int mmapdemo_io_copy_in(struct mmapdemo_buffer *buffer, struct kiocb *iocb,
			       struct iov_iter *from, size_t *copied)
{
	struct mmapdemo_piece piece = {
		.bytes	= iov_iter_count(from),
		.nowait	= iocb->ki_flags & IOCB_NOWAIT,
	};
	size_t bytes;
	int err;

	/* Allocate no memory for bytes that cannot be read. */
	if (!piece.nowait && fault_in_iov_iter_readable(from, 1))
		return -EFAULT;
	err = buffer->strategy->piece(buffer, iocb->ki_pos, true, &piece);
	if (err)
		return err;
	*copied = mmapdemo_piece_copy_in(&piece, from);
	mmapdemo_piece_put(&piece, true);
	bytes = piece.bytes - *copied;
	if (bytes && (!user_backed_iter(from) || fault_in_iov_iter_readable(from, bytes) == bytes))
		return -EFAULT;
	return 0;
}

/* Writes up to the end. The caller holds the inode's lock. */
ssize_t mmapdemo_io_write_locked(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	loff_t size = mmapdemo_buffer_bytes(buffer);
	ssize_t done = 0;
	int err = 0;

	/* The position is as given: O_APPEND is ignored, as by block devices. */
	if (iocb->ki_pos >= size)
		return mmapdemo_buffer_revoked(buffer) ? -ENODEV : -ENOSPC;
	iov_iter_truncate(from, size - iocb->ki_pos);

	while (iov_iter_count(from) && !err) {
		size_t copied = 0;

		err = mmapdemo_io_copy_in(buffer, iocb, from, &copied);
		iocb->ki_pos += copied;
		done += copied;
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return done ? done : err;
}

/* Shortens @bytes to those of one answer of the fault lab. Without rules it keeps all. */
static int mmapdemo_io_write_check(struct kiocb *iocb, size_t *bytes)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);

	if (iocb->ki_pos >= mmapdemo_buffer_bytes(buffer))
		return 0;
	return mmapdemo_hooks_access(buffer, iocb->ki_pos, bytes,
				     iocb->ki_flags & IOCB_NOWAIT);
}

/* Checks, and takes the inode's lock. The order matters only for a write that may not wait. */
static int mmapdemo_io_write_begin(struct kiocb *iocb, size_t *bytes)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	int err;

	if (!(iocb->ki_flags & IOCB_NOWAIT))
		return mmapdemo_io_write_check(iocb, bytes) ?: mmapdemo_buffer_lock(buffer);
	if (!inode_trylock(buffer->inode))
		return -EAGAIN;
	err = mmapdemo_io_write_check(iocb, bytes);
	if (err)
		mmapdemo_buffer_unlock(buffer);
	return err;
}

/*
 * Writes to one present folio, with its lock and without the inode's, so that several tasks write
 * at once. It gives way to a task that has the inode's lock, which may write the folio in several
 * parts. A task that takes the lock later waits for the folio's lock. A task that lowers the end,
 * sets a rule or a seal, or revokes waits for the folio's lock, too.
 *
 * Return: bytes written; 0 where the inode's lock is needed. If user memory was not present, some
 * bytes may be changed then, and @torn is set. The buffer counts such a write from before the folio
 * is unlocked until the caller has written all of it again. If that fails, it reports an error.
 */
static ssize_t mmapdemo_io_write_one(struct kiocb *iocb, struct iov_iter *from, bool *torn)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	size_t count = iov_iter_count(from), copied = 0;
	struct mmapdemo_piece piece = { .bytes = count, .nowait = true };

	if (!buffer->strategy->has_folios || mmapdemo_hooks_active(buffer) ||
	    buffer->strategy->piece(buffer, iocb->ki_pos, true, &piece))
		return 0;
	if (piece.bytes == count && !inode_is_locked(buffer->inode) &&
	    !mmapdemo_hooks_active(buffer) &&
	    iocb->ki_pos + count <= mmapdemo_buffer_bytes(buffer))
		copied = mmapdemo_piece_copy_in(&piece, from);
	*torn = copied && copied < count;
	if (*torn)
		atomic_inc(&buffer->torn);
	mmapdemo_piece_put(&piece, true);
	/* User memory was not present: the caller writes all of it again, with the inode's lock. */
	if (copied < count) {
		iov_iter_revert(from, copied);
		return 0;
	}
	iocb->ki_pos += copied;
	return copied;
}

static ssize_t mmapdemo_io_write_some(struct kiocb *iocb, struct iov_iter *from)
{
	size_t count = iov_iter_count(from), bytes = count;
	ssize_t ret = mmapdemo_io_write_begin(iocb, &bytes);

	if (ret)
		return ret;
	iov_iter_truncate(from, bytes);
	ret = mmapdemo_io_write_locked(iocb, from);
	mmapdemo_buffer_unlock(mmapdemo_buffer_of(iocb->ki_filp));
	iov_iter_reexpand(from, count - max_t(ssize_t, ret, 0));
	return ret;
}

ssize_t mmapdemo_io_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	ssize_t done = 0, ret = 0;
	bool torn = false;

	/* A strategy without contents cannot keep the bytes. */
	if (!buffer->strategy->piece)
		return -EINVAL;
	if (mmapdemo_io_would_wait(iocb, iov_iter_count(from), true))
		return -EAGAIN;
	if (iov_iter_count(from) && !(iocb->ki_flags & IOCB_NOWAIT))
		done = mmapdemo_io_write_one(iocb, from, &torn);
	while (iov_iter_count(from) && ret >= 0) {
		ret = mmapdemo_io_write_some(iocb, from);
		done += max_t(ssize_t, ret, 0);
	}
	if (torn && atomic_dec_and_test(&buffer->torn))
		wake_up_var(&buffer->torn);
	if (ret == -EAGAIN && !is_sync_kiocb(iocb))
		return mmapdemo_io_refuse(iocb, from, done);
	return done ? done : ret;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_write_iter);
