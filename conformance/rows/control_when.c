// SPDX-License-Identifier: GPL-2.0-only
/* C4: which accesses of a range fail, how many there were, and how long they take. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "support/access.h"
#include "support/contents.h"
#include "support/control.h"
#include "support/patience.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define PAGE	 3 /* of the target, that the rules are for */
#define ACCESSES 64

static struct mmapdemo_injection rule_on_page(enum mmapdemo_inject_action action,
					      enum mmapdemo_inject_when when, uint32_t n)
{
	return (struct mmapdemo_injection){
		.offset = pages(PAGE),
		.length = pages(1),
		.action = action,
		.when = when,
		.n = n,
	};
}

/* An access of the page: true if it works. */
static bool by_read(int fd, unsigned char *map)
{
	char byte;

	(void)map;
	return pread(fd, &byte, 1, pages(PAGE)) == 1;
}

static bool by_write(int fd, unsigned char *map)
{
	(void)map;
	return pwrite(fd, "w", 1, pages(PAGE)) == 1;
}

static bool by_fault(int fd, unsigned char *map)
{
	(void)fd;
	ck_assert_int_eq(madvise(map, pages(1), MADV_DONTNEED), 0);
	return !try_read(map).signo;
}

static bool by_fault_to_store(int fd, unsigned char *map)
{
	(void)fd;
	ck_assert_int_eq(madvise(map, pages(1), MADV_DONTNEED), 0);
	return !try_write(map, 1).signo;
}

static bool by_fill(int fd, unsigned char *map)
{
	(void)map;
	return !fill(fd, pages(PAGE) + 5, 10, 1);
}

static bool by_sum(int fd, unsigned char *map)
{
	struct mmapdemo_sum sum = {.size = sizeof(sum), .offset = pages(PAGE), .length = 10};

	(void)map;
	return !command(fd, MMAPDEMO_IOCTL_SUM, &sum);
}

static const struct way {
	const char *name;
	bool (*works)(int fd, unsigned char *map);
} ways[] = {
	{"read", by_read}, {"write", by_write}, {"load", by_fault}, {"store", by_fault_to_store},
	{"fill", by_fill}, {"sum", by_sum},
};

/* The accesses that fail, from the first on, a bit each. */
static uint64_t failures(int fd, const struct way *way)
{
	unsigned char *map = target_map_rw(1, MAP_SHARED, pages(PAGE));
	uint64_t failed = 0;

	for (int i = 0; i < ACCESSES; i++)
		failed |= (uint64_t)!way->works(fd, map) << i;
	unmap(map, pages(1));
	return failed;
}

static void assert_rule(int fd, uint64_t hits, uint64_t fired)
{
	struct mmapdemo_injection rule;

	ck_assert_uint_eq(list_rules(fd, &rule, 1), 1);
	ck_assert_uint_eq(rule.hits, hits);
	ck_assert_uint_eq(rule.fired, fired);
}

ROW_EACH(C4, always, "each access fails, and is counted", ways)
{
	int fd = control_open();

	assert_done(set_rule(fd, rule_on_page(MMAPDEMO_INJECT_SIGBUS, MMAPDEMO_INJECT_ALWAYS, 0)));
	ck_assert_uint_eq(failures(fd, &ways[_i]), ~0ULL);
	assert_rule(fd, ACCESSES, ACCESSES);
}

ROW_EACH(C4, once, "only the first access fails", ways)
{
	int fd = control_open();

	assert_done(set_rule(fd, rule_on_page(MMAPDEMO_INJECT_SIGBUS, MMAPDEMO_INJECT_ONCE, 0)));
	ck_assert_uint_eq(failures(fd, &ways[_i]), 1);
	assert_rule(fd, ACCESSES, 1);
}

ROW_EACH(C4, every_third, "two accesses work, one fails, and so on", ways)
{
	int fd = control_open();

	assert_done(set_rule(fd, rule_on_page(MMAPDEMO_INJECT_SIGBUS, MMAPDEMO_INJECT_NTH, 3)));
	ck_assert_uint_eq(failures(fd, &ways[_i]), 0x4924924924924924);
	assert_rule(fd, ACCESSES, ACCESSES / 3);
}

ROW(C4, every_first, "with n = 1 every access fails")
{
	int fd = control_open();

	assert_done(set_rule(fd, rule_on_page(MMAPDEMO_INJECT_SIGBUS, MMAPDEMO_INJECT_NTH, 1)));
	ck_assert_uint_eq(failures(fd, &ways[0]), ~0ULL);
}

ROW_EACH(C4, random,
	 "about as many accesses fail as the chance says, and the same seed fails the same ones",
	 ways)
{
	struct mmapdemo_injection rule =
		rule_on_page(MMAPDEMO_INJECT_HWPOISON, MMAPDEMO_INJECT_RANDOM, 1U << 30);
	int fd = control_open();
	uint64_t first, fired;

	rule.seed = 5;
	assert_done(set_rule(fd, rule));
	first = failures(fd, &ways[_i]);
	fired = __builtin_popcountll(first);
	/* 16 of 64; so far off is less likely than once in 10^5. */
	ck_assert_uint_ge(fired, 3);
	ck_assert_uint_le(fired, 32);
	assert_rule(fd, ACCESSES, fired);

	assert_done(set_rule(fd, rule));
	ck_assert_uint_eq(failures(fd, &ways[_i]), first);
	rule.seed = 6;
	assert_done(set_rule(fd, rule));
	ck_assert_uint_ne(failures(fd, &ways[_i]), first);
}

ROW(C4, random_bounds, "a chance of 0 never fails an access, and one of nearly 1 nearly always")
{
	int fd = control_open();

	assert_done(set_rule(fd, rule_on_page(MMAPDEMO_INJECT_SIGBUS, MMAPDEMO_INJECT_RANDOM, 0)));
	ck_assert_uint_eq(failures(fd, &ways[0]), 0);
	assert_done(
		set_rule(fd, rule_on_page(MMAPDEMO_INJECT_SIGBUS, MMAPDEMO_INJECT_RANDOM, ~0U)));
	ck_assert_uint_eq(failures(fd, &ways[0]), ~0ULL);
}

ROW_EACH(C4, count, "an access that is only counted works", ways)
{
	int fd = control_open();

	assert_done(set_rule(fd, rule_on_page(MMAPDEMO_INJECT_COUNT, MMAPDEMO_INJECT_ALWAYS, 0)));
	ck_assert_uint_eq(failures(fd, &ways[_i]), 0);
	assert_rule(fd, ACCESSES, 0);
}

ROW_EACH(C4, count_each_page,
	 "the first access to each page is counted, because none is mapped with another", kinds)
{
	int fd = control_open();
	unsigned char *map;

	assert_done(set_action(fd, 0, pages(TEST_PAGES), MMAPDEMO_INJECT_COUNT));
	map = target_map_rw(TEST_PAGES, kinds[_i].flags, 0);
	assert_memory(map, pages(TEST_PAGES), 0, ORIGINAL);
	assert_rule(fd, TEST_PAGES, 0);
	assert_memory(map, pages(TEST_PAGES), 0, ORIGINAL);
	assert_rule(fd, TEST_PAGES, 0);
}

#define DELAY 50000 /* microseconds: far more than an access takes */

ROW_EACH(C4, delay, "each access takes longer by the delay", ways)
{
	int fd = control_open();
	unsigned char *map = target_map_rw(1, MAP_SHARED, pages(PAGE));
	double began;

	assert_done(set_delay(fd, pages(PAGE), DELAY));
	for (int i = 1; i <= 3; i++) {
		began = seconds_now();
		ck_assert(ways[_i].works(fd, map));
		ck_assert_double_ge(seconds_now() - began, DELAY / 1e6);
		assert_rule(fd, i, 0);
	}
	assert_done(heal(fd, pages(PAGE), pages(1)));
	ck_assert(ways[_i].works(fd, map));
}

static void lock_page(int fd, void *map)
{
	(void)fd;
	ck_assert_int_eq(mlock(map, pages(1)), 0);
	ck_assert_int_eq(munlock(map, pages(1)), 0);
}

static void populate_page(int fd, void *map)
{
	ck_assert_ptr_eq(mmap(map, pages(1), PROT_READ, MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd,
			      pages(PAGE)),
			 map);
}

static void advise_page(int fd, void *map)
{
	(void)fd;
	ck_assert_int_eq(madvise(map, pages(1), 22 /* MADV_POPULATE_READ */), 0);
}

static const struct populate {
	const char *name;
	void (*run)(int fd, void *map);
} populates[] = {{"mlock", lock_page}, {"mmap", populate_page}, {"madvise", advise_page}};

/*
 * mlock() and MAP_POPULATE do not remember that a page fault was retried (__mm_populate(),
 * mm/gup.c): one that is retried each time never ends.
 */
ROW_EACH(C4, delay_of_populate, "populating a slow page takes its delay once, and ends", populates)
{
	int fd = control_open();
	unsigned char *map = target_map_rw(1, MAP_SHARED, pages(PAGE));
	double began;

	assert_done(set_delay(fd, pages(PAGE), DELAY));
	for (int i = 1; i <= 3; i++) {
		ck_assert_int_eq(madvise(map, pages(1), MADV_DONTNEED), 0);
		began = seconds_now();
		populates[_i].run(fd, map);
		ck_assert_double_ge(seconds_now() - began, DELAY / 1e6);
		assert_rule(fd, i, 0);
	}
}

static void on_alarm(int signo)
{
	(void)signo;
}

/*
 * A page fault that is to be tried again ends where a signal is pending: the program runs its
 * handler, and the next page fault is a first one (fault_signal_pending()).
 */
ROW(C4, delay_beside_signals,
    "an access to a slow page ends although signals arrive more often than its delay")
{
	struct mmapdemo_injection rule =
		rule_on_page(MMAPDEMO_INJECT_COUNT, MMAPDEMO_INJECT_ALWAYS, 0);
	const struct itimerval often = {{0, DELAY / 5}, {0, DELAY / 5}}, never = {};
	const struct sigaction handler = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	int fd = control_open();
	unsigned char *map = target_map_rw(1, MAP_SHARED, pages(PAGE));
	double began;

	rule.delay = DELAY;
	assert_done(set_rule(fd, rule));
	ck_assert_int_eq(sigaction(SIGALRM, &handler, NULL), 0);
	began = seconds_now();
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_works(try_read(map));
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	ck_assert_double_ge(seconds_now() - began, DELAY / 1e6);
	assert_rule(fd, 1, 0);
}

ROW(C4, delay_of_a_failure, "an access that fails can be slow too")
{
	struct mmapdemo_injection rule =
		rule_on_page(MMAPDEMO_INJECT_SIGBUS, MMAPDEMO_INJECT_ALWAYS, 0);
	int fd = control_open();
	double began;

	rule.delay = DELAY;
	assert_done(set_rule(fd, rule));
	began = seconds_now();
	ck_assert(!by_read(fd, NULL));
	ck_assert_double_ge(seconds_now() - began, DELAY / 1e6);
}

ROW_EACH(C4, delay_is_for_the_page,
	 "while one process waits, others can do anything else, and it can be killed", ways)
{
	int fd = control_open();
	struct peer child;

	assert_done(set_delay(fd, pages(PAGE), MMAPDEMO_INJECT_DELAY_MAX));
	if (fork_child(&child)) {
		ways[_i].works(fd, target_map_rw(1, MAP_SHARED, pages(PAGE)));
		ck_abort_msg("an access took less than a minute");
	}
	if (!is_delayed(child.pid))
		await_exit(&child); /* the assertion shows why it did not wait */
	assert_memory(target_map_rw(2, MAP_SHARED, 0), pages(2), 0, ORIGINAL);
	assert_target(0, pages(2), ORIGINAL);
	target_write(fd, "w", 1, 0);
	sum_of(fd, 0, pages(2));
	assert_done(fill(fd, pages(1), pages(1), 1));
	assert_done(punch(fd, pages(1), pages(1)));
	assert_done(resize(fd, target.size + pages(1)));
	assert_done(wipe(fd, MMAPDEMO_WIPE_NOW, 0));
	assert_done(set_action(fd, pages(PAGE + 1), pages(1), MMAPDEMO_INJECT_SIGBUS));
	assert_done(heal(fd, pages(PAGE), pages(2)));
	kill_child(&child);
}

ROW(C4, killed_in_the_middle,
    "a FILL that is killed in a slow page has written up to that page, and no further")
{
	int fd = control_open();
	unsigned char *wanted = malloc(pages(PAGE));
	struct peer child;

	ck_assert_ptr_nonnull(wanted);
	assert_done(set_delay(fd, pages(PAGE), MMAPDEMO_INJECT_DELAY_MAX));
	if (fork_child(&child)) {
		fill(fd, 0, pages(TEST_PAGES), 5);
		ck_abort_msg("FILL of a slow page took less than a minute");
	}
	if (!is_delayed(child.pid))
		await_exit(&child); /* the assertion shows why it did not wait */
	kill_child(&child);
	assert_done(heal(fd, pages(PAGE), pages(1)));
	contents_pattern(wanted, pages(PAGE), 0, 5);
	ck_assert_uint_eq(sum_of(fd, 0, pages(PAGE)), contents_crc(0, wanted, pages(PAGE)));
	assert_target(pages(PAGE), pages(TEST_PAGES - PAGE), ORIGINAL);
}
