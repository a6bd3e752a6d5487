// SPDX-License-Identifier: GPL-2.0-only
/* C9: a created buffer is read, written and copied as a memfd is. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/created.h"
#include "support/physics.h"
#include "support/system.h"
#include "support/target.h"

ROW_EACH(C9, write_extends, "a write past the end moves the end, and the gap before it is zero",
	 makers)
{
	int fd = make_file(&makers[_i], 10);
	char bytes[32];

	ck_assert_int_eq(pwrite(fd, "abcdefghij", 10, 0), 10);
	ck_assert_int_eq(pwrite(fd, "end", 3, 20), 3);
	ck_assert_int_eq(size_of(fd), 23);
	ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), 0), 23);
	ck_assert_int_eq(memcmp(bytes, "abcdefghij\0\0\0\0\0\0\0\0\0\0end", 23), 0);

	/* Pages in between are holes. */
	ck_assert_int_eq(pwrite(fd, "far", 3, pages(100) - 1), 3);
	ck_assert_int_eq(size_of(fd), pages(100) + 2);
	ck_assert_int_eq(allocated(fd), pages(3));
}

ROW_EACH(C9, long_write, "a long write that begins before the end and ends past it is complete",
	 makers)
{
	size_t len = pages(50) + 77;
	unsigned char *bytes = malloc(len), *map;
	int fd = make_file(&makers[_i], 1000);

	pattern_fill(bytes, len, 500, 3);
	ck_assert_int_eq(pwrite(fd, bytes, len, 500), len);
	ck_assert_int_eq(size_of(fd), 500 + len);
	map = map_file(fd, 500 + len, PROT_READ, MAP_SHARED);
	assert_zero(map, 500);
	assert_memory(map + 500, len, 500, 3);
}

ROW_EACH(C9, append, "O_APPEND, set by fcntl or open, writes at the current end", makers)
{
	int fd = make_file(&makers[_i], 0);
	char bytes[8] = "";
	int other;

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_APPEND), 0);
	ck_assert_int_eq(pwrite(fd, "ab", 2, 0), 2);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(write(fd, "cd", 2), 2);
	other = reopen(fd, O_WRONLY | O_APPEND);
	ck_assert_int_ge(other, 0);
	ck_assert_int_eq(write(other, "ef", 2), 2);
	ck_assert_int_eq(size_of(fd), 6);
	ck_assert_int_eq(pread(fd, bytes, 8, 0), 6);
	ck_assert_str_eq(bytes, "abcdef");
}

/* The source of the write is good for so many bytes. */
ROW_EACH(C9, fault_in_a_write, "a write whose buffer ends early moves the end as far as it got",
	 makers)
{
	unsigned char *area = reserve(4);
	int fd = make_file(&makers[_i], 0);

	ck_assert_int_eq(mprotect(area, pages(2), RW), 0);
	memset(area, 'g', pages(2));
	ck_assert_int_eq(pwrite(fd, area + pages(2), 100, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(size_of(fd), 0);
	/* A memfd of 7.x has a page then. */
	if (makers[_i].created)
		ck_assert_int_eq(allocated(fd), 0);
	ck_assert_int_eq(pwrite(fd, area, pages(3), 0), pages(2));
	ck_assert_int_eq(size_of(fd), pages(2));
	if (makers[_i].created)
		ck_assert_int_eq(allocated(fd), pages(2));
}

/* The page fault on the source finds the end where the write has not moved it yet. */
ROW_EACH(C9, from_itself, "a write from the file's own mapping, past the end, ends", makers)
{
	int fd = make_file(&makers[_i], pages(1));
	unsigned char *map = map_file(fd, pages(3), RW, MAP_SHARED);

	memset(map, 'm', pages(1));
	ck_assert_int_eq(pwrite(fd, map, pages(1), pages(1)), pages(1));
	ck_assert_int_eq(pwrite(fd, map + pages(2), pages(1), pages(2)), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(size_of(fd), pages(2));
	ck_assert_int_eq(memcmp(map, map + pages(1), pages(1)), 0);
}

ROW_EACH(C9, vectors, "writev and readv work at its position, as for a file", makers)
{
	int fd = make_file(&makers[_i], 0);
	char one[3] = "", other[4] = "";
	const struct iovec out[] = {{(char[]){"12"}, 2}, {(char[]){"345"}, 3}};
	const struct iovec in[] = {{one, 2}, {other, 3}};

	ck_assert_int_eq(writev(fd, out, 2), 5);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 5);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(readv(fd, in, 2), 5);
	ck_assert_str_eq(other, "345");
}

static void fill_sparse(int fd)
{
	ck_assert_int_eq(pwrite(fd, "data", 4, pages(4)), 4);
	ck_assert_int_eq(ftruncate(fd, pages(8)), 0);
}

ROW_EACH(C9, seek, "SEEK_DATA and SEEK_HOLE find data and holes", makers)
{
	int fd = make_file(&makers[_i], 0);

	fill_sparse(fd);
	ck_assert_int_eq(lseek(fd, 0, SEEK_DATA), pages(4));
	ck_assert_int_eq(lseek(fd, 0, SEEK_HOLE), 0);
	ck_assert_int_eq(lseek(fd, pages(4) + 1, SEEK_HOLE), pages(5));
	ck_assert_int_eq(lseek(fd, pages(5), SEEK_DATA), -1);
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_int_eq(lseek(fd, pages(8), SEEK_HOLE), -1);
	ck_assert_int_eq(errno, ENXIO);
}

static void assert_copied(int fd)
{
	char bytes[8] = "";

	ck_assert_int_eq(size_of(fd), pages(8));
	ck_assert_int_eq(pread(fd, bytes, 5, pages(4)), 5);
	ck_assert_str_eq(bytes, "data");
}

ROW_EACH(C9, copy_file_range, "copy_file_range copies between two created buffers", makers)
{
	int from = make_file(&makers[_i], 0), to = make_file(&makers[_i], 0);
	size_t done = 0;

	fill_sparse(from);
	while (done < pages(8)) {
		ssize_t copied = copy_file_range(from, NULL, to, NULL, pages(8) - done, 0);

		ck_assert_msg(copied > 0, "copy_file_range: %zd, errno %d", copied, errno);
		done += copied;
	}
	assert_copied(to);
}

ROW_EACH(C9, sendfile, "sendfile copies one to another", makers)
{
	int from = make_file(&makers[_i], 0), to = make_file(&makers[_i], 0);
	size_t done = 0;

	fill_sparse(from);
	while (done < pages(8)) {
		ssize_t copied = sendfile(to, from, NULL, pages(8) - done);

		ck_assert_int_gt(copied, 0);
		done += copied;
	}
	assert_copied(to);
}

/* A page in a pipe, if it were the buffer's own, would change with it. */
ROW(C9, splice, "splice copies into and out of a pipe")
{
	int fd = make_file(&makers[0], pages(1)), ends[2];
	char bytes[8] = "";
	off_t off = 0;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(pwrite(fd, "before", 7, 0), 7);
	ck_assert_int_eq(splice(fd, &off, ends[1], NULL, 7, 0), 7);
	ck_assert_int_eq(pwrite(fd, "after!", 7, 0), 7);
	ck_assert_int_eq(read(ends[0], bytes, 7), 7);
	ck_assert_str_eq(bytes, "before");
	ck_assert_int_eq(write(ends[1], "piped", 6), 6);
	off = pages(2);
	ck_assert_int_eq(splice(ends[0], NULL, fd, &off, 6, 0), 6);
	ck_assert_int_eq(size_of(fd), pages(2) + 6);
	ck_assert_int_eq(pread(fd, bytes, 8, pages(2)), 6);
	ck_assert_str_eq(bytes, "piped");
}

ROW_EACH(C9, sync, "fsync, fdatasync and sync_file_range succeed", makers)
{
	int fd = make_file(&makers[_i], pages(1));

	ck_assert_int_eq(pwrite(fd, "s", 1, 0), 1);
	ck_assert_int_eq(fsync(fd), 0);
	ck_assert_int_eq(fdatasync(fd), 0);
	ck_assert_int_eq(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE), 0);
}

ROW_EACH(C9, poll, "poll reports at once that it is readable and writable", makers)
{
	struct pollfd polled = {.fd = make_file(&makers[_i], 0), .events = POLLIN | POLLOUT};

	ck_assert_int_eq(poll(&polled, 1, 0), 1);
	ck_assert_int_eq(polled.revents, POLLIN | POLLOUT);
}

ROW_EACH(C9, locks, "file locks work on it, whole and in part", makers)
{
	int fd = make_file(&makers[_i], pages(1)), other = reopen(fd, O_RDWR);
	struct flock part = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 5};

	ck_assert_int_ge(other, 0);
	ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &part), 0);
	ck_assert_int_eq(fcntl(other, F_OFD_SETLK, &part), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
