// SPDX-License-Identifier: GPL-2.0-only
/*
 * C2: eight processes that do everything at once, in four huge pages' range:
 *
 *	chunk   0           1           2           3           (4)
 *	[ rebuilt   | kept|  any  | kept|  any  |    any    |  grown    ]
 *	                                 ^ smallest            largest  ^
 *
 * The kept pages are written once, and read, mapped, poisoned and healed, in huge
 * folios whose other parts come and go. The rebuilt pages go and come back in a
 * huge folio, which then is made small, by one process that knows its contents.
 * In the rest anything goes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/access.h"
#include "support/contents.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define CHUNKS	   4
#define KEPT	   1 /* pattern */
#define STEPS	   1500
#define MOST_STEPS (100 * STEPS)

static struct arena {
	off_t start;
	size_t chunk, kept;
	struct board {
		volatile int over;
		volatile unsigned long rebuilt, read, touched; /* and found correct */
	} * board;
} arena;

static off_t chunk_start(int index)
{
	return arena.start + index * arena.chunk;
}

/* A random number up to this, from the process's own sequence. */
static size_t any(size_t below)
{
	return ((size_t)rand() << 16 ^ rand()) % below;
}

static off_t any_page(void)
{
	return arena.start + pages(any(CHUNKS * arena.chunk / target.page));
}

/* Neither kept nor rebuilt, and the length that stays so. */
static off_t any_loose(size_t *len)
{
	int chunk = 1 + any(CHUNKS - 1);
	size_t from = chunk == CHUNKS - 1 ? 0 : arena.kept;
	size_t at = from + any(arena.chunk - from);

	*len = 1 + any(arena.chunk - at);
	return chunk_start(chunk) + at;
}

static off_t smallest_size(void)
{
	return chunk_start(2) + arena.kept;
}

/*
 * A command is refused while another process uses the page (EBUSY), and where an injection
 * says so (EIO). A range may also lie past the end (EINVAL), but only if it reaches beyond
 * the smallest size that the device is given.
 */
static void tolerate_range(const char *what, int error, off_t end)
{
	if (error && error != EBUSY && error != EIO && (error != EINVAL || end <= smallest_size()))
		ck_abort_msg("%s up to %#jx, of %#jx at least: %s", what, (intmax_t)end,
			     (intmax_t)smallest_size(), strerror(error));
}

static void tolerate(const char *what, int error)
{
	tolerate_range(what, error, 0);
}

static void punch_any(int fd)
{
	size_t len;
	off_t at = any_loose(&len);

	/* Sometimes punches a whole chunk, so that it becomes huge again. */
	if (!any(4))
		tolerate_range("PUNCH", punch(fd, chunk_start(CHUNKS - 1), arena.chunk),
			       chunk_start(CHUNKS));
	else
		tolerate_range("PUNCH", punch(fd, at, len), at + len);
}

static void poison_any(int fd)
{
	static const enum mmapdemo_inject_action actions[] = {
		MMAPDEMO_INJECT_SIGBUS,
		MMAPDEMO_INJECT_COUNT,
		MMAPDEMO_INJECT_NONE,
	};
	struct mmapdemo_injection rule = {
		.offset = any_page(),
		.length = pages(1 + any(4)),
		.action = actions[any(ARRAY_SIZE(actions))],
	};

	if (rule.action == MMAPDEMO_INJECT_COUNT)
		rule.delay = any(200);
	tolerate_range("INJECT_SET", set_rule(fd, rule), rule.offset + rule.length);
	if (!any(16))
		tolerate_range("healing", heal(fd, arena.start, (CHUNKS + 1) * arena.chunk),
			       chunk_start(CHUNKS + 1));
}

static void rebuild(int fd)
{
	uint64_t seed = any(1 << 20);
	struct mmapdemo_sum sum = {
		.size = sizeof(sum),
		.offset = arena.start,
		.length = arena.chunk,
	};
	static unsigned char *wanted;
	int error;

	if (!wanted)
		wanted = malloc(arena.chunk);
	if (heal(fd, arena.start, arena.chunk) || punch(fd, arena.start, arena.chunk) ||
	    fill(fd, arena.start, arena.chunk, seed))
		return; /* another process set a rule first, or uses the page */
	tolerate("INJECT_SET",
		 set_action(fd, arena.start + pages(any(100)), pages(1), MMAPDEMO_INJECT_COUNT));
	error = command(fd, MMAPDEMO_IOCTL_SUM, &sum);
	tolerate("SUM", error);
	if (error)
		return;
	contents_pattern(wanted, arena.chunk, arena.start, seed);
	if (sum.crc32c != contents_crc(0, wanted, arena.chunk))
		ck_abort_msg("what was rebuilt with seed %ju has changed", (uintmax_t)seed);
	arena.board->rebuilt++;
}

static void write_any(int fd)
{
	static unsigned char bytes[1 << 16];
	size_t len;
	off_t at = any_loose(&len);

	if (len > sizeof(bytes))
		len = sizeof(bytes);
	if (any(2))
		tolerate_range("FILL", fill(fd, at, len, at), at + len);
	else if (pwrite(fd, bytes, len, at) < 0 && errno != ENOSPC)
		tolerate("write", errno);
}

static off_t any_kept(size_t *len)
{
	size_t at = any(arena.kept);

	*len = 1 + any(arena.kept - at);
	return chunk_start(1 + any(2)) + at;
}

static void read_any(int fd)
{
	static unsigned char bytes[1 << 16];
	size_t len;
	off_t at = any_kept(&len);
	ssize_t got = pread(fd, bytes, len < sizeof(bytes) ? len : sizeof(bytes), at);

	if (got < 0) {
		tolerate("read", errno);
	} else {
		assert_memory(bytes, got, at, KEPT);
		arena.board->read++;
	}
	if (pread(fd, bytes, sizeof(bytes), any_page()) < 0)
		tolerate("read", errno);
}

/* Accesses pages that may be freed by now, or bad. */
static void touch_any(unsigned char *map, size_t len, bool store)
{
	for (int i = 0; i < 8; i++) {
		size_t at = any(len);
		struct access access = store ? try_write(map + at, i) : try_read(map + at);

		if (access.signo && access.signo != SIGBUS)
			ck_abort_msg("touched at %zu: %s", at, strsignal(access.signo));
	}
}

/* A byte of the kept part, if no rule covers it. */
static void check_kept(const unsigned char *arena_map)
{
	size_t len;
	off_t at = any_kept(&len);
	struct access access = try_read(arena_map + (at - arena.start));

	if (access.signo)
		return;
	if (access.value != pattern_byte(at, KEPT))
		ck_abort_msg("kept byte at %#jx is %#lx", (intmax_t)at, access.value);
	arena.board->touched++;
}

static void map_any(int fd)
{
	size_t all = (CHUNKS + 1) * arena.chunk, len;
	unsigned char *shared = target_map(all, RW, MAP_SHARED, fd, arena.start);
	unsigned char *private = target_map(all, RW, MAP_PRIVATE, fd, arena.start);
	off_t at = any_loose(&len) - arena.start;

	touch_any(shared, all, false);
	touch_any(shared + at, len, true);
	touch_any(private + at, len, true);
	check_kept(shared);
	check_kept(private);
	unmap(shared, all);
	unmap(private, all);
}

static void fork_any(int fd)
{
	size_t all = CHUNKS * arena.chunk;
	unsigned char *shared = target_map(all, RW, MAP_SHARED, fd, arena.start);
	unsigned char *private = target_map(all, RW, MAP_PRIVATE, fd, arena.start);
	unsigned char *own = private + chunk_start(1) - arena.start;
	int copied = !try_write(own, 'o').signo;
	struct peer child;

	touch_any(shared, all, false);
	if (fork_child(&child)) {
		touch_any(private, all, true);
		check_kept(shared);
		child_done();
	}
	touch_any(private + arena.chunk, arena.chunk, true);
	await_exit(&child);
	/* A private copy stays, whatever happens to the page. */
	if (copied && !any(2)) {
		own[1] = 'p';
		ck_assert_int_eq(own[1], 'p');
	}
	unmap(shared, all);
	unmap(private, all);
}

static void (*const roles[])(int fd) = {
	punch_any, poison_any, rebuild, write_any, read_any, map_any, fork_any,
};

static void resize_any(int fd)
{
	off_t smallest = smallest_size();
	off_t most = chunk_start(CHUNKS + 1);

	tolerate("RESIZE", resize(fd, smallest + pages(any((most - smallest) / target.page + 1))));
}

/* Has each of the processes that check contents found them right at least once? */
static bool all_checked(void)
{
	return arena.board->rebuilt && arena.board->read && arena.board->touched;
}

/*
 * How long: so many sizes and until contents were checked, which a busy machine may do late; or so
 * many seconds, if the user asks for that.
 */
static bool goes_on(int step)
{
	const char *seconds = getenv("MMAPDEMO_RACE_SECONDS");
	static struct timespec began;
	struct timespec now;

	if (!seconds)
		return step < STEPS || (step < MOST_STEPS && !all_checked());
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!step)
		began = now;
	return now.tv_sec - began.tv_sec < atol(seconds);
}

ROW(C2, race, "eight processes change parts of it at once, and the rest keeps its contents",
    .timeout = 600)
{
	int fd = control_open();
	struct peer peers[ARRAY_SIZE(roles)];
	struct mmapdemo_info before, now;

	arena.chunk = chunk_size(fd);
	arena.kept = arena.chunk / 4;
	arena.start = target.size / arena.chunk * arena.chunk - CHUNKS * arena.chunk;
	arena.board = mmap(NULL, sizeof(*arena.board), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(arena.board, MAP_FAILED);
	if (arena.start < (off_t)arena.chunk)
		row_not_applicable("the target is smaller than %d huge pages", CHUNKS + 1);
	assert_done(punch(fd, arena.start, CHUNKS * arena.chunk));
	for (int chunk = 1; chunk <= 2; chunk++)
		target_write_pattern(chunk_start(chunk), arena.kept, KEPT);
	before = info_of(fd);

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (fork_child(&peers[i])) {
			int own = target_open(O_RDWR);

			srand(i + 1);
			while (!arena.board->over)
				roles[i](own);
			child_done();
		}
	srand(0);
	for (int step = 0; goes_on(step); step++)
		resize_any(fd);
	arena.board->over = 1;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		await_exit(&peers[i]);

	assert_done(heal(fd, 0, target.size + arena.chunk));
	assert_done(resize(fd, target.size));
	for (int chunk = 1; chunk <= 2; chunk++) {
		size_t count = arena.kept / target.page;
		unsigned char *map = target_map_rw(count, MAP_SHARED, chunk_start(chunk));

		assert_memory(map, arena.kept, chunk_start(chunk), KEPT);
		assert_target(chunk_start(chunk), arena.kept, KEPT);
		ck_assert_uint_eq(sum_of(fd, chunk_start(chunk), arena.kept),
				  contents_crc(0, map, arena.kept));
		unmap(map, arena.kept);
	}
	ck_assert_uint_gt(arena.board->rebuilt, 0);
	ck_assert_uint_gt(arena.board->read, 0);
	ck_assert_uint_gt(arena.board->touched, 0);
	now = info_of(fd);
	ck_assert_uint_eq(now.opens, before.opens);
	ck_assert_uint_eq(now.vmas, 0);
	ck_assert_uint_eq(now.rules, 0);
	ck_assert_uint_eq(now.resident, counter("resident"));
	ck_assert_uint_le(now.resident, now.bytes);
}
