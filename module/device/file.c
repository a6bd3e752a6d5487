// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that programs create. Each is a regular file without a name in any folder, and behaves
 * like a memfd whose memory is in the page cache.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/falloc.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/module.h>
#include <linux/uio.h>
#include <uapi/linux/mmapdemo.h>

#include "append.h"
#include "core/assembler.h"
#include "core/buffer.h"
#include "core/hooks.h"
#include "core/io.h"
#include "core/notify.h"
#include "core/pagecache.h"
#include "core/reshape.h"
#include "core/strategy.h"
#include "file.h"

/* How many bytes can be written in one step, from the file's position on. */
static size_t mmapdemo_file_step(struct mmapdemo_buffer *buffer, loff_t pos, size_t bytes)
{
	loff_t left = mmapdemo_buffer_bytes(buffer) - pos;

	if (left > 0)
		return min_t(u64, bytes, left);
	if (mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_GROW))
		return 0;
	return min_t(u64, bytes, PAGE_SIZE - offset_in_page(pos));
}

static ssize_t mmapdemo_file_write_locked(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	ssize_t ret = file_modified(iocb->ki_filp);
	ssize_t done = 0;

	if (mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_WRITES))
		return -EPERM;
	while (iov_iter_count(from) && ret >= 0) {
		size_t count = iov_iter_count(from);
		size_t bytes = mmapdemo_file_step(buffer, iocb->ki_pos, count);

		iov_iter_truncate(from, bytes);
		if (!bytes)
			ret = -EPERM;
		else if (iocb->ki_pos < mmapdemo_buffer_bytes(buffer))
			ret = mmapdemo_io_write_locked(iocb, from);
		else
			ret = mmapdemo_append(iocb, from);
		iov_iter_reexpand(from, count - max_t(ssize_t, ret, 0));
		done += max_t(ssize_t, ret, 0);
		if (fatal_signal_pending(current) && ret >= 0)
			ret = -EINTR;
		cond_resched();
	}
	return done ? done : ret;
}

/*
 * Writes the bytes to which one rule of the fault lab applies, or all if there are no rules. It
 * shortens @bytes to those of the rule. A rule's delay holds no lock.
 */
static ssize_t mmapdemo_file_write_some(struct kiocb *iocb, struct iov_iter *from, size_t *bytes)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	loff_t size = mmapdemo_buffer_bytes(buffer);
	loff_t pos = iocb->ki_flags & IOCB_APPEND ? size : iocb->ki_pos;
	size_t count = *bytes;
	ssize_t ret = count ? mmapdemo_hooks_access(buffer, pos, bytes, false) : 0;

	if (!ret)
		ret = mmapdemo_buffer_lock(buffer);
	if (ret)
		return ret;
	size = i_size_read(buffer->inode);
	iov_iter_truncate(from, *bytes);
	ret = generic_write_checks(iocb, from);
	if (ret > 0)
		ret = mmapdemo_file_write_locked(iocb, from);
	if (i_size_read(buffer->inode) != size)
		mmapdemo_notify_event(buffer, MMAPDEMO_RESIZED);
	mmapdemo_buffer_unlock(buffer);
	iov_iter_reexpand(from, count - max_t(ssize_t, ret, 0));
	return ret;
}

ssize_t mmapdemo_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t done = 0, ret;
	size_t bytes;

	do {
		bytes = iov_iter_count(from);
		ret = mmapdemo_file_write_some(iocb, from, &bytes);
		done += max_t(ssize_t, ret, 0);
	} while (ret > 0 && ret == bytes && iov_iter_count(from));
	return done ? done : ret;
}

static int mmapdemo_file_allocate(struct mmapdemo_buffer *buffer, loff_t pos, loff_t end,
				  bool grow)
{
	int err = mmapdemo_buffer_lock(buffer);

	if (err)
		return err;
	err = inode_newsize_ok(buffer->inode, end);
	if (!err && end > i_size_read(buffer->inode) &&
	    mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_GROW))
		err = -EPERM;
	if (!err)
		err = mmapdemo_reshape_allocate(buffer, pos, end, grow);
	mmapdemo_buffer_unlock(buffer);
	return err;
}

long mmapdemo_file_fallocate(struct file *file, int mode, loff_t pos, loff_t len)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	switch (mode) {
	case 0:
	case FALLOC_FL_KEEP_SIZE:
		return mmapdemo_file_allocate(buffer, pos, pos + len, !mode);
	case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
		return mmapdemo_reshape_punch(buffer, pos, len);
	default:
		return -EOPNOTSUPP;
	}
}

/* A regular file is always readable and writable, so all events are EPOLLPRI. */
__poll_t mmapdemo_file_poll(struct file *file, poll_table *wait)
{
	__poll_t mask = mmapdemo_notify_poll(file, wait);

	return mask | EPOLLIN | EPOLLRDNORM | (mask & EPOLLIN ? EPOLLPRI : 0);
}

/* open() of a path in /proc/PID/fd. CREATE calls it for the first file. */
int mmapdemo_file_open(struct inode *inode, struct file *file)
{
	int err = generic_file_open(inode, file);

	if (!err)
		err = mmapdemo_io_attach(file, inode->i_private, NULL);
	if (!err)
		file->f_mode |= MMAPDEMO_FMODE_DIRECT;
	return err;
}

int mmapdemo_file_release(struct inode *inode, struct file *file)
{
	if (file->private_data) /* NULL if CREATE failed to open it */
		mmapdemo_io_detach(file);
	return 0;
}

/* The caller holds the inode's lock. */
static int mmapdemo_file_setattr(struct mmapdemo_mnt_idmap *idmap, struct dentry *dentry,
				 struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int err = setattr_prepare(idmap, dentry, attr);

	if (!err && attr->ia_valid & ATTR_SIZE)
		err = mmapdemo_reshape_set_size(inode->i_private, attr->ia_size);
	if (!err)
		setattr_copy(idmap, inode, attr);
	return err;
}

static const struct inode_operations mmapdemo_file_iops = {
	.setattr	= mmapdemo_file_setattr,
	.getattr	= simple_getattr, /* st_blocks counts resident pages */
};

/* Return: a buffer of no bytes, or ERR_PTR. */
static struct mmapdemo_buffer *mmapdemo_file_buffer(struct mmapdemo_buffer *device,
						    const char *name,
						    const struct file_operations *fops)
{
	const struct mmapdemo_settings settings = {
		.node		= device->node,
		.huge		= device->huge,
		.owner		= THIS_MODULE,
	};
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_create(name, &mmapdemo_strategy_pagecache,
								&settings);

	if (IS_ERR(buffer))
		return buffer;
	buffer->inode->i_fop = fops;
	buffer->inode->i_op = &mmapdemo_file_iops;
	/* ioctl(2) with FIONREAD and others works only if the inode is not anonymous. */
	buffer->inode->i_flags &= ~MMAPDEMO_S_ANON_INODE;
	/* Core dumps treat an unlinked file as anonymous memory, such as a memfd. */
	clear_nlink(buffer->inode);
	return buffer;
}

/**
 * mmapdemo_file_new - make a buffer, and an open file with the only reference to it
 * @device: a buffer whose NUMA node and huge setting the new buffer gets
 * @name: what /proc/PID/fd shows
 * @bytes: the inode's largest size at most
 * @fops: the file's functions, with open() and release() of file.c
 *
 * Context: Process context, may sleep.
 *
 * Return: the file, or ERR_PTR of -EFBIG, -ENFILE, -ENOMEM.
 */
struct file *mmapdemo_file_new(struct mmapdemo_buffer *device, const char *name, loff_t bytes,
			       const struct file_operations *fops)
{
	struct mmapdemo_buffer *buffer = mmapdemo_file_buffer(device, name, fops);
	struct file *file;
	int err;

	if (IS_ERR(buffer))
		return ERR_CAST(buffer);
	err = inode_newsize_ok(buffer->inode, bytes);
	if (err) {
		mmapdemo_buffer_put(buffer);
		return ERR_PTR(err);
	}
	i_size_write(buffer->inode, bytes);
	buffer->end = mmapdemo_buffer_pages_of(bytes);
	file = mmapdemo_buffer_file(buffer, O_RDWR | O_LARGEFILE, fops);
	mmapdemo_buffer_put(buffer);
	if (IS_ERR(file))
		return file;
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	err = mmapdemo_file_open(file_inode(file), file);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}
