// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device node: what a program can do with it besides mmap. As a block
 * device it has a fixed size: reads end there, writes fall short of it and
 * fail past it with ENOSPC.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include <uapi/linux/mmapdemo.h>

#include "buffer.h"
#include "content.h"
#include "control.h"
#include "device.h"
#include "faultlab.h"
#include "mapping.h"
#include "notify.h"
#include "sysfs.h"

static int mmapdemo_device_open(struct inode *inode, struct file *file)
{
	struct mmapdemo_buffer *buffer =
		container_of(file->private_data, struct mmapdemo_buffer, misc);
	struct address_space *mapping = buffer->inode->i_mapping;
	struct mmapdemo_waiter *waiter = kmalloc(sizeof(*waiter), GFP_KERNEL);

	if (!waiter)
		return -ENOMEM;
	mmapdemo_notify_begin(buffer, waiter);
	file->private_data = waiter;

	/* From here on the file is one of the private inode, as a block device's is. */
	file->f_mapping = mapping;
	file->f_wb_err = filemap_sample_wb_err(mapping);

	/* A last close that wipes is over, or sees us. */
	filemap_invalidate_lock_shared(mapping);
	atomic_inc(&buffer->opens);
	filemap_invalidate_unlock_shared(mapping);
	return 0;
}

static int mmapdemo_device_release(struct inode *inode, struct file *file)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	kfree(file->private_data);
	mmapdemo_content_put(buffer, &buffer->opens, MMAPDEMO_WIPE_ON_LAST_CLOSE, "last close");
	return 0;
}

static loff_t mmapdemo_device_llseek(struct file *file, loff_t offset, int whence)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	struct inode *inode = buffer->inode;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek(file, offset, whence);

	inode_lock_shared(inode);
	if (offset < 0 || offset >= i_size_read(inode))
		offset = -ENXIO;
	else if (whence == SEEK_DATA)
		offset = mmapdemo_buffer_seek_data(buffer, offset);
	else
		offset = mmapdemo_buffer_seek_hole(buffer, offset);
	inode_unlock_shared(inode);

	return offset < 0 ? offset : vfs_setpos(file, offset, MAX_LFS_FILESIZE);
}

/* A folio that is being replaced is missing for a moment, and the invalidate lock held. */
static struct folio *mmapdemo_device_find_folio(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio = filemap_get_folio(mapping, index);

	if (IS_ERR_OR_NULL(folio)) {
		filemap_invalidate_lock_shared(mapping);
		folio = filemap_get_folio(mapping, index);
		filemap_invalidate_unlock_shared(mapping);
	}
	return IS_ERR(folio) ? NULL : folio;
}

/* Of one folio, or one page of a hole: holes read as zeros and stay holes. */
static size_t mmapdemo_device_copy_out(struct address_space *mapping, loff_t pos, size_t *bytes,
				       struct iov_iter *to)
{
	struct folio *folio = mmapdemo_device_find_folio(mapping, pos >> PAGE_SHIFT);
	size_t offset, copied;

	if (!folio) {
		*bytes = min_t(size_t, *bytes, PAGE_SIZE - offset_in_page(pos));
		return iov_iter_zero(*bytes, to);
	}
	offset = offset_in_folio(folio, pos);
	*bytes = min(*bytes, folio_size(folio) - offset);
	if (mapping_writably_mapped(mapping))
		flush_dcache_folio(folio);
	copied = copy_folio_to_iter(folio, offset, *bytes, to);
	folio_put(folio);
	return copied;
}

static ssize_t mmapdemo_device_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	ssize_t done = 0;
	int err = 0;

	while (iov_iter_count(to) && !err) {
		loff_t left = i_size_read(buffer->inode) - iocb->ki_pos;
		size_t bytes, copied;

		if (left <= 0)
			break;
		bytes = min_t(u64, left, iov_iter_count(to));
		err = mmapdemo_faultlab_access(buffer, iocb->ki_pos, &bytes);
		if (err)
			break;
		copied = mmapdemo_device_copy_out(buffer->inode->i_mapping, iocb->ki_pos,
						  &bytes, to);
		if (copied < bytes)
			err = -EFAULT;
		iocb->ki_pos += copied;
		done += copied;
		cond_resched();
	}
	return done ? done : err;
}

/*
 * The folio is not locked while user memory is copied into it: that memory may
 * be a mapping of this very folio, and its fault takes the folio's lock. The
 * inode's lock, which no fault takes, keeps the folio in the buffer.
 */
static int mmapdemo_device_copy_in(struct mmapdemo_buffer *buffer, loff_t pos, size_t bytes,
				   struct iov_iter *from, size_t *copied)
{
	struct folio *folio = mmapdemo_buffer_use_folio(buffer, pos);
	size_t offset;

	if (IS_ERR(folio))
		return PTR_ERR(folio);

	offset = offset_in_folio(folio, pos);
	bytes = min(bytes, folio_size(folio) - offset);
	*copied = copy_page_from_iter(folio_page(folio, 0), offset, bytes, from);
	flush_dcache_folio(folio);
	folio_put(folio);
	return *copied < bytes ? -EFAULT : 0;
}

static ssize_t mmapdemo_device_write_locked(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	loff_t size = i_size_read(buffer->inode);
	ssize_t done = 0;
	int err = 0;

	/* The position is as given: O_APPEND is ignored, as by block devices. */
	if (iocb->ki_pos >= size)
		return -ENOSPC;
	iov_iter_truncate(from, size - iocb->ki_pos);

	while (iov_iter_count(from) && !err) {
		size_t copied = 0;

		err = mmapdemo_device_copy_in(buffer, iocb->ki_pos, iov_iter_count(from), from,
					      &copied);
		iocb->ki_pos += copied;
		done += copied;
		cond_resched();
	}
	return done ? done : err;
}

/* As far as the fault lab has one answer for, which is all where it has no rules. */
static ssize_t mmapdemo_device_write_some(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	size_t count = iov_iter_count(from), bytes = count;
	ssize_t ret = 0;

	if (iocb->ki_pos < i_size_read(buffer->inode))
		ret = mmapdemo_faultlab_access(buffer, iocb->ki_pos, &bytes);
	if (!ret)
		ret = mmapdemo_buffer_lock(buffer);
	if (ret)
		return ret;
	iov_iter_truncate(from, bytes);
	ret = mmapdemo_device_write_locked(iocb, from);
	mmapdemo_buffer_unlock(buffer);
	iov_iter_reexpand(from, count - max_t(ssize_t, ret, 0));
	return ret;
}

static ssize_t mmapdemo_device_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t done = 0, ret = 0;

	while (iov_iter_count(from) && ret >= 0) {
		ret = mmapdemo_device_write_some(iocb, from);
		done += max_t(ssize_t, ret, 0);
	}
	return done ? done : ret;
}

/*
 * Pages go to the pipe by reference. filemap_splice_read() would have a missing
 * one read from a disk we do not have, so there must be none: made first, and
 * kept there by the inode's lock.
 */
static ssize_t mmapdemo_device_splice_read(struct file *file, loff_t *ppos,
					   struct pipe_inode_info *pipe, size_t len,
					   unsigned int flags)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	ssize_t ret;

	len = min_t(size_t, len, (size_t)pipe->max_usage << PAGE_SHIFT);
	if (len && *ppos < i_size_read(buffer->inode)) {
		ret = mmapdemo_faultlab_access(buffer, *ppos, &len);
		if (ret)
			return ret;
	}
	ret = mmapdemo_buffer_lock_shared(buffer);
	if (ret)
		return ret;
	ret = mmapdemo_buffer_populate(buffer, *ppos, len);
	if (!ret)
		ret = filemap_splice_read(file, ppos, pipe, len, flags);
	mmapdemo_buffer_unlock_shared(buffer);
	return ret;
}

static const struct file_operations mmapdemo_fops = {
	.owner			= THIS_MODULE,
	.open			= mmapdemo_device_open,
	.release		= mmapdemo_device_release,
	.llseek			= mmapdemo_device_llseek,
	.read_iter		= mmapdemo_device_read_iter,
	.write_iter		= mmapdemo_device_write_iter,
	.splice_read		= mmapdemo_device_splice_read,
	.splice_write		= iter_file_splice_write,
	.poll			= mmapdemo_notify_poll,
	.unlocked_ioctl		= mmapdemo_control_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	/* Nothing lies behind the memory; without it msync(MS_SYNC) were EINVAL. */
	.fsync			= noop_fsync,
	.get_unmapped_area	= thp_get_unmapped_area,
	MMAPDEMO_FOPS_MMAP,
};

int __init mmapdemo_device_init(struct mmapdemo_buffer *buffer, umode_t mode)
{
	buffer->misc = (struct miscdevice) {
		.minor	= MISC_DYNAMIC_MINOR,
		.name	= buffer->name,
		.fops	= &mmapdemo_fops,
		.mode	= mode,
		.groups	= mmapdemo_sysfs_groups,
	};
	return misc_register(&buffer->misc);
}

void mmapdemo_device_exit(struct mmapdemo_buffer *buffer)
{
	misc_deregister(&buffer->misc);
}
