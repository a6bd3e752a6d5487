// SPDX-License-Identifier: GPL-2.0-only
/* M8: splice, sendfile and copy_file_range, from the target and to it. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"

/* All bytes, which may come in parts, are the target's from this offset on. */
static void assert_read(int fd, size_t len, off_t off, int seed)
{
	unsigned char *buffer = malloc(len);
	size_t done = 0;

	ck_assert_ptr_nonnull(buffer);
	while (done < len) {
		ssize_t got = read(fd, buffer + done, len - done);

		ck_assert_msg(got > 0, "read is %zd after %zu of %zu bytes: %m", got, done, len);
		done += got;
	}
	assert_memory(buffer, len, off, seed);
	free(buffer);
}

static void assert_write(int fd, size_t len, off_t off, int seed)
{
	unsigned char *buffer = malloc(len);

	ck_assert_ptr_nonnull(buffer);
	pattern_fill(buffer, len, off, seed);
	ck_assert_int_eq(write(fd, buffer, len), len);
	free(buffer);
}

static void assert_empty(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	ck_assert_int_eq(poll(&poll_fd, 1, 0), 0);
}

static const struct range {
	const char *name;
	int page, byte; /* page: negative from the end */
	size_t len;
} ranges[] = {
	{"first-byte", 0, 0, 1},
	{"inside-a-page", 2, 101, 300},
	{"page-crossing", 3, -5, 1200},
	{"last-bytes", 0, -7, 7},
};

static off_t range_off(const struct range *range)
{
	off_t off = (off_t)range->page * target.page + range->byte;

	return off < 0 ? target.size + off : off;
}

ROW_EACH(M8, splice_out, "splice moves the target's bytes into a pipe", ranges)
{
	off_t start = range_off(&ranges[_i]), off = start;
	size_t len = ranges[_i].len, done = 0;
	int fd = target_open(O_RDONLY);
	int ends[2];

	needs_read();
	ck_assert_int_eq(pipe(ends), 0);
	while (done < len) {
		ssize_t moved = splice(fd, &off, ends[1], NULL, len - done, 0);

		ck_assert_msg(moved > 0, "splice is %zd: %m", moved);
		done += moved;
	}
	ck_assert_int_eq(off, start + len);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 0);
	assert_read(ends[0], len, start, ORIGINAL);
	assert_empty(ends[0]);
}

ROW(M8, splice_out_at_position, "splice without an offset moves the position")
{
	int fd = target_open(O_RDONLY);
	int ends[2];

	needs_read();
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(lseek(fd, 10, SEEK_SET), 10);
	ck_assert_int_eq(splice(fd, NULL, ends[1], NULL, 20, 0), 20);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 30);
	assert_read(ends[0], 20, 10, ORIGINAL);
}

ROW(M8, splice_out_at_end, "splice over the end is short, and at the end 0")
{
	off_t off = target.size - 5;
	int fd = target_open(O_RDONLY);
	int ends[2];

	needs_read();
	needs_end();
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(splice(fd, &off, ends[1], NULL, pages(1), 0), 5);
	ck_assert_int_eq(off, target.size);
	ck_assert_int_eq(splice(fd, &off, ends[1], NULL, pages(1), 0), 0);
	off = target.size + pages(3);
	ck_assert_int_eq(splice(fd, &off, ends[1], NULL, pages(1), 0), 0);
	assert_read(ends[0], 5, target.size - 5, ORIGINAL);
	assert_empty(ends[0]);
}

ROW_EACH(M8, splice_in, "splice moves a pipe's bytes into the target", ranges)
{
	off_t start = range_off(&ranges[_i]), off = start;
	unsigned char *map = target_map_ro(1, MAP_SHARED, start / target.page * target.page);
	size_t len = ranges[_i].len;
	int fd = target_open(O_WRONLY);
	int ends[2];

	needs_write();
	ck_assert_int_eq(pipe(ends), 0);
	assert_write(ends[1], len, start, 1);
	ck_assert_int_eq(splice(ends[0], NULL, fd, &off, len, 0), len);
	ck_assert_int_eq(off, start + len);
	assert_target(start, len, 1);
	ck_assert_uint_eq(map[start % target.page], pattern_byte(start, 1));
	if (start)
		assert_target(start - 1, 1, ORIGINAL);
	if (start + (off_t)len < target.size)
		assert_target(start + len, 1, ORIGINAL);
	assert_empty(ends[0]);
}

ROW(M8, splice_in_at_end, "splice into the target is short over the end, and past it ENOSPC")
{
	off_t off = target.size - 5;
	int fd, ends[2];

	needs_fixed_size();
	needs_write();
	fd = target_open(O_WRONLY);
	ck_assert_int_eq(pipe(ends), 0);
	assert_write(ends[1], 100, off, 1);
	ck_assert_int_eq(splice(ends[0], NULL, fd, &off, 100, 0), 5);
	ck_assert_int_eq(off, target.size);
	ck_assert_int_eq(splice(ends[0], NULL, fd, &off, 95, 0), -1);
	ck_assert_int_eq(errno, ENOSPC);
	assert_target(target.size - 5, 5, 1);
	assert_read(ends[0], 95, target.size, 1); /* nothing of the rest was lost */
}

static const char *const sinks[] = {"memfd", "pipe", "socket"};

/* A descriptor to write to, and one to read the same bytes from. */
static void open_sink(int kind, int ends[2])
{
	switch (kind) {
	case 0:
		ends[0] = memfd_create("sink", 0);
		ck_assert_int_ge(ends[0], 0);
		ends[1] = dup(ends[0]);
		break;
	case 1:
		ck_assert_int_eq(pipe(ends), 0);
		break;
	case 2:
		ck_assert_msg(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair: %m");
		break;
	}
}

ROW_EACH(M8, sendfile_from, "sendfile from the target", sinks)
{
	off_t start = pages(1) - 100, off = start;
	size_t len = pages(2) + 200, done = 0;
	int fd = target_open(O_RDONLY);
	int ends[2] = {-1, -1};

	needs_read();
	open_sink(_i, ends);
	while (done < len) {
		ssize_t sent = sendfile(ends[1], fd, &off, len - done);

		ck_assert_msg(sent > 0, "sendfile is %zd: %m", sent);
		done += sent;
		ck_assert_int_eq(off, start + done);
	}
	if (_i == 0)
		ck_assert_int_eq(lseek(ends[0], 0, SEEK_SET), 0);
	assert_read(ends[0], len, start, ORIGINAL);
	off = target.size;
	ck_assert_int_eq(sendfile(ends[1], fd, &off, 1), 0);
}

ROW(M8, sendfile_to, "sendfile to the target, at its position")
{
	off_t off = 0, start = pages(1) - 100;
	size_t len = pages(2) + 200;
	int fd = target_open(O_WRONLY);
	int source = memfd_create("source", 0);

	needs_write();
	ck_assert_int_ge(source, 0);
	assert_write(source, len, start, 1);
	ck_assert_int_eq(lseek(fd, start, SEEK_SET), start);
	ck_assert_int_eq(sendfile(fd, source, &off, len), len);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), start + len);
	assert_target(start, len, 1);
	assert_target(0, start, ORIGINAL);
	assert_target(start + len, 1, ORIGINAL);
}

ROW(M8, sendfile_to_itself, "sendfile from one part of the target to another")
{
	off_t off = pages(1);
	int from = target_open(O_RDONLY);
	int to = target_open(O_WRONLY);
	unsigned char *view = target_map_ro(TEST_PAGES, MAP_SHARED, 0);

	needs_read();
	needs_write();
	ck_assert_int_eq(lseek(to, pages(8), SEEK_SET), pages(8));
	ck_assert_int_eq(sendfile(to, from, &off, pages(2)), pages(2));
	assert_memory(view + pages(8), pages(2), pages(1), ORIGINAL);
	assert_memory(view + pages(1), pages(2), pages(1), ORIGINAL);
}

ROW(M8, spliced_pages_are_held, "bytes in a pipe outlive the mapping and the descriptor")
{
	int fd = target_open(O_RDONLY);
	unsigned char *map = target_map_rw(1, MAP_SHARED, pages(1));
	off_t off = pages(1);
	int ends[2];

	needs_read();
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(splice(fd, &off, ends[1], NULL, pages(1), 0), pages(1));
	unmap(map, pages(1));
	close(fd);
	assert_read(ends[0], pages(1), pages(1), ORIGINAL);
}

static const char *const directions[] = {"from", "to", "within"};

ROW_EACH(M8, copy_file_range_refused,
	 "copy_file_range is EINVAL, as for devices, and changes nothing", directions)
{
	off_t from_off = 0, to_off = pages(4);
	int device, file;

	if (target.kind != TARGET_DEVICE)
		row_not_applicable("files are what copy_file_range is for");
	device = target_open(O_RDWR);
	file = memfd_create("file", 0);
	ck_assert_int_ge(file, 0);
	assert_write(file, pages(1), 0, 1);

	ck_assert_int_eq(copy_file_range(_i == 1 ? file : device, &from_off,
					 _i == 0 ? file : device, &to_off, 10, 0),
			 -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(from_off, 0);
	ck_assert_int_eq(to_off, pages(4));
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
	ck_assert_int_eq(lseek(file, 0, SEEK_END), pages(1));
}
