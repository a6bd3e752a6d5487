/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_IO_H
#define MMAPDEMO_IO_H

#include <linux/fs.h>

struct mmapdemo_buffer;

int mmapdemo_io_attach(struct file *file, struct mmapdemo_buffer *buffer);
void mmapdemo_io_detach(struct file *file);

/* For struct file_operations. */
loff_t mmapdemo_io_llseek(struct file *file, loff_t offset, int whence);
ssize_t mmapdemo_io_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t mmapdemo_io_write_iter(struct kiocb *iocb, struct iov_iter *from);

#endif
