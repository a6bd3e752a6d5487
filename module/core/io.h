/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_IO_H
#define MMAPDEMO_IO_H

#include <linux/types.h>

struct iov_iter;
struct kiocb;

ssize_t mmapdemo_io_write_locked(struct kiocb *iocb, struct iov_iter *from);
ssize_t mmapdemo_io_append_locked(struct kiocb *iocb, struct iov_iter *from);

#endif
