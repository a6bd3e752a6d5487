// SPDX-License-Identifier: GPL-2.0-only
/* Operations that read and write. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guard.h"
#include "newer.h"
#include "ops.h"
#include "result.h"

static unsigned char bytes[16 * 4096 + 64];

static void fill(unsigned char value)
{
	memset(bytes, value, sizeof(bytes));
}

/* arg is the distance from the range in bytes, and the length in bytes. */
void op_pread(struct world *w, const long *arg)
{
	off_t offset = world_offset(w) + arg[0];
	ssize_t got;

	fill(0xee);
	got = pread(w->fd, bytes, arg[1], offset);
	if (say_ret("ret", got))
		say_bytes("bytes", bytes, got, -1);
}

void op_pwrite(struct world *w, const long *arg)
{
	fill(0x31);
	say_ret("ret", pwrite(w->fd, bytes, arg[1], world_offset(w) + arg[0]));
}

/* arg[0] is an offset in the object, not in the range. */
void op_pread_at(struct world *w, const long *arg)
{
	say_ret("ret", pread(w->fd, bytes, arg[1], arg[0]));
}

void op_pwrite_at(struct world *w, const long *arg)
{
	fill(0x32);
	say_ret("ret", pwrite(w->fd, bytes, arg[1], arg[0]));
}

/* The call uses the position and moves it. */
void op_read(struct world *w, const long *arg)
{
	say_ret("lseek", lseek(w->fd, world_offset(w), SEEK_SET));
	fill(0x33);
	if (arg[1])
		say_ret("ret", write(w->fd, bytes, arg[0]));
	else
		say_ret("ret", read(w->fd, bytes, arg[0]));
}

/* The second of three parts is empty. arg is the flags, 1 to write, and the page of the range. */
void op_vectors(struct world *w, const long *arg)
{
	struct iovec parts[3] = {{bytes, 100}, {NULL, 0}, {bytes + 200, page_size}};
	off_t offset = world_offset(w) + arg[2] * page_size;
	ssize_t got;

	fill(0x34);
	if (arg[1])
		got = pwritev2(w->fd, parts, 3, offset, arg[0]);
	else
		got = preadv2(w->fd, parts, 3, offset, arg[0]);
	if (say_ret("ret", got))
		say_bytes("bytes", bytes, got + 100, -1);
}

/* An offset of -1 makes the call use the position. */
void op_vectors_position(struct world *w, const long *arg)
{
	struct iovec part = {bytes, page_size};

	fill(0x35);
	lseek(w->fd, world_offset(w), SEEK_SET);
	if (arg[1])
		say_ret("ret", pwritev2(w->fd, &part, 1, -1, arg[0]));
	else
		say_ret("ret", preadv2(w->fd, &part, 1, -1, arg[0]));
}

/* All of the program's memory is inaccessible, or the second half of it if arg[1] is set. */
void op_bad_memory(struct world *w, const long *arg)
{
	unsigned char *bad = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *from = arg[1] ? bad + page_size / 2 : bad + page_size;

	memset(bad, 0x36, page_size);
	mprotect(bad + page_size, page_size, PROT_NONE);
	if (arg[0])
		say_ret("ret", pwrite(w->fd, from, page_size, world_offset(w)));
	else
		say_ret("ret", pread(w->fd, from, page_size, world_offset(w)));
	munmap(bad, 2 * page_size);
}

/* The program's memory is a mapping of the object: of the same page, or of page arg[1]. */
void op_own_memory(struct world *w, const long *arg)
{
	unsigned char *at = world_at(w) + arg[1] * page_size;

	if (arg[2])
		madvise(world_at(w), world_bytes(w), MADV_DONTNEED);
	if (arg[0])
		say_ret("ret", pwrite(w->fd, at, page_size, world_offset(w)));
	else
		say_ret("ret", pread(w->fd, at, page_size, world_offset(w)));
}

/* Another descriptor is opened with the flags in arg[0]. */
void op_open(struct world *w, const long *arg)
{
	int fd = open(w->path, arg[0] | O_CLOEXEC);
	ssize_t got;

	if (!say_done("open", fd >= 0))
		return;
	say("flags", "%#x", fcntl(fd, F_GETFL) & ~O_LARGEFILE);
	fill(0x37);
	got = pread(fd, bytes + 1, page_size, world_offset(w));
	if (say_ret("pread", got))
		say_bytes("bytes", bytes + 1, got, world_offset(w));
	fill(0x37);
	say_ret("pwrite", pwrite(fd, bytes, page_size, world_offset(w)));
	say_ret("write", write(fd, bytes, 10));
	say_ret("end", lseek(fd, 0, SEEK_CUR));
	close(fd);
}

void op_set_flags(struct world *w, const long *arg)
{
	say_ret("set", fcntl(w->fd, F_SETFL, arg[0]));
	say("flags", "%#x", fcntl(w->fd, F_GETFL) & ~O_LARGEFILE);
	fill(0x38);
	say_ret("pread", pread(w->fd, bytes, page_size, world_offset(w)));
	say_ret("odd", pread(w->fd, bytes + 1, 3, world_offset(w) + 5));
	say_ret("pwrite", pwrite(w->fd, bytes, page_size, world_offset(w)));
}

void op_lseek(struct world *w, const long *arg)
{
	lseek(w->fd, 100, SEEK_SET);
	say_ret("ret", lseek(w->fd, arg[0], arg[1]));
	say_ret("then", lseek(w->fd, 0, SEEK_CUR));
}

/* Seeks from the range on, before and after PUNCH. */
void op_lseek_range(struct world *w, const long *arg)
{
	say_ret("ret", lseek(w->fd, world_offset(w) + arg[1], arg[0]));
	object_punch(w, world_offset(w), world_bytes(w));
	say_ret("punched", lseek(w->fd, world_offset(w) + arg[1], arg[0]));
}

/* These calls change nothing. */
void op_stat(struct world *w, const long *arg)
{
	struct stat stat;
	int left = -1;

	(void)arg;
	say_ret("fstat", fstat(w->fd, &stat));
	say("block", "%ld", (long)stat.st_blksize);
	say("links", "%d", stat.st_nlink > 0);
	say("size", "%ld", (long)stat.st_size);
	say_ret("FIONREAD", ioctl(w->fd, FIONREAD, &left));
	say("left", "%d", left);
	say_ret("unknown", ioctl(w->fd, 0x1234, &left));
}
