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
#include <linux/splice.h>
#include <linux/uio.h>

#include "buffer.h"
#include "device.h"
#include "mapping.h"

static int mmapdemo_device_open(struct inode *inode, struct file *file)
{
	struct mmapdemo_buffer *buffer =
		container_of(file->private_data, struct mmapdemo_buffer, misc);

	/* From here on the file is one of the private inode, as a block device's is. */
	file->f_mapping = buffer->inode->i_mapping;
	file->f_wb_err = filemap_sample_wb_err(file->f_mapping);
	atomic_inc(&buffer->opens);
	return 0;
}

static int mmapdemo_device_release(struct inode *inode, struct file *file)
{
	atomic_dec(&mmapdemo_buffer_of(file)->opens);
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

/* Holes read as zeros and stay holes. */
static ssize_t mmapdemo_device_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	loff_t pos = iocb->ki_pos;
	ssize_t done = 0;

	while (iov_iter_count(to)) {
		loff_t left = i_size_read(mapping->host) - pos;
		size_t offset, bytes, copied;
		struct folio *folio;

		if (left <= 0)
			break;
		folio = filemap_get_folio(mapping, pos >> PAGE_SHIFT);
		if (IS_ERR_OR_NULL(folio)) {
			bytes = min3((loff_t)iov_iter_count(to), left,
				     (loff_t)(PAGE_SIZE - offset_in_page(pos)));
			copied = iov_iter_zero(bytes, to);
		} else {
			offset = offset_in_folio(folio, pos);
			bytes = min3((loff_t)iov_iter_count(to), left,
				     (loff_t)(folio_size(folio) - offset));
			if (mapping_writably_mapped(mapping))
				flush_dcache_folio(folio);
			copied = copy_folio_to_iter(folio, offset, bytes, to);
			folio_put(folio);
		}
		pos += copied;
		done += copied;
		if (copied < bytes) {
			if (!done)
				done = -EFAULT;
			break;
		}
		cond_resched();
	}
	iocb->ki_pos = pos;
	return done;
}

/*
 * The folio is not locked while user memory is copied into it: that memory may
 * be a mapping of this very folio, and its fault takes the folio's lock. The
 * inode's lock, which no fault takes, keeps the folio in the buffer.
 */
static ssize_t mmapdemo_device_write_locked(struct kiocb *iocb, struct iov_iter *from)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(iocb->ki_filp);
	struct address_space *mapping = buffer->inode->i_mapping;
	loff_t size = i_size_read(buffer->inode);
	loff_t pos = iocb->ki_pos; /* O_APPEND is ignored, as by block devices */
	ssize_t done = 0;

	if (!iov_iter_count(from))
		return 0;
	if (pos >= size)
		return -ENOSPC;
	iov_iter_truncate(from, size - pos);

	while (iov_iter_count(from)) {
		size_t offset, bytes, copied;
		struct folio *folio;

		filemap_invalidate_lock_shared(mapping);
		folio = mmapdemo_buffer_get_folio(buffer, pos >> PAGE_SHIFT);
		filemap_invalidate_unlock_shared(mapping);
		if (IS_ERR(folio)) {
			if (!done)
				done = PTR_ERR(folio);
			break;
		}
		offset = offset_in_folio(folio, pos);
		bytes = min(iov_iter_count(from), folio_size(folio) - offset);
		copied = copy_page_from_iter(folio_page(folio, 0), offset, bytes, from);
		flush_dcache_folio(folio);
		folio_put(folio);
		pos += copied;
		done += copied;
		if (copied < bytes) {
			if (!done)
				done = -EFAULT;
			break;
		}
		cond_resched();
	}
	iocb->ki_pos = pos;
	return done;
}

static ssize_t mmapdemo_device_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	ssize_t ret;

	inode_lock(inode);
	ret = mmapdemo_device_write_locked(iocb, from);
	inode_unlock(inode);
	return ret;
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
	inode_lock_shared(buffer->inode);
	ret = mmapdemo_buffer_populate(buffer, *ppos, len);
	if (!ret)
		ret = filemap_splice_read(file, ppos, pipe, len, flags);
	inode_unlock_shared(buffer->inode);
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
	};
	return misc_register(&buffer->misc);
}

void mmapdemo_device_exit(struct mmapdemo_buffer *buffer)
{
	misc_deregister(&buffer->misc);
}
