// SPDX-License-Identifier: GPL-2.0-only
/*
 * C6: contents are zeroed on command, or when no process has the device mapped, or open, any more.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/access.h"
#include "support/agent.h"
#include "support/contents.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/weather.h"

#define SECRET	 1
#define COPIED	 2

#define ON_UNMAP MMAPDEMO_WIPE_ON_LAST_UNMAP
#define ON_CLOSE MMAPDEMO_WIPE_ON_LAST_CLOSE

static void set_policy(int fd, uint32_t policy)
{
	assert_done(wipe(fd, MMAPDEMO_WIPE_SET_POLICY, policy));
	ck_assert_uint_eq(info_of(fd).wipe_policy, policy);
}

ROW_EACH(C6, now, "all bytes are zero at once, in the same memory; private copies stay", folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], SECRET);
	size_t size = chunk_size(fd), count = size / target.page;
	unsigned char *map = target_map_rw(count, MAP_SHARED, off);
	unsigned char *copy = target_map_rw(count, MAP_PRIVATE, off);
	struct mmapdemo_info before, now;
	uint64_t frame;

	assert_memory(map, size, off, SECRET);
	assert_memory(copy, size, off, SECRET);
	pattern_fill(copy + pages(3), pages(2), off + pages(3), COPIED);
	frame = frame_of(map + pages(3));
	before = info_of(fd);
	assert_done(wipe(fd, MMAPDEMO_WIPE_NOW, 0));
	now = info_of(fd);
	ck_assert_mem_eq(&now, &before, sizeof(now));

	assert_zero(map, size);
	assert_zero(copy, pages(3));
	assert_memory(copy + pages(3), pages(2), off + pages(3), COPIED);
	assert_zero(copy + pages(5), size - pages(5));
	assert_same_page(frame_of(map + pages(3)), frame);
	assert_same_page(frame_of(copy), frame_of(map));
	assert_zero(target_map_rw(TEST_PAGES, MAP_SHARED, 0), pages(TEST_PAGES));
	assert_zero(target_map_rw(2, MAP_SHARED, target.size - pages(2)), pages(2));
}

ROW(C6, all_of_it, "each byte is zero, and holes stay holes")
{
	int fd = control_open();
	static const unsigned char zeros[1 << 16];
	uint32_t sum_of_zeros = contents_crc(0, zeros, sizeof(zeros));
	off_t hole = make_chunk(fd, &folios[1], SECRET);
	uint64_t resident;

	assert_done(fill(fd, 0, target.size, SECRET));
	assert_done(punch(fd, hole, chunk_size(fd)));
	resident = info_of(fd).resident;
	assert_done(wipe(fd, MMAPDEMO_WIPE_NOW, 0));
	ck_assert_uint_eq(info_of(fd).resident, resident);
	for (off_t at = 0; at < target.size; at += sizeof(zeros))
		ck_assert_uint_eq(sum_of(fd, at, sizeof(zeros)), sum_of_zeros);
	ck_assert_int_eq(lseek(fd, hole, SEEK_DATA), hole + chunk_size(fd));
	/* Frees memory that later tests may need. */
	assert_done(punch(fd, 0, target.size));
}

ROW(C6, poisoned, "pages with a rule are wiped, too")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(3, MAP_SHARED, pages(1));

	assert_done(set_action(fd, pages(2), pages(1), MMAPDEMO_INJECT_HWPOISON));
	assert_done(wipe(fd, MMAPDEMO_WIPE_NOW, 0));
	assert_broken(try_read(map + pages(1)), map + pages(1));
	assert_done(heal(fd, pages(2), pages(1)));
	assert_zero(map, pages(3));
}

/* The contents that the next process to map it finds. */
static void assert_found_zero(void)
{
	unsigned char *map = target_map_rw(TEST_PAGES, MAP_SHARED, 0);

	assert_zero(map, pages(TEST_PAGES));
	unmap(map, pages(TEST_PAGES));
}

static const char *const endings[] = {"munmap", "exit", "killed", "exec", "mapped-over"};
enum { MUNMAP, EXIT, KILLED, EXEC, OVER };

/* The last mapping goes, in a child. */
static void end_mapping(int ending)
{
	struct agent agent;
	struct peer child;

	if (fork_child(&child)) {
		unsigned char *map = target_map_rw(TEST_PAGES, MAP_SHARED, 0);

		pattern_fill(map, pages(TEST_PAGES), 0, SECRET);
		if (ending == MUNMAP)
			unmap(map, pages(TEST_PAGES));
		if (ending == OVER)
			target_map_at(map, pages(TEST_PAGES), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				      0);
		if (ending == EXEC)
			agent_exec(&child);
		pass_turn(&child);
		if (ending != EXIT)
			await_turn(&child);
		child_done();
	}
	if (ending == EXEC)
		agent_adopt(&agent, &child);
	else
		await_turn(&child);
	if (ending == KILLED)
		kill_child(&child);
	if (ending == EXIT)
		await_exit(&child);
	weather_settle_if_any();
	assert_found_zero();
	if (ending == EXEC) {
		agent_stop(&agent);
	} else if (ending == MUNMAP || ending == OVER) {
		release_child(&child);
	}
}

ROW_EACH(C6, last_unmap, "the policy unmap wipes when the last mapping has ended, in whatever way",
	 endings)
{
	int fd = control_open();
	int waiter = target_open(O_RDONLY | O_NONBLOCK);

	set_policy(fd, ON_UNMAP);
	end_mapping(_i);
	ck_assert_uint_eq(take_events(waiter, MMAPDEMO_EVENT_WIPE, NULL), MMAPDEMO_EVENT_WIPE);
	/* The same happens each time. */
	end_mapping(_i);
}

ROW_EACH(C6, not_the_last,
	 "the policy unmap does not wipe while any part is mapped, in any process", kinds)
{
	int fd = control_open();
	unsigned char *map;
	struct peer child;

	set_policy(fd, ON_UNMAP);
	map = target_map_rw(3, kinds[_i].flags, pages(1));
	assert_memory(map, pages(3), pages(1), ORIGINAL);
	unmap(map + pages(1), pages(1));
	if (fork_child(&child)) {
		unmap(map, pages(1));
		pass_turn(&child);
		await_turn(&child);
		assert_memory(map + pages(2), pages(1), pages(3), ORIGINAL);
		child_done();
	}
	await_turn(&child);
	unmap(map, pages(1));
	unmap(map + pages(2), pages(1));
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
	release_child(&child);
	assert_found_zero();
}

/* The descriptor that sets the policy is closed; the tests' runner has none. */
static void set_policy_and_close(uint32_t policy)
{
	int fd = control_open();

	set_policy(fd, policy);
	close(fd);
}

ROW(C6, last_close,
    "the policy close wipes when the last file description has gone, and the next open finds zeros")
{
	int fd, copy;

	set_policy_and_close(ON_CLOSE);
	for (int i = 0; i < 3; i++) {
		target_write_pattern(0, pages(TEST_PAGES), SECRET);
		ck_assert_uint_eq(counter("opens"), 0);
		assert_found_zero();
	}

	fd = target_open(O_RDWR);
	target_write_pattern(0, pages(TEST_PAGES), SECRET);
	copy = dup(fd);
	close(fd);
	assert_target(0, pages(TEST_PAGES), SECRET);
	close(copy);
	assert_found_zero();
}

ROW(C6, mapping_keeps_open,
    "a mapping holds its file description, and keeps the contents after close")
{
	unsigned char *map;

	set_policy_and_close(ON_CLOSE);
	map = target_map_rw(TEST_PAGES, MAP_SHARED, 0);
	pattern_fill(map, pages(TEST_PAGES), 0, SECRET);
	assert_target(0, pages(TEST_PAGES), SECRET);
	unmap(map + pages(1), pages(TEST_PAGES - 1));
	assert_target(0, pages(TEST_PAGES), SECRET);
	unmap(map, pages(1));
	assert_found_zero();
}

ROW(C6, close_by_exit, "a process that is killed closes and unmaps everything it had")
{
	struct peer child;

	set_policy_and_close(ON_CLOSE | ON_UNMAP);
	if (fork_child(&child)) {
		target_open(O_RDWR);
		pattern_fill(target_map_rw(TEST_PAGES, MAP_SHARED, 0), pages(TEST_PAGES), 0,
			     SECRET);
		child_stays(&child);
	}
	await_turn(&child);
	assert_target(0, pages(TEST_PAGES), SECRET);
	kill_child(&child);
	assert_found_zero();
}

static const struct policy {
	const char *name;
	uint32_t policy;
} policies[] = {
	{"none", 0},
	{"unmap", ON_UNMAP},
	{"close", ON_CLOSE},
};

/* Open all the while and mapped, and then mapped no more; or never mapped, and then closed. */
ROW_EACH(C6, only_as_told, "each policy wipes only at its own time, and the policy none never",
	 policies)
{
	uint32_t policy = policies[_i].policy;
	int fd = control_open();

	set_policy(fd, ON_UNMAP | ON_CLOSE);
	set_policy(fd, policy);
	unmap(target_map_rw(1, MAP_SHARED, 0), pages(1));
	if (policy == ON_UNMAP)
		assert_found_zero();
	else
		assert_target(0, pages(TEST_PAGES), ORIGINAL);

	target_write_pattern(0, pages(TEST_PAGES), SECRET);
	close(fd);
	/* The read opens the device and closes it. */
	if (policy == ON_CLOSE)
		assert_found_zero();
	else
		assert_target(0, pages(TEST_PAGES), SECRET);
}

#define ROUNDS 500
#define WAITED 25 /* one round in so many waits until the other process has looked */

/* A page of memory that the two processes share. */
struct board {
	volatile unsigned long started, ended, looked;
	volatile int over;
};

/* Maps, stores and unmaps again and again. A secret in the shared page is no longer mapped. */
static void keep_secrets(struct board *board)
{
	for (unsigned long secret = 1; secret <= ROUNDS; secret++) {
		volatile unsigned long *map;

		board->started = secret;
		map = target_map_rw(1, MAP_SHARED, pages(5));
		*map = secret;
		unmap((void *)map, pages(1));
		board->ended = secret;
		/* Some time in which only the other process maps the page. */
		for (int i = 0; i < 200; i++)
			getppid();
		/* Even on a busy machine the other process looks for some of the secrets. */
		while (secret % WAITED == 0 && board->looked < secret)
			sched_yield();
	}
	board->over = 1;
}

ROW(C6, no_window, "a process that maps right after the last unmap never sees the old contents",
    .timeout = 120)
{
	struct board *board = mmap(NULL, sizeof(*board), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long looks = 0;
	int fd = control_open();
	struct peer child;

	ck_assert_ptr_ne(board, MAP_FAILED);
	/* A small device takes little time to wipe. */
	assert_done(punch(fd, 0, target.size));
	set_policy(fd, ON_UNMAP);
	if (fork_child(&child)) {
		keep_secrets(board);
		child_done();
	}
	while (!board->over) {
		unsigned long over = board->ended, seen;
		volatile unsigned long *map;

		if (board->started != over)
			continue;
		/* No process has it mapped: the last unmap was before this. */
		map = target_map(pages(1), RW, MAP_SHARED, fd, pages(5));
		seen = *map;
		unmap((void *)map, pages(1));
		if (board->started != over)
			continue;
		looks++;
		if (seen)
			ck_abort_msg("secret %lu is seen after it was unmapped", seen);
		board->looked = over;
	}
	await_exit(&child);
	ck_assert_uint_ge(looks, ROUNDS / WAITED);
}
