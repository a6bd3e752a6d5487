// SPDX-License-Identifier: GPL-2.0-only
/* io_uring uses the object's descriptor, or the mapping as memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ops.h"
#include "result.h"

static unsigned char bytes[8 * 4096];

static bool open_ring(struct io_uring *ring)
{
	int ret = io_uring_queue_init(4, ring, 0);

	say("ring", "%s", ret ? errno_name(-ret) : "0");
	return !ret;
}

/* Submits the prepared entry and reports its result. */
static void finish(struct io_uring *ring)
{
	struct __kernel_timespec limit = {.tv_sec = 3};
	struct io_uring_cqe *cqe;
	int ret = io_uring_submit(ring);

	if (ret < 0) {
		say("submit", "%s", errno_name(-ret));
		return;
	}
	ret = io_uring_wait_cqe_timeout(ring, &cqe, &limit);
	if (ret) {
		say("wait", "%s", errno_name(-ret));
		return;
	}
	if (cqe->res < 0)
		say("res", "%s", errno_name(-cqe->res));
	else
		say("res", "%d", cqe->res);
	io_uring_cqe_seen(ring, cqe);
}

/* arg is 1 to write, RWF_ flags, and flags of the entry. RWF_ flags select the third page. */
void op_uring(struct world *w, const long *arg)
{
	off_t offset = world_offset(w) + (arg[1] ? 2 * page_size : 0);
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	if (!open_ring(&ring))
		return;
	memset(bytes, 0x61, sizeof(bytes));
	sqe = io_uring_get_sqe(&ring);
	if (arg[0])
		io_uring_prep_write(sqe, w->fd, bytes, 5000, offset);
	else
		io_uring_prep_read(sqe, w->fd, bytes, 5000, offset);
	sqe->rw_flags = arg[1];
	sqe->flags |= arg[2];
	finish(&ring);
	say_bytes("bytes", bytes, 5000, offset);
	io_uring_queue_exit(&ring);
}

/* Another file is read or written. The mapping is a registered buffer if arg[1] is set. */
void op_uring_memory(struct world *w, const long *arg)
{
	struct iovec memory = {world_at(w), world_bytes(w)};
	int fd = memfd_create("other", MFD_CLOEXEC);
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	int ret = 0;

	memset(bytes, 0x62, sizeof(bytes));
	if (fd < 0 || pwrite(fd, bytes, sizeof(bytes), 0) < 0 || !open_ring(&ring))
		return;
	if (arg[1]) {
		ret = io_uring_register_buffers(&ring, &memory, 1);
		say("register", "%s", ret ? errno_name(-ret) : "0");
	}
	sqe = io_uring_get_sqe(&ring);
	if (arg[0] && arg[1])
		io_uring_prep_write_fixed(sqe, fd, world_at(w), 5000, 0, 0);
	else if (arg[0])
		io_uring_prep_write(sqe, fd, world_at(w), 5000, 0);
	else if (arg[1])
		io_uring_prep_read_fixed(sqe, fd, world_at(w), 5000, 0, 0);
	else
		io_uring_prep_read(sqe, fd, world_at(w), 5000, 0);
	finish(&ring);
	if (arg[2])
		say_ret("punch", object_punch(w, world_offset(w), world_bytes(w)));
	say_file("other", fd, 2);
	io_uring_queue_exit(&ring);
	close(fd);
}

/* The descriptor is a registered file. */
void op_uring_file(struct world *w, const long *arg)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	int ret;

	if (!open_ring(&ring))
		return;
	ret = io_uring_register_files(&ring, &w->fd, 1);
	say("register", "%s", ret ? errno_name(-ret) : "0");
	memset(bytes, 0x63, sizeof(bytes));
	sqe = io_uring_get_sqe(&ring);
	if (arg[0])
		io_uring_prep_write(sqe, 0, bytes, 5000, world_offset(w));
	else
		io_uring_prep_read(sqe, 0, bytes, 5000, world_offset(w));
	sqe->flags |= IOSQE_FIXED_FILE;
	finish(&ring);
	say_bytes("bytes", bytes, 5000, world_offset(w));
	io_uring_queue_exit(&ring);
}

/* io_uring makes other calls, such as fsync(). */
void op_uring_call(struct world *w, const long *arg)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	int ends[2];

	if (!open_ring(&ring) || pipe2(ends, O_NONBLOCK))
		return;
	sqe = io_uring_get_sqe(&ring);
	switch (arg[0]) {
	case IORING_OP_FSYNC:
		io_uring_prep_fsync(sqe, w->fd, 0);
		break;
	case IORING_OP_FADVISE:
		io_uring_prep_fadvise(sqe, w->fd, world_offset(w), world_bytes(w), arg[1]);
		break;
	case IORING_OP_MADVISE:
		io_uring_prep_madvise(sqe, world_at(w), world_bytes(w), arg[1]);
		break;
	case IORING_OP_FALLOCATE:
		io_uring_prep_fallocate(sqe, w->fd, arg[1], world_offset(w), world_bytes(w));
		break;
	case IORING_OP_SPLICE:
		io_uring_prep_splice(sqe, w->fd, world_offset(w), ends[1], -1, page_size, 0);
		break;
	case IORING_OP_POLL_ADD:
		io_uring_prep_poll_add(sqe, w->fd, arg[1]);
		break;
	}
	finish(&ring);
	if (arg[0] == IORING_OP_SPLICE && read(ends[0], bytes, page_size) > 0)
		say_bytes("bytes", bytes, page_size, world_offset(w));
	io_uring_queue_exit(&ring);
	close(ends[0]);
	close(ends[1]);
}
