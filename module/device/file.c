// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that programs create. Each is a regular file without a name in any folder. What it
 * does is what a memfd does, as far as memory in the page cache goes.
 */
#include <linux/ctype.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <uapi/linux/mmapdemo.h>

#include "control.h"
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

/* Writes what one rule of the fault lab covers, up to the end; or a page past the end. */
static ssize_t mmapdemo_file_write_some(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	size_t count = iov_iter_count(from);
	size_t bytes = mmapdemo_file_step(buffer, iocb->ki_pos, count);
	ssize_t ret;

	if (!bytes || mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_WRITES))
		return -EPERM;
	ret = mmapdemo_hooks_access(buffer, iocb->ki_pos, &bytes, false);
	if (ret)
		return ret;
	iov_iter_truncate(from, bytes);
	if (iocb->ki_pos < mmapdemo_buffer_bytes(buffer))
		ret = mmapdemo_io_write_locked(iocb, from);
	else
		ret = mmapdemo_io_append_locked(iocb, from);
	iov_iter_reexpand(from, count - max_t(ssize_t, ret, 0));
	return ret;
}

static ssize_t mmapdemo_file_write_locked(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t ret = file_modified(iocb->ki_filp);
	ssize_t done = 0;

	while (iov_iter_count(from) && ret >= 0) {
		ret = mmapdemo_file_write_some(iocb, from);
		done += max_t(ssize_t, ret, 0);
		if (fatal_signal_pending(current) && ret >= 0)
			ret = -EINTR;
		cond_resched();
	}
	return done ? done : ret;
}

static ssize_t mmapdemo_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	loff_t old;
	ssize_t ret = mmapdemo_buffer_lock(buffer);

	if (ret)
		return ret;
	old = i_size_read(buffer->inode);
	ret = generic_write_checks(iocb, from);
	if (ret > 0)
		ret = mmapdemo_file_write_locked(iocb, from);
	if (i_size_read(buffer->inode) != old)
		mmapdemo_notify_event(buffer, MMAPDEMO_RESIZED);
	mmapdemo_buffer_unlock(buffer);
	return ret;
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

static long mmapdemo_file_fallocate(struct file *file, int mode, loff_t pos, loff_t len)
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

/* A regular file can be read and written at any time. So all events are EPOLLPRI. */
static __poll_t mmapdemo_file_poll(struct file *file, poll_table *wait)
{
	__poll_t mask = mmapdemo_notify_poll(file, wait);

	return mask | EPOLLIN | EPOLLRDNORM | (mask & EPOLLIN ? EPOLLPRI : 0);
}

/* Of a path in /proc/PID/fd. CREATE calls it for the first file. */
static int mmapdemo_file_open(struct inode *inode, struct file *file)
{
	int err = generic_file_open(inode, file);

	if (!err)
		err = mmapdemo_io_attach(file, inode->i_private, NULL);
	if (!err)
		file->f_mode |= MMAPDEMO_FMODE_DIRECT;
	return err;
}

static int mmapdemo_file_release(struct inode *inode, struct file *file)
{
	if (file->private_data) /* else CREATE could not open it */
		mmapdemo_io_detach(file);
	return 0;
}

static const struct file_operations mmapdemo_file_fops = {
	.owner			= THIS_MODULE,
	.open			= mmapdemo_file_open,
	.release		= mmapdemo_file_release,
	.llseek			= mmapdemo_io_llseek,
	.read_iter		= mmapdemo_io_read_iter,
	.write_iter		= mmapdemo_file_write_iter,
	.splice_read		= mmapdemo_copy_splice_read,
	.splice_write		= iter_file_splice_write,
	.poll			= mmapdemo_file_poll,
	.unlocked_ioctl		= mmapdemo_control_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.fallocate		= mmapdemo_file_fallocate,
	.fsync			= noop_fsync,
	.get_unmapped_area	= thp_get_unmapped_area,
	MMAPDEMO_FOPS_MMAP,
};

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
	.getattr	= simple_getattr, /* its blocks are what is resident */
};

/* Return: a buffer of no bytes, or ERR_PTR. */
static struct mmapdemo_buffer *mmapdemo_file_buffer(struct mmapdemo_buffer *device,
						    const char *name)
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
	buffer->inode->i_fop = &mmapdemo_file_fops;
	buffer->inode->i_op = &mmapdemo_file_iops;
	clear_nlink(buffer->inode); /* core dumps take it for anonymous memory, as they do a memfd */
	return buffer;
}

/* Return: an open file, which has the only reference to a new buffer; or ERR_PTR. */
static struct file *mmapdemo_file_new(struct mmapdemo_buffer *device, const char *name,
				      loff_t bytes)
{
	struct mmapdemo_buffer *buffer = mmapdemo_file_buffer(device, name);
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
	file = mmapdemo_buffer_file(buffer, O_RDWR | O_LARGEFILE, &mmapdemo_file_fops);
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

/* A line break would end the line of a trace. */
static bool mmapdemo_file_is_name(const char *name)
{
	for (; *name; name++)
		if (iscntrl(*name))
			return false;
	return true;
}

/* Return: what /proc/PID/fd shows; or ERR_PTR. */
static char *mmapdemo_file_name(u64 user)
{
	const char __user *from = u64_to_user_ptr(user);
	char *given = user ? strndup_user(from, MMAPDEMO_NAME_MAX + 1) : NULL;
	char *name;

	if (IS_ERR(given))
		return given;
	if (given && !mmapdemo_file_is_name(given))
		name = ERR_PTR(-EINVAL);
	else
		name = kasprintf(GFP_KERNEL, "mmapdemo:%s", given ?: "") ?: ERR_PTR(-ENOMEM);
	kfree(given);
	return name;
}

/**
 * mmapdemo_file_create - MMAPDEMO_IOCTL_CREATE
 * @device: the buffer of the node that is asked
 * @create: the struct, in kernel memory
 *
 * Context: Process context, may sleep.
 *
 * Return: a descriptor, or an errno as the uapi header has it.
 */
int mmapdemo_file_create(struct mmapdemo_buffer *device, const struct mmapdemo_create *create)
{
	struct file *file;
	char *name;
	int fd;

	if (!device->strategy->has_folios || mmapdemo_file_is(device))
		return -EOPNOTSUPP;
	if (create->bytes > MAX_LFS_FILESIZE)
		return -EINVAL;
	name = mmapdemo_file_name(create->name);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto free;
	file = mmapdemo_file_new(device, name, create->bytes);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto free;
	}
	fd_install(fd, file);
free:
	kfree(name);
	return fd;
}
