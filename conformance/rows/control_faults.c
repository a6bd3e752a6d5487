// SPDX-License-Identifier: GPL-2.0-only
/*
 * C4: what a range that is told to fail does to those who use it.
 *
 *	page 1   2   3   4   5
 *	  [ ok | ok | BAD | ok | ok ]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/access.h"
#include "support/contents.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

#define MAPPED 5 /* pages from page 1 on */
#define BAD    2 /* of these */
#define STORED 1

static off_t bad_page(void)
{
	return pages(1 + BAD);
}

static const struct action {
	const char *name;
	enum mmapdemo_inject_action action;
	bool broken; /* SIGBUS as for broken memory */
	int io_error, populate_error;
} actions[] = {
	{"sigbus", MMAPDEMO_INJECT_SIGBUS, false, EIO, EFAULT},
	{"hwpoison", MMAPDEMO_INJECT_HWPOISON, true, EIO, EHWPOISON},
	{"enomem", MMAPDEMO_INJECT_ENOMEM, false, ENOMEM, ENOMEM},
};

/* The actions after which a program's access is not retried. */
static const struct action signals[] = {
	{"sigbus", MMAPDEMO_INJECT_SIGBUS, false, EIO, EFAULT},
	{"hwpoison", MMAPDEMO_INJECT_HWPOISON, true, EIO, EHWPOISON},
};

static int set_bad(int fd, const struct action *action)
{
	return set_action(fd, bad_page(), pages(1), action->action);
}

static void assert_fails(const struct action *action, unsigned char *at)
{
	if (action->broken) {
		assert_broken(try_read(at), at);
		assert_broken(try_write(at, 1), at);
	} else {
		assert_bus_error(try_read(at), at);
		assert_bus_error(try_write(at, 1), at);
	}
}

/* The bad page is SIGBUS at whatever address of it, the others hold the pattern. */
static void assert_only_bad_fails(const struct action *action, unsigned char *map)
{
	unsigned char *bad = map + pages(BAD), *after = bad + pages(1);

	assert_fails(action, bad);
	assert_fails(action, bad + 123);
	assert_fails(action, after - 1);
	assert_memory(map, pages(BAD), pages(1), ORIGINAL);
	assert_memory(after, pages(MAPPED - BAD - 1), pages(2 + BAD), ORIGINAL);
}

ROW_EACH(C4, first_touch, "a page of the range is SIGBUS when touched, at that address", signals)
{
	const struct action *action = &signals[_i];
	int fd = control_open();

	assert_done(set_bad(fd, action));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_only_bad_fails(action, target_map_rw(MAPPED, kinds[i].flags, pages(1)));
	assert_done(heal(fd, bad_page(), pages(1)));
	assert_target(pages(1), pages(MAPPED), ORIGINAL);
}

ROW_EACH(C4, mapped_before,
	 "the rule acts at once on pages that are mapped already, in all processes", signals)
{
	const struct action *action = &signals[_i];
	int fd = control_open();
	unsigned char *inherited = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	struct peer child;

	assert_memory(inherited, pages(MAPPED), pages(1), ORIGINAL);
	if (fork_child(&child)) {
		unsigned char *own = target_map_rw(MAPPED, MAP_PRIVATE, pages(1));

		assert_memory(own, pages(MAPPED), pages(1), ORIGINAL);
		assert_memory(inherited, pages(MAPPED), pages(1), ORIGINAL);
		pass_turn(&child);
		await_turn(&child);
		ck_assert_uint_eq(frame_of(own + pages(BAD)), 0);
		assert_only_bad_fails(action, own);
		assert_only_bad_fails(action, inherited);
		pass_turn(&child);
		await_turn(&child);
		assert_memory(own, pages(MAPPED), pages(1), ORIGINAL);
		assert_memory(inherited, pages(MAPPED), pages(1), ORIGINAL);
		child_done();
	}
	await_turn(&child);
	assert_done(set_bad(fd, action));
	ck_assert_uint_eq(frame_of(inherited + pages(BAD)), 0);
	assert_only_bad_fails(action, inherited);
	pass_turn(&child);
	await_turn(&child);
	assert_done(heal(fd, bad_page(), pages(1)));
	assert_memory(inherited, pages(MAPPED), pages(1), ORIGINAL);
	release_child(&child);
}

ROW_EACH(C4, private_copies, "a private copy made before stays, and takes stores", signals)
{
	const struct action *action = &signals[_i];
	int fd = control_open();
	unsigned char *map = target_map_rw(MAPPED, MAP_PRIVATE, pages(1));
	unsigned char *bad = map + pages(BAD);
	uint64_t frame;

	pattern_fill(bad, pages(1), bad_page(), STORED);
	frame = frame_of(bad);
	assert_done(set_bad(fd, action));
	assert_memory(bad, pages(1), bad_page(), STORED);
	pattern_fill(bad, pages(1), bad_page(), STORED + 1);
	assert_memory(bad, pages(1), bad_page(), STORED + 1);
	assert_same_page(frame_of(bad), frame);
	/* After DONTNEED it is the device's page again. */
	ck_assert_int_eq(madvise(bad, pages(1), MADV_DONTNEED), 0);
	assert_only_bad_fails(action, map);
}

ROW_EACH(C4, fork_inherits, "a child of a process that has the range mapped fails there as well",
	 signals)
{
	int fd = control_open();
	unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	struct peer child;

	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
	assert_done(set_bad(fd, &signals[_i]));
	if (fork_child(&child)) {
		assert_only_bad_fails(&signals[_i], map);
		child_done();
	}
	await_exit(&child);
}

ROW_EACH(C4, read, "read() returns the bytes before the range, and an error inside it", actions)
{
	int fd = control_open(), error = actions[_i].io_error;
	unsigned char *bytes = malloc(pages(MAPPED));

	assert_done(set_bad(fd, &actions[_i]));
	ck_assert_int_eq(pread(fd, bytes, pages(MAPPED), pages(1)), pages(BAD));
	assert_memory(bytes, pages(BAD), pages(1), ORIGINAL);
	ck_assert_int_eq(pread(fd, bytes, pages(1), bad_page() - 1), 1);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(pread(fd, bytes, 1, bad_page() + i * (pages(1) - 1)), -1);
		ck_assert_int_eq(errno, error);
	}
	ck_assert_int_eq(pread(fd, bytes, pages(1), bad_page() + pages(1)), pages(1));
	assert_memory(bytes, pages(1), bad_page() + pages(1), ORIGINAL);
}

ROW_EACH(C4, splice, "splice() returns the bytes before the range, and an error inside it", actions)
{
	int fd = control_open(), ends[2];
	unsigned char *bytes = malloc(pages(MAPPED));
	loff_t off = pages(1);

	assert_done(set_bad(fd, &actions[_i]));
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(splice(fd, &off, ends[1], NULL, pages(MAPPED), 0), pages(BAD));
	ck_assert_int_eq(off, bad_page());
	ck_assert_int_eq(splice(fd, &off, ends[1], NULL, 1, 0), -1);
	ck_assert_int_eq(errno, actions[_i].io_error);
	ck_assert_int_eq(read(ends[0], bytes, pages(MAPPED)), pages(BAD));
	assert_memory(bytes, pages(BAD), pages(1), ORIGINAL);
}

ROW_EACH(C4, write, "write() writes the bytes before the range, and none inside it", actions)
{
	int fd = control_open(), error = actions[_i].io_error;
	unsigned char *bytes = malloc(pages(MAPPED));

	pattern_fill(bytes, pages(MAPPED), pages(1), STORED);
	assert_done(set_bad(fd, &actions[_i]));
	ck_assert_int_eq(pwrite(fd, bytes, pages(MAPPED), pages(1)), pages(BAD));
	ck_assert_int_eq(pwrite(fd, bytes, 1, bad_page()), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_int_eq(pwrite(fd, bytes, 1, bad_page() + pages(1) - 1), -1);
	ck_assert_int_eq(errno, error);
	assert_done(heal(fd, bad_page(), pages(1)));
	assert_target(pages(1), pages(BAD), STORED);
	assert_target(bad_page(), pages(MAPPED - BAD), ORIGINAL);
}

ROW_EACH(C4, fill_and_sum, "FILL and SUM fail there as write and read do", actions)
{
	int fd = control_open(), error = actions[_i].io_error;
	struct mmapdemo_sum sum = {.size = sizeof(sum), .length = pages(TEST_PAGES)};
	unsigned char *wanted = malloc(pages(1 + BAD));

	assert_done(set_bad(fd, &actions[_i]));
	assert_errno(command(fd, MMAPDEMO_IOCTL_SUM, &sum), error);
	assert_errno(fill(fd, 0, pages(TEST_PAGES), 9), error);
	sum_of(fd, 0, bad_page());
	sum_of(fd, bad_page() + pages(1), pages(1));
	assert_done(heal(fd, bad_page(), pages(1)));
	contents_pattern(wanted, pages(1 + BAD), 0, 9);
	ck_assert_uint_eq(sum_of(fd, 0, pages(1 + BAD)), contents_crc(0, wanted, pages(1 + BAD)));
	assert_target(bad_page(), pages(2), ORIGINAL);
}

ROW_EACH(C4, populate, "MADV_POPULATE_READ and _WRITE fail as an access to the page would", actions)
{
	const struct action *action = &actions[_i];
	int fd = control_open();
	unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	const int advices[] = {MADV_POPULATE_READ, MADV_POPULATE_WRITE};

	assert_done(set_bad(fd, action));
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++) {
		ck_assert_int_eq(madvise(map, pages(MAPPED), advices[i]), -1);
		ck_assert_int_eq(errno, action->populate_error);
		ck_assert_int_eq(madvise(map, pages(BAD), advices[i]), 0);
	}
	ck_assert_uint_eq(frame_of(map + pages(BAD)), 0);
	assert_done(heal(fd, bad_page(), pages(1)));
	ck_assert_int_eq(madvise(map, pages(MAPPED), MADV_POPULATE_READ), 0);
	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
}

ROW_EACH(C4, kernel_access, "the kernel's own accesses end before the range, or are EFAULT",
	 actions)
{
	int fd = control_open();
	unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	unsigned char *bytes = malloc(pages(MAPPED));
	struct iovec local = {bytes, pages(MAPPED)}, remote = {map, pages(MAPPED)};
	struct iovec bad = {map + pages(BAD), pages(1)};

	assert_done(set_bad(fd, &actions[_i]));
	ck_assert_int_eq(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), pages(BAD));
	assert_memory(bytes, pages(BAD), pages(1), ORIGINAL);
	ck_assert_int_eq(process_vm_readv(getpid(), &local, 1, &bad, 1, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(process_vm_writev(getpid(), &local, 1, &bad, 1, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
}

/* The range as a system call's user memory. ENOMEM would be retried for ever. */
ROW_EACH(C4, as_a_buffer, "a buffer of read and write inside the range is EFAULT", signals)
{
	int fd = control_open(), ends[2];
	unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));

	assert_done(set_bad(fd, &signals[_i]));
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], map + pages(BAD), 16), -1);
	ck_assert_int_eq(errno, EFAULT);
	/* From the device and to it, with the lock of either held. */
	ck_assert_int_eq(pread(fd, map + pages(BAD), 16, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(pwrite(fd, map + pages(BAD), 16, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	assert_target(0, pages(1), ORIGINAL);
}

ROW(C4, enomem_is_tried_again,
    "an access that finds no free memory is tried again until there is some")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	struct mmapdemo_injection rule = {
		.offset = bad_page(),
		.length = pages(1),
		.action = MMAPDEMO_INJECT_ENOMEM,
		.when = MMAPDEMO_INJECT_ONCE,
	};

	assert_done(set_rule(fd, rule));
	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
	ck_assert_uint_eq(list_rules(fd, &rule, 1), 1);
	ck_assert_uint_eq(rule.hits, 2);
	ck_assert_uint_eq(rule.fired, 1);
}

ROW(C4, enomem_can_be_killed, "a process that waits for memory that never comes can be killed")
{
	int fd = control_open();
	volatile unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	struct mmapdemo_injection rule;
	struct peer child;

	assert_done(set_bad(fd, &actions[2]));
	if (fork_child(&child)) {
		(void)map[pages(BAD)];
		ck_abort_msg("a page that there is no memory for was read");
	}
	do {
		usleep(1000);
		ck_assert_uint_eq(list_rules(fd, &rule, 1), 1);
	} while (rule.fired < 10);
	kill_child(&child);
}
