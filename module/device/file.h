/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_FILE_H
#define MMAPDEMO_FILE_H

#include <linux/fs.h>
#include <linux/poll.h>

#include "core/buffer.h"

struct iov_iter;

/* Whether the buffer is one of CREATE, which is a regular file and has no node. */
static inline bool mmapdemo_file_is(const struct mmapdemo_buffer *buffer)
{
	return buffer->owner;
}

struct file *mmapdemo_file_new(struct mmapdemo_buffer *device, const char *name, loff_t bytes,
			       const struct file_operations *fops);

/* For struct file_operations. */
int mmapdemo_file_open(struct inode *inode, struct file *file);
int mmapdemo_file_release(struct inode *inode, struct file *file);
ssize_t mmapdemo_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
long mmapdemo_file_fallocate(struct file *file, int mode, loff_t pos, loff_t len);
__poll_t mmapdemo_file_poll(struct file *file, poll_table *wait);

#endif
