// SPDX-License-Identifier: GPL-2.0-only
/* The kernel moves data from one descriptor to another. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guard.h"
#include "ops.h"
#include "result.h"

static unsigned char bytes[16 * 4096];

static void drain(int fd, long offset)
{
	ssize_t got = read(fd, bytes, sizeof(bytes));

	if (say_ret("read", got))
		say_bytes("bytes", bytes, got, offset);
}

/* Opens a pipe that never blocks. */
static bool open_pipe(int ends[2])
{
	return say_done("pipe", !pipe2(ends, O_CLOEXEC | O_NONBLOCK));
}

static void close_pipe(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

/* Splices into a pipe. If arg[2] is set, the contents change before the pipe is read. */
void op_splice_out(struct world *w, const long *arg)
{
	off_t offset = world_offset(w) + arg[0];
	int ends[2];

	if (!open_pipe(ends))
		return;
	say_ret("ret", splice(w->fd, &offset, ends[1], NULL, arg[1], SPLICE_F_NONBLOCK));
	say("offset", "%ld", (long)offset);
	if (arg[2] == 1)
		guarded_store(world_at(w) + 40, 0x99);
	if (arg[2] == 2)
		say_ret("punch", object_punch(w, world_offset(w), world_bytes(w)));
	drain(ends[0], world_offset(w) + arg[0]);
	close_pipe(ends);
}

void op_splice_in(struct world *w, const long *arg)
{
	off_t offset = world_offset(w) + arg[0];
	int ends[2];

	if (!open_pipe(ends))
		return;
	memset(bytes, 0x41, arg[1]);
	say_ret("write", write(ends[1], bytes, arg[1]));
	say_ret("ret", splice(ends[0], NULL, w->fd, &offset, arg[1], SPLICE_F_NONBLOCK));
	say("offset", "%ld", (long)offset);
	drain(ends[0], -1);
	close_pipe(ends);
}

void op_tee(struct world *w, const long *arg)
{
	off_t offset = world_offset(w);
	int first[2], second[2];

	if (!open_pipe(first) || !open_pipe(second))
		return;
	say_ret("splice", splice(w->fd, &offset, first[1], NULL, arg[0], SPLICE_F_NONBLOCK));
	say_ret("tee", tee(first[0], second[1], arg[0], SPLICE_F_NONBLOCK));
	drain(second[0], world_offset(w));
	drain(first[0], world_offset(w));
	close_pipe(first);
	close_pipe(second);
}

/* The pipe holds the object's page by reference when it is written to another page. */
void op_splice_self(struct world *w, const long *arg)
{
	off_t from = world_offset(w), to = world_offset(w) + 2 * page_size;
	int ends[2];

	(void)arg;
	if (!open_pipe(ends))
		return;
	say_ret("out", splice(w->fd, &from, ends[1], NULL, page_size, SPLICE_F_NONBLOCK));
	say_ret("in",
		splice(ends[0], NULL, w->fd, &to, page_size, SPLICE_F_NONBLOCK | SPLICE_F_MOVE));
	close_pipe(ends);
}

/* If arg[2] is set, the program stores to the page before the pipe is read. */
void op_vmsplice(struct world *w, const long *arg)
{
	struct iovec part = {world_at(w), arg[1]};
	int ends[2];

	if (!open_pipe(ends))
		return;
	say_ret("ret", vmsplice(ends[1], &part, 1, arg[0] | SPLICE_F_NONBLOCK));
	if (arg[2]) {
		guarded_store(world_at(w) + 40, 0x98);
		say_signal("store", world_at(w));
	}
	drain(ends[0], world_offset(w));
	close_pipe(ends);
}

void op_vmsplice_in(struct world *w, const long *arg)
{
	struct iovec part = {world_at(w), arg[0]};
	int ends[2];

	if (!open_pipe(ends))
		return;
	memset(bytes, 0x42, arg[0]);
	say_ret("write", write(ends[1], bytes, arg[0]));
	say_ret("ret", vmsplice(ends[0], &part, 1, SPLICE_F_NONBLOCK));
	close_pipe(ends);
}

/* The target is a pipe, or a socket if arg[0] is set. */
void op_sendfile(struct world *w, const long *arg)
{
	off_t offset = world_offset(w) + arg[2];
	int ends[2] = {-1, -1};

	if (arg[0] == 0 ? pipe2(ends, O_NONBLOCK) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return;
	say_ret("ret", sendfile(ends[1], w->fd, &offset, arg[1]));
	say("offset", "%ld", (long)offset);
	if (arg[0])
		shutdown(ends[1], SHUT_WR);
	drain(ends[0], world_offset(w) + arg[2]);
	close_pipe(ends);
}

/* Sends from a memfd if arg[0] is set, and to it otherwise. */
void op_sendfile_memfd(struct world *w, const long *arg)
{
	int other = memfd_create("other", MFD_CLOEXEC);
	off_t offset = 0;

	memset(bytes, 0x43, 2 * page_size);
	if (other < 0 || pwrite(other, bytes, 2 * page_size, 0) < 0)
		return;
	lseek(w->fd, world_offset(w), SEEK_SET);
	if (arg[0])
		say_ret("ret", sendfile(w->fd, other, &offset, arg[1]));
	else
		say_ret("ret", sendfile(other, w->fd, NULL, arg[1]));
	say_file("other", other, 2);
	close(other);
}

/* Copies within the object (0), to a memfd (1), or from a memfd (2). */
void op_copy_file_range(struct world *w, const long *arg)
{
	off_t from = world_offset(w), to = world_offset(w) + 2 * page_size, zero = 0;
	int other = memfd_create("other", MFD_CLOEXEC);

	memset(bytes, 0x44, page_size);
	if (other < 0 || pwrite(other, bytes, page_size, 0) < 0)
		return;
	if (arg[0] == 0)
		say_ret("ret", copy_file_range(w->fd, &from, w->fd, &to, page_size, 0));
	else if (arg[0] == 1)
		say_ret("ret", copy_file_range(w->fd, &from, other, &zero, page_size, 0));
	else
		say_ret("ret", copy_file_range(other, &zero, w->fd, &to, page_size, 0));
	close(other);
}

/* The kernel copies between a pipe and the mapping. */
void op_pipe_memory(struct world *w, const long *arg)
{
	int ends[2];

	if (!open_pipe(ends))
		return;
	if (arg[0]) {
		memset(bytes, 0x45, arg[1]);
		say_ret("write", write(ends[1], bytes, arg[1]));
		say_ret("ret", read(ends[0], world_at(w), arg[1]));
	} else {
		say_ret("ret", write(ends[1], world_at(w), arg[1]));
		drain(ends[0], world_offset(w));
	}
	close_pipe(ends);
}
