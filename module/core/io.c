// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a buffer: what a program can do with one besides mmap. As with a
 * block device, writes do not change the size: reads end there, writes fall short
 * of it and fail past it with ENOSPC. A driver whose files grow has a write_iter of its own,
 * which calls mmapdemo_io_write_locked() and mmapdemo_io_append_locked().
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <uapi/linux/mmapdemo.h>

#include "assembler.h"
#include "broken.h"
#include "buffer.h"
#include "folios.h"
#include "hooks.h"
#include "io.h"
#include "notify.h"
#include "reshape.h"
#include "strategy.h"

/* Whether reads and writes of a file are this file's, which honour IOCB_NOWAIT. */
static bool mmapdemo_io_serves(const struct file *file)
{
	const struct file_operations *fops = file->f_op;

	return fops->read_iter == mmapdemo_io_read_iter &&
	       (!fops->write_iter || fops->write_iter == mmapdemo_io_write_iter);
}

/**
 * mmapdemo_io_attach - make an open file one of a buffer
 * @file: the file, which its driver's open() was given
 * @buffer: the buffer, of which the file has a reference from now on
 * @data: what mmapdemo_io_data() returns
 *
 * The file's private_data belongs to the core until mmapdemo_io_detach(). The file operations'
 * owner is the driver's module. If open() fails after this, it calls mmapdemo_io_detach().
 *
 * Context: Process context, may sleep. Takes the invalidate lock.
 *
 * Return: 0, -ENOMEM, -ENODEV after mmapdemo_revoke(), or -EINVAL, with a warning of the kernel's,
 * for a file that is attached already.
 */
int mmapdemo_io_attach(struct file *file, struct mmapdemo_buffer *buffer, void *data)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct mmapdemo_waiter *waiter = kzalloc(sizeof(*waiter), GFP_KERNEL_ACCOUNT);

	if (!waiter)
		return -ENOMEM;
	/* Attached already? A file that programs create has the mapping from the start. */
	if (WARN_ON_ONCE(file->f_mapping == mapping && file_inode(file)->i_mapping != mapping)) {
		kfree(waiter);
		return -EINVAL;
	}
	if (READ_ONCE(buffer->revoked)) {
		kfree(waiter);
		return -ENODEV;
	}
	mmapdemo_notify_begin(buffer, waiter);
	waiter->data = data;
	file->private_data = waiter;

	mmapdemo_buffer_get(buffer);
	/* From here on the file is one of the private inode, as a block device's is. */
	file->f_mapping = mapping;
	file->f_wb_err = filemap_sample_wb_err(mapping);
	/*
	 * IOCB_NOWAIT is honoured. Without this io_uring would wait until poll says
	 * that there is something to read, which here says that somebody called KICK.
	 * O_DIRECT does not change reads and writes. A driver with functions of its own
	 * for them knows for itself.
	 */
	if (mmapdemo_io_serves(file))
		file->f_mode |= FMODE_NOWAIT | MMAPDEMO_FMODE_DIRECT;

	/*
	 * The caller may hold a lock of other drivers, as misc_open() does: without a policy,
	 * nothing is waited for.
	 */
	atomic_inc_return(&buffer->opens); /* a full barrier, unlike atomic_inc() */
	mmapdemo_hooks_await_wipe(buffer);
	return 0;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_attach);

/**
 * mmapdemo_io_detach - end what mmapdemo_io_attach() began
 * @file: the file, in its driver's release(): no VMA has it any more
 *
 * Afterwards the file has the mapping of its own inode again, and private_data is NULL.
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_io_detach(struct file *file)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	mmapdemo_notify_end(file);
	file->f_mapping = file_inode(file)->i_mapping;
	mmapdemo_hooks_put(buffer, &buffer->opens, MMAPDEMO_WIPE_ON_LAST_CLOSE, "last close");
	mmapdemo_buffer_put(buffer);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_detach);

/**
 * mmapdemo_io_data - what the driver gave to mmapdemo_io_attach()
 * @file: an attached file
 *
 * Context: Any.
 *
 * Return: the pointer.
 */
void *mmapdemo_io_data(const struct file *file)
{
	const struct mmapdemo_waiter *waiter = file->private_data;

	return waiter->data;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_data);

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
 * User memory that is not there is written from a copy, with page faults, once the piece
 * is put back. fault_in_iov_iter_writeable() would not do: it promises that pages are
 * there, not that a store works (memory tags, shadow stacks), and a read that tries again
 * after it may do so for ever.
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
	/* A new size may have made the hole: the end is looked at once more, after it. */
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
 * Whether an asynchronous transfer would have to wait somewhere. It is asked before
 * anything is copied, or counted by a rule, as io_uring tries some hundred times before
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
 * An asynchronous transfer would have to wait. io_uring takes a short transfer of a
 * device for the result. Told that nothing was transferred, it has a worker do all of it,
 * which waits where this did not.
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
	size_t checked = 0; /* bytes that the fault lab has let pass, and that are still to do */
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
	int err = buffer->strategy->piece(buffer, iocb->ki_pos, true, &piece);
	size_t bytes;

	if (err)
		return err;
	*copied = mmapdemo_piece_copy_in(&piece, from);
	mmapdemo_piece_put(&piece, true);
	bytes = piece.bytes - *copied;
	if (bytes && (!user_backed_iter(from) || fault_in_iov_iter_readable(from, bytes) == bytes))
		return -EFAULT;
	return 0;
}

/* Writes as far as the size goes. The caller holds the inode's lock. */
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

/*
 * Copies user memory to a page at or past the end, and then moves the end. A reader that sees
 * the new end sees the bytes. The invalidate lock excludes a revoke. No page fault is served
 * meanwhile.
 */
static int mmapdemo_io_append_page(struct mmapdemo_buffer *buffer, loff_t pos,
				   struct iov_iter *from, size_t *copied)
{
	struct folio *folio = mmapdemo_folios_lock(buffer, pos >> PAGE_SHIFT, NULL);
	struct mmapdemo_piece piece = { .folio = folio };

	if (IS_ERR(folio))
		return folio == ERR_PTR(-EHWPOISON) ? -EIO : PTR_ERR(folio);
	piece.bytes = min_t(size_t, iov_iter_count(from), PAGE_SIZE - offset_in_page(pos));
	piece.at = kmap_local_folio(folio, offset_in_folio(folio, pos));
	*copied = mmapdemo_piece_copy_in(&piece, from);
	if (*copied) {
		smp_wmb(); /* pairs with folio_test_uptodate() of a reader that sees the end */
		i_size_write(buffer->inode, pos + *copied);
		WRITE_ONCE(buffer->end, mmapdemo_buffer_pages_of(pos + *copied));
		folio_mark_dirty(folio);
	} else if (folio->index >= mmapdemo_buffer_pages(buffer)) {
		mmapdemo_broken_drop(buffer->inode->i_mapping, folio);
	}
	mmapdemo_piece_put(&piece, true);
	return 0;
}

/**
 * mmapdemo_io_append_locked - write a page, or a part of one, at or past the end
 * @iocb: says where
 * @from: what; never so much that the inode's largest size is passed
 *
 * A gap before it reads as zeros.
 *
 * Context: Process context, may sleep. The caller holds the inode's lock.
 *
 * Return: bytes written, which may be 0 although more would succeed; -EFAULT, -ENOMEM, -EIO
 * where a memory error took the page, -ENODEV after mmapdemo_revoke().
 */
ssize_t mmapdemo_io_append_locked(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	struct address_space *mapping = buffer->inode->i_mapping;
	size_t bytes = PAGE_SIZE - offset_in_page(iocb->ki_pos), copied = 0;
	int err;

	bytes = min_t(size_t, bytes, iov_iter_count(from));
	if (user_backed_iter(from) && fault_in_iov_iter_readable(from, bytes) == bytes)
		return -EFAULT;
	filemap_invalidate_lock_shared(mapping);
	err = buffer->revoked ? -ENODEV : 0;
	if (!err) {
		pgoff_t old = mmapdemo_buffer_pages(buffer);

		mmapdemo_reshape_zero_tail(buffer, iocb->ki_pos);
		err = mmapdemo_io_append_page(buffer, iocb->ki_pos, from, &copied);
		if (copied && iocb->ki_pos >> PAGE_SHIFT > old)
			mmapdemo_folios_publish(buffer, old); /* what lies in the gap */
	}
	filemap_invalidate_unlock_shared(mapping);
	iocb->ki_pos += copied;
	return err ?: copied;
}

/* How far the fault lab has one answer, which is all where it has no rules. */
static int mmapdemo_io_write_check(struct kiocb *iocb, size_t *bytes)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);

	if (iocb->ki_pos >= mmapdemo_buffer_bytes(buffer))
		return 0;
	return mmapdemo_hooks_access(buffer, iocb->ki_pos, bytes,
				     iocb->ki_flags & IOCB_NOWAIT);
}

/* The check, and the inode's lock: which is first is the same but for a write that may not wait. */
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
	ssize_t done = 0, ret = 0;

	/* A strategy without contents cannot keep the bytes. */
	if (!mmapdemo_buffer_of(iocb->ki_filp)->strategy->piece)
		return -EINVAL;
	if (mmapdemo_io_would_wait(iocb, iov_iter_count(from), true))
		return -EAGAIN;
	while (iov_iter_count(from) && ret >= 0) {
		ret = mmapdemo_io_write_some(iocb, from);
		done += max_t(ssize_t, ret, 0);
	}
	if (ret == -EAGAIN && !is_sync_kiocb(iocb))
		return mmapdemo_io_refuse(iocb, from, done);
	return done ? done : ret;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_write_iter);
