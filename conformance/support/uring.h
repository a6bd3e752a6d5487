/* SPDX-License-Identifier: GPL-2.0-only */
/* io_uring, where the kernel has it. Here alone, as 32-bit builds of the rows lack liburing. */
#ifndef SUPPORT_URING_H
#define SUPPORT_URING_H

#include <errno.h>
#include <liburing.h>
#include <string.h>

#include "support/row.h"

static inline void start_ring(struct io_uring *ring)
{
	int error = -io_uring_queue_init(4, ring, 0);

	if (error == ENOSYS || error == EPERM)
		row_not_applicable("io_uring is not to be had: %s", strerror(error));
	ck_assert_msg(!error, "io_uring_queue_init: %s", strerror(error));
}

/* Submits the prepared entry; returns its result as the system call in the kernel would. */
static inline ssize_t run_ring(struct io_uring *ring)
{
	struct io_uring_cqe *done;
	ssize_t result;

	ck_assert_int_eq(io_uring_submit(ring), 1);
	ck_assert_int_eq(io_uring_wait_cqe(ring, &done), 0);
	result = done->res;
	io_uring_cqe_seen(ring, done);
	return result;
}

/* A transfer by a ring of its own; flags are those of preadv2(). */
static inline ssize_t uring_transfer(int fd, void *bytes, size_t len, off_t off, bool write,
				     int flags)
{
	struct io_uring_sqe *entry;
	struct io_uring ring;
	ssize_t result;

	start_ring(&ring);
	entry = io_uring_get_sqe(&ring);
	if (write)
		io_uring_prep_write(entry, fd, bytes, len, off);
	else
		io_uring_prep_read(entry, fd, bytes, len, off);
	entry->rw_flags = flags;
	result = run_ring(&ring);
	io_uring_queue_exit(&ring);
	return result;
}

#endif
