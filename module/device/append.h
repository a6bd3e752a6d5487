/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_APPEND_H
#define MMAPDEMO_APPEND_H

#include <linux/types.h>

struct iov_iter;
struct kiocb;

ssize_t mmapdemo_append(struct kiocb *iocb, struct iov_iter *from);

#endif
