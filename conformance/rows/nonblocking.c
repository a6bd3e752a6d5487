// SPDX-License-Identifier: GPL-2.0-only
/*
 * M18: a transfer that asks not to wait is done at once or is EAGAIN. A file without FMODE_NOWAIT
 * returns EOPNOTSUPP (tmpfs until today).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/memory.h"
#include "support/patience.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"
#include "support/uring.h"

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

#define PAGE   5 /* of the target */
#define OTHER  9 /* one more */
#define STORED 1

/* Ways to transfer a page without waiting: how many bytes, or -errno. */
static ssize_t by_preadv2(int fd, void *bytes, off_t off)
{
	struct iovec one = {bytes, pages(1)};
	ssize_t got = preadv2(fd, &one, 1, off, RWF_NOWAIT);

	return got < 0 ? -errno : got;
}

static ssize_t by_pwritev2(int fd, void *bytes, off_t off)
{
	struct iovec one = {bytes, pages(1)};
	ssize_t put = pwritev2(fd, &one, 1, off, RWF_NOWAIT);

	return put < 0 ? -errno : put;
}

static ssize_t by_uring_read(int fd, void *bytes, off_t off)
{
	return uring_transfer(fd, bytes, pages(1), off, false, RWF_NOWAIT);
}

static ssize_t by_uring_write(int fd, void *bytes, off_t off)
{
	return uring_transfer(fd, bytes, pages(1), off, true, RWF_NOWAIT);
}

static const struct way {
	const char *name;
	ssize_t (*transfer)(int fd, void *bytes, off_t off);
	bool writes;
} ways[] = {
	{"preadv2", by_preadv2, false},
	{"pwritev2", by_pwritev2, true},
	{"uring-read", by_uring_read, false},
	{"uring-write", by_uring_write, true},
};

/* The transfer; not applicable if the file does not support it. */
static ssize_t transfer(const struct way *way, int fd, void *bytes, off_t off)
{
	ssize_t done = way->transfer(fd, bytes, off);

	if (done == -EOPNOTSUPP)
		row_not_applicable("it does not claim to know RWF_NOWAIT");
	return done;
}

ROW_EACH(M18, resident, "a transfer that need not wait is complete", ways)
{
	const struct way *way = &ways[_i];
	unsigned char *bytes = malloc(pages(1));
	int fd = target_open(O_RDWR);

	needs_page_cache();
	pattern_fill(bytes, pages(1), pages(PAGE), STORED);
	ck_assert_int_eq(transfer(way, fd, bytes, pages(PAGE)), pages(1));
	if (way->writes)
		assert_target(pages(PAGE), pages(1), STORED);
	else
		assert_memory(bytes, pages(1), pages(PAGE), ORIGINAL);
	assert_target(pages(PAGE + 1), pages(1), ORIGINAL);
}

/* A read of a hole is zeros, for which no memory is needed. */
ROW_EACH(M18, hole, "a write to a hole, which needs memory, is EAGAIN and allocates none", ways)
{
	const struct way *way = &ways[_i];
	unsigned char *bytes = malloc(pages(1));
	int fd = target_open(O_RDWR);
	ssize_t done;
	off_t off;

	needs_page_cache();
	off = find_untouched(1);
	pattern_fill(bytes, pages(1), off, STORED);
	done = transfer(way, fd, bytes, off);
	if (done != -EAGAIN) {
		ck_assert_int_eq(done, way->writes ? -EAGAIN : (ssize_t)pages(1));
		assert_zero(bytes, pages(1));
	}
	ck_assert(is_untouched(off, pages(1)));
}

/* True if it took less time than the rule's delay. */
static bool is_again(const struct way *way, int fd, void *bytes, uint32_t delay)
{
	double begin;

	assert_done(set_delay(fd, pages(PAGE), delay));
	begin = seconds_now();
	ck_assert_int_eq(transfer(way, fd, bytes, pages(PAGE)), -EAGAIN);
	return seconds_now() - begin < delay / 1e6 * 0.9;
}

ROW_EACH(M18, slow,
	 "a transfer to or from a page that a rule makes slow is EAGAIN at once, and does nothing",
	 ways)
{
	const struct way *way = &ways[_i];
	unsigned char *bytes = malloc(pages(1));
	int fd = control_open();

	pattern_fill(bytes, pages(1), pages(PAGE), STORED);
	ck_assert_msg(is_again(way, fd, bytes, SHORT_DELAY) ||
			      is_again(way, fd, bytes, long_delay()),
		      "it waited before it was EAGAIN");
	assert_done(heal(fd, pages(PAGE), pages(1)));
	assert_target(pages(PAGE), pages(1), ORIGINAL);
}

static void slow_fill(int fd)
{
	assert_done(fill(fd, pages(PAGE), pages(1), 1));
}

static void slow_write(int fd)
{
	target_write(fd, "w", 1, pages(PAGE));
}

static void slow_sum(int fd)
{
	sum_of(fd, pages(PAGE), pages(1));
}

static const struct holder {
	const char *name;
	const struct way *way;
	void (*hold)(int fd);
} holders[] = {
	{"preadv2,fill", &ways[0], slow_fill},	  {"pwritev2,fill", &ways[1], slow_fill},
	{"preadv2,write", &ways[0], slow_write},  {"pwritev2,write", &ways[1], slow_write},
	{"preadv2,sum", &ways[0], slow_sum},	  {"pwritev2,sum", &ways[1], slow_sum},
	{"uring-read,fill", &ways[2], slow_fill}, {"uring-write,fill", &ways[3], slow_fill},
};

/* True if it was done before the other process went on. */
static bool does_not_wait(const struct holder *holder, int fd, void *bytes, uint32_t delay)
{
	struct peer child;
	bool in_time;
	ssize_t done;

	assert_done(set_delay(fd, pages(PAGE), delay));
	if (fork_child(&child)) {
		holder->hold(fd);
		child_done();
	}
	in_time = is_delayed(child.pid);
	done = transfer(holder->way, fd, bytes, pages(OTHER));
	in_time = in_time && is_delayed(child.pid);
	if (done != -EAGAIN)
		ck_assert_int_eq(done, pages(1));
	await_exit(&child);
	return in_time;
}

ROW_EACH(M18, beside, "a transfer beside a holder of its locks is EAGAIN at once, or works",
	 holders, .timeout = 60)
{
	unsigned char *bytes = malloc(pages(1));
	int fd = control_open();

	pattern_fill(bytes, pages(1), pages(OTHER), STORED);
	ck_assert_msg(does_not_wait(&holders[_i], fd, bytes, SHORT_DELAY) ||
			      does_not_wait(&holders[_i], fd, bytes, long_delay()),
		      "it waited for the other process");
}

/* Without the flag io_uring lets a worker thread wait. */
static const struct way submits[] = {
	{"read", NULL, false},
	{"write", NULL, true},
};

/* True if the submission returned before the transfer was done. */
static bool submits_at_once(const struct way *way, int fd, void *bytes, uint32_t delay)
{
	struct io_uring_cqe *done;
	struct io_uring ring;
	double begin;
	bool in_time;

	assert_done(set_delay(fd, pages(PAGE), delay));
	start_ring(&ring);
	if (way->writes)
		io_uring_prep_write(io_uring_get_sqe(&ring), fd, bytes, pages(1), pages(PAGE));
	else
		io_uring_prep_read(io_uring_get_sqe(&ring), fd, bytes, pages(1), pages(PAGE));
	begin = seconds_now();
	ck_assert_int_eq(io_uring_submit(&ring), 1);
	in_time = io_uring_peek_cqe(&ring, &done) == -EAGAIN;
	ck_assert_int_eq(io_uring_wait_cqe(&ring, &done), 0);
	ck_assert_int_eq(done->res, pages(1));
	ck_assert(seconds_now() - begin > delay / 1e6 * 0.9);
	io_uring_queue_exit(&ring);
	return in_time;
}

ROW_EACH(M18, uring_submit,
	 "io_uring_submit() of a slow transfer returns at once; it is done later", submits,
	 .timeout = 60)
{
	const struct way *way = &submits[_i];
	unsigned char *bytes = malloc(pages(1));
	int fd = control_open();

	pattern_fill(bytes, pages(1), pages(PAGE), STORED);
	ck_assert_msg(submits_at_once(way, fd, bytes, SHORT_DELAY) ||
			      submits_at_once(way, fd, bytes, long_delay()),
		      "io_uring_submit() waited for the transfer");
	assert_done(heal(fd, pages(PAGE), pages(1)));
	if (way->writes)
		assert_target(pages(PAGE), pages(1), STORED);
	else
		assert_memory(bytes, pages(1), pages(PAGE), ORIGINAL);
}
