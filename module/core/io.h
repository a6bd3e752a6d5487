/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_IO_H
#define MMAPDEMO_IO_H

#include <linux/types.h>

struct file;
struct iov_iter;
struct kiocb;

#ifdef MMAPDEMO_WITHOUT_IO
static inline bool mmapdemo_io_serves(const struct file *file)
{
	return false;
}
#else
bool mmapdemo_io_serves(const struct file *file);
#endif
ssize_t mmapdemo_io_write_locked(struct kiocb *iocb, struct iov_iter *from);

#endif
