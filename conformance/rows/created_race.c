// SPDX-License-Identifier: GPL-2.0-only
/* C9: several processes use a created buffer at once, as they use a memfd. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/created.h"
#include "support/memory.h"
#include "support/patience.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/system.h"
#include "support/target.h"

#define PUNCH  (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)
#define RECORD 72 /* bytes, so that many cross pages */
#define EACH   300

static void append(int fd, char letter)
{
	char record[RECORD];
	int own = reopen(fd, O_WRONLY | O_APPEND);

	ck_assert_int_ge(own, 0);
	memset(record, letter, RECORD);
	for (int i = 0; i < EACH; i++)
		ck_assert_int_eq(write(own, record, RECORD), RECORD);
}

/* Each record is whole, and never seen before its bytes are. */
static size_t check_records(int fd)
{
	static char bytes[2 * EACH * RECORD];
	ssize_t got = pread(fd, bytes, sizeof(bytes), 0);

	ck_assert_int_ge(got, 0);
	for (ssize_t i = 0; i < got; i++) {
		char first = bytes[i - i % RECORD];

		ck_assert_msg(bytes[i] == first && (first == 'a' || first == 'b'),
			      "byte %zd of %zd is %#x", i, got, bytes[i]);
	}
	return got;
}

ROW_EACH(C9, appenders,
	 "two processes that append do not mix records, and a reader sees no byte too early",
	 makers)
{
	int fd = make_file(&makers[_i], 0);
	struct peer one, other;

	if (fork_child(&one)) {
		append(fd, 'a');
		child_done();
	}
	if (fork_child(&other)) {
		append(fd, 'b');
		child_done();
	}
	while (check_records(fd) < 2 * EACH * RECORD)
		;
	await_exit(&one);
	await_exit(&other);
	ck_assert_int_eq(size_of(fd), 2 * EACH * RECORD);
}

#define SIZE 600 /* pages: more than a huge page has */

/* All calls that change the size or free pages, until the time is over. */
static void reshape(int fd, double end)
{
	for (unsigned int i = 1; seconds_now() < end; i++) {
		off_t at = (i * 7919) % pages(SIZE);
		int error = 0;

		switch (i % 5) {
		case 0:
			error = ftruncate(fd, at) ? errno : 0;
			break;
		case 1:
			error = fallocate(fd, PUNCH, at, pages(3) + 5) ? errno : 0;
			break;
		case 2:
			error = fallocate(fd, FALLOC_FL_KEEP_SIZE, at, pages(2)) ? errno : 0;
			break;
		case 3:
			error = ftruncate(fd, pages(SIZE)) ? errno : 0;
			break;
		case 4:
			error = fallocate(fd, 0, at, pages(5)) ? errno : 0;
			break;
		}
		/* A page that is being written may be pinned for a moment. */
		ck_assert_msg(!error || error == EBUSY, "step %u: %s", i, strerror(error));
	}
}

/* Zeros, or what a store or write put there; SIGBUS where the end is before. */
static void store(int fd, double end)
{
	unsigned char *map = map_file(fd, pages(SIZE), RW, MAP_SHARED);

	for (unsigned int i = 1; seconds_now() < end; i++) {
		size_t at = (i * 104729) % pages(SIZE);
		struct access got = i % 2 ? try_read(map + at) : try_write(map + at, 'r');

		if (got.signo)
			ck_assert_int_eq(got.signo, SIGBUS);
		else if (i % 2)
			ck_assert_msg(!got.value || got.value == 'r', "byte %zu is %#lx", at,
				      got.value);
	}
}

static void write_around(int fd, double end)
{
	static char bytes[3 * 4096];

	memset(bytes, 'r', sizeof(bytes));
	for (unsigned int i = 1; seconds_now() < end; i++) {
		off_t at = (i * 15485863ULL) % pages(SIZE);

		ck_assert_int_eq(pwrite(fd, bytes, sizeof(bytes), at), sizeof(bytes));
	}
}

ROW_EACH(C9, race,
	 "processes change size, holes and contents at once, and each byte read was once stored",
	 makers)
{
	int fd = make_file(&makers[_i], pages(SIZE));
	double end = seconds_now() + 2;
	struct peer peers[3];
	void (*const tasks[])(int, double) = {reshape, store, write_around};

	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++) {
		if (fork_child(&peers[i])) {
			tasks[i](fd, end);
			child_done();
		}
	}
	reshape(fd, end);
	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++)
		await_exit(&peers[i]);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(allocated(fd), 0);
}

ROW(C9, broken, "a memory error loses one page, which a hole or a smaller size heals")
{
	int fd;
	unsigned char *map;
	char byte;

	needs_system();
	fd = make_file(&makers[0], pages(8));
	map = map_file(fd, pages(8), RW, MAP_SHARED);
	memset(map, 'b', pages(8));
	assert_done(break_page(map + pages(2)));
	assert_broken(try_read(map + pages(2)), map + pages(2));
	ck_assert_int_eq(pread(fd, &byte, 1, pages(2)), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(map[pages(3)], 'b');
	/* The new end would have to zero a part of it. */
	ck_assert_int_eq(ftruncate(fd, pages(2) + 1), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(size_of(fd), pages(8));
	ck_assert_int_eq(fallocate(fd, PUNCH, pages(2), pages(1)), 0);
	ck_assert_int_eq(pread(fd, &byte, 1, pages(2)), 1);
	ck_assert_int_eq(byte, 0);
}

ROW_EACH(C9, readable, "FIONREAD returns the number of bytes behind the position", makers)
{
	int fd = make_file(&makers[_i], 100), left = 0;

	ck_assert_int_eq(lseek(fd, 30, SEEK_SET), 30);
	ck_assert_int_eq(ioctl(fd, FIONREAD, &left), 0);
	ck_assert_int_eq(left, 70);
}
