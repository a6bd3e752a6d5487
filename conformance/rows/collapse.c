// SPDX-License-Identifier: GPL-2.0-only
/*
 * M15, C2: pages of a chunk that move to a huge folio, by COLLAPSE or, on a file of the kernel's,
 * by MADV_COLLAPSE, and by a page fault.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/created.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/weather.h"

#define SEED	 7
#define HOLE	 5 /* the page that is freed and used again */
#define ROUNDS	 20
#define COLLAPSE 25 /* MADV_COLLAPSE: newer than the headers of some systems */

static int collapse_device(int fd, off_t off, uint64_t len)
{
	struct mmapdemo_collapse argument = {
		.size = sizeof(argument), .offset = off, .length = len};

	return command(fd, MMAPDEMO_IOCTL_COLLAPSE, &argument);
}

static int collapse(off_t off)
{
	size_t len = memory_chunk_size();
	unsigned char *map;
	int fd, error;

	if (target.module) {
		fd = target_open(O_RDWR);
		error = collapse_device(fd, off, len);
		close(fd);
		return error;
	}
	map = memory_map(off, MAP_SHARED);
	error = madvise(map, len, COLLAPSE) ? errno : 0;
	unmap(map, len);
	if (error == EINVAL)
		row_not_applicable("the kernel does not collapse memory of this file");
	/* "try again": MADV_COLLAPSE says so of a page that somebody uses */
	return error == EAGAIN ? EBUSY : error;
}

static bool is_whole(off_t off)
{
	unsigned char *map = memory_map(off, MAP_SHARED);
	bool whole = is_compound(map + pages(HOLE));

	unmap(map, memory_chunk_size());
	return whole;
}

/*
 * Frees a page of a chunk, and has it used again. That leaves small folios, but not where
 * somebody has a reference to the huge one, as compaction may for a moment.
 */
static void make_small(off_t off)
{
	unsigned int since = 0;
	bool whole;

	do {
		assert_done(in_the_end(memory_free(off + pages(HOLE), pages(1))));
		target_write_pattern(off + pages(HOLE), pages(1), SEED);
		whole = is_whole(off);
	} while (whole && weather_wait(&since));
	ck_assert_msg(!whole, "PUNCH of a page did not split the huge folio");
}

/* How a chunk has become small. */
static const struct how {
	const char *name;
	const struct folios *folios;
	bool refilled;
} hows[] = {
	{"single-pages", &folios[1], false},
	{"hole-refilled", &folios[0], true},
};

/* In KiB; 0 where there is no such node. */
static unsigned long free_memory(int node)
{
	char path[64], text[4096];
	unsigned long amount = 0;
	const char *line;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	if (!read_text(path, text, sizeof(text)) && (line = strstr(text, "MemFree:")))
		sscanf(line, "MemFree: %lu", &amount);
	return amount;
}

/*
 * COLLAPSE leaves a chunk of two nodes. The node with most memory is to give all, in blocks of
 * huge pages, of which a chunk that moves takes two. Nothing moves for compaction after this.
 */
static void stay_on_one_node(void)
{
	int node = free_memory(1) > free_memory(0);
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/compact", node);
	write_text(path, "1");
	weather_begin();
	bind_process(node);
}

static off_t chunk_of_one_node(const struct folios *kind)
{
	stay_on_one_node();
	return memory_chunk(kind, SEED);
}

static off_t small_chunk(const struct how *how)
{
	off_t off = chunk_of_one_node(how->folios);

	if (how->refilled)
		make_small(off);
	return off;
}

static void assert_huge_chunk(off_t off)
{
	size_t len = memory_chunk_size();
	unsigned char *map = memory_map(off, MAP_SHARED);

	(void)*(volatile unsigned char *)map;
	if (!maps_huge(map, len, len) && !weather_explains(false))
		ck_assert_uint_eq(huge_mapped(map), len);
	assert_memory(map, len, off, SEED);
	unmap(map, len);
}

ROW_EACH(M15, collapse, "a chunk that becomes huge keeps its contents, in each mapping of it", hows)
{
	off_t off = small_chunk(&hows[_i]);
	size_t len = memory_chunk_size();
	unsigned char *map = memory_map(off, MAP_SHARED);
	unsigned char *copy = memory_map(off, MAP_PRIVATE);

	assert_memory(map, len, off, SEED);
	pattern_fill(copy + pages(3), pages(1), off, SEED + 1);
	assert_done(in_the_end(collapse(off)));
	assert_huge_chunk(off);
	assert_memory(map, len, off, SEED);
	assert_memory(copy, pages(3), off, SEED);
	assert_memory(copy + pages(3), pages(1), off, SEED + 1);
	assert_memory(copy + pages(4), len - pages(4), off + pages(4), SEED);
	pattern_fill(map + pages(9), pages(1), off, SEED + 1);
	assert_memory(copy + pages(9), pages(1), off, SEED + 1);
	target_write_pattern(off + pages(9), pages(1), SEED);
	assert_memory(map, len, off, SEED);
}

/*
 * A page of it is in use and stays where it is. In a storm its neighbours may be on another node,
 * so that the chunk stays small.
 */
static void assert_stays(off_t off, unsigned char *page)
{
	uint64_t frame = frame_of(page);
	unsigned int since = 0;
	int error = collapse(off);

	if (error || !weather_moves())
		assert_errno(error, EBUSY);
	/* In a storm its page table entry may be missing for a moment. */
	do
		(void)*(volatile unsigned char *)page;
	while (!frame_of(page) && weather_wait(&since));
	ck_assert_uint_eq(frame_of(page), frame);
	assert_target(off, memory_chunk_size(), SEED);
}

/* The device would continue to write to a page that nothing else maps. */
ROW(M15, collapse_pinned, "a chunk with a pinned page stays as it is: EBUSY")
{
	off_t off = small_chunk(&hows[0]);
	unsigned char *map = memory_map(off, MAP_SHARED), *page = map + pages(7);
	int pin;

	(void)*(volatile unsigned char *)page;
	pin = pin_page(page);
	assert_stays(off, page);
	close(pin);
	assert_done(in_the_end(collapse(off)));
	assert_huge_chunk(off);
}

/* A reference is no pin, but the page may be written through it as well. */
ROW(M15, collapse_in_a_pipe, "a chunk with a page in a pipe stays as it is: EBUSY")
{
	off_t off = small_chunk(&hows[0]);
	unsigned char *map = memory_map(off, MAP_SHARED), *page = map + pages(7);
	struct iovec part = {.iov_base = page, .iov_len = pages(1)};
	static unsigned char bytes[1 << 16];
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(vmsplice(ends[1], &part, 1, 0), pages(1));
	assert_stays(off, page);
	pattern_fill(page, pages(1), 0, SEED + 1);
	ck_assert_int_eq(read(ends[0], bytes, pages(1)), pages(1));
	assert_memory(bytes, pages(1), 0, SEED + 1);
	pattern_fill(page, pages(1), off + pages(7), SEED);
	assert_done(in_the_end(collapse(off)));
	assert_huge_chunk(off);
}

/* 1024 references of a page are what the kernel takes for a pin. */
ROW(M15, collapse_mapped_often, "a page may have more mappings than a pin has references")
{
	off_t off = small_chunk(&hows[0]);
	int fd = target_open(O_RDWR);
	unsigned char *map = NULL;

	for (int i = 0; i < 1100; i++) {
		map = target_map(pages(1), RW, MAP_SHARED, fd, off + pages(7));
		(void)*(volatile unsigned char *)map;
	}
	assert_done(in_the_end(collapse(off)));
	assert_huge_chunk(off);
	assert_memory(map, pages(1), off + pages(7), SEED);
}

ROW(M15, collapse_locked, "a chunk in locked memory becomes huge, too")
{
	off_t off = small_chunk(&hows[0]);
	size_t len = memory_chunk_size();
	unsigned char *map = memory_map(off, MAP_SHARED);

	if (mlock(map, len))
		row_not_applicable("mlock: %s", strerror(errno));
	assert_done(in_the_end(collapse(off)));
	assert_huge_chunk(off);
	assert_memory(map, len, off, SEED);
}

/*
 * A child on another processor, whose batch of folios that mlock() had has a reference to each
 * (mm/mlock.c), and which then idles.
 */
static void lock_on_another(struct peer *child, off_t off)
{
	size_t len = memory_chunk_size();
	unsigned char *map;

	if (fork_child(child)) {
		stay_on_processors(false);
		map = memory_map(off, MAP_SHARED);
		if (mlock2(map, len, MLOCK_ONFAULT))
			row_not_applicable("mlock2: %s", strerror(errno));
		assert_memory(map, len, off, SEED);
		child_stays(child);
	}
	if (!stay_on_processors(true))
		row_not_applicable("there is one processor");
	await_turn(child);
}

ROW(M15, collapse_batch,
    "a chunk becomes huge although another processor has just locked its pages")
{
	off_t off = small_chunk(&hows[0]);
	struct peer child;

	lock_on_another(&child, off);
	assert_done(in_the_end(collapse(off)));
	assert_huge_chunk(off);
	release_child(&child);
}

/* Children work until the parent is done. */
static volatile bool *make_flag(void)
{
	void *flag = mmap(NULL, sysconf(_SC_PAGESIZE), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(flag, MAP_FAILED);
	return flag;
}

static void collapse_often(off_t off)
{
	for (int i = 0; i < ROUNDS; i++) {
		make_small(off);
		assert_done(in_the_end(collapse(off)));
	}
}

static void assert_no_hole(int fd, off_t off)
{
	off_t hole = lseek(fd, off, SEEK_HOLE), end = off + memory_chunk_size();

	ck_assert_msg(hole == off + (off_t)pages(HOLE) || hole >= end, "a hole at %ld of %ld",
		      (long)(hole - off), (long)(end - off));
}

/* All pages but the one that is freed and used again. */
static void assert_others(int fd, const unsigned char *map, off_t off)
{
	static unsigned char bytes[4 << 20];
	size_t len = memory_chunk_size(), from = pages(HOLE + 1);

	assert_no_hole(fd, off);
	ck_assert_int_eq(pread(fd, bytes, len - from, off + from), len - from);
	assert_memory(bytes, len - from, off + from, SEED);
	assert_memory(map, pages(HOLE), off, SEED);
	assert_memory(map + from, len - from, off + from, SEED);
}

ROW(M15, collapse_beside_readers, "reads, loads and lseek during COLLAPSE find all data")
{
	off_t off = chunk_of_one_node(&folios[0]);
	volatile bool *done = make_flag();
	struct peer reader;

	if (memory_chunk_size() > 4 << 20)
		row_not_applicable("huge pages are larger than 4 MiB");
	if (fork_child(&reader)) {
		int fd = target_open(O_RDWR);
		unsigned char *map = memory_map(off, MAP_SHARED);

		while (!*done)
			assert_others(fd, map, off);
		child_done();
	}
	collapse_often(off);
	*done = true;
	await_exit(&reader);
	assert_target(off, memory_chunk_size(), SEED);
}

/* A store of one process and a write of the same are each seen the other way. */
static void store_and_write(int fd, unsigned char *map, off_t off, uint32_t turn)
{
	static const size_t where[] = {1, 100, 300};

	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		size_t at = pages(where[i]) + 64;
		uint32_t seen;

		ck_assert_int_eq(pwrite(fd, &turn, sizeof(turn), off + at), sizeof(turn));
		ck_assert_uint_eq(*(volatile uint32_t *)(map + at), turn);
		*(volatile uint32_t *)(map + at + 64) = turn;
		ck_assert_int_eq(pread(fd, &seen, sizeof(seen), off + at + 64), sizeof(seen));
		ck_assert_uint_eq(seen, turn);
	}
}

ROW(M15, collapse_beside_writers, "COLLAPSE loses no store and no write")
{
	off_t off = chunk_of_one_node(&folios[0]);
	volatile bool *done = make_flag();
	struct peer writer;

	if (fork_child(&writer)) {
		int fd = target_open(O_RDWR);
		unsigned char *map = memory_map(off, MAP_SHARED);

		for (uint32_t turn = 1; !*done; turn++)
			store_and_write(fd, map, off, turn);
		child_done();
	}
	collapse_often(off);
	*done = true;
	await_exit(&writer);
}

static void needs_huge(int fd)
{
	if (!(info_of(fd).features & MMAPDEMO_FEATURE_HUGE))
		row_not_applicable("the device makes no huge folios (huge=never)");
}

/* The chunks that COLLAPSE leaves as they are. */
static const struct left {
	const char *name;
	off_t from, to; /* pages of the range beside the chunk's ends */
	bool hole, rule, held, broken, moved;
	int error;
} lefts[] = {
	{.name = "hole", .hole = true},
	{.name = "rule", .rule = true},
	{.name = "held", .held = true, .error = EBUSY},
	{.name = "broken", .broken = true},
	{.name = "two-nodes", .moved = true},
	{.name = "from-inside", .from = 1},
	{.name = "to-inside", .to = -1},
};

/*
 * Gives a chunk the property that keeps it small. Returns the descriptor of a dma-buf that holds
 * it, or -1.
 */
static int make_left(const struct left *left, int fd, off_t off)
{
	struct mmapdemo_export export = {
		.size = sizeof(export), .offset = off + pages(3), .length = pages(1)};
	unsigned char *page = memory_map(off, MAP_SHARED) + pages(7);
	int held = -1;

	(void)*(volatile unsigned char *)page;
	if (left->hole)
		assert_done(in_the_end(punch(fd, off + pages(HOLE), pages(1))));
	if (left->rule)
		assert_done(set_action(fd, off, pages(1), MMAPDEMO_INJECT_COUNT));
	if (left->held) {
		held = ioctl(fd, MMAPDEMO_IOCTL_EXPORT, &export);
		if (held < 0)
			row_not_applicable("EXPORT: %s", strerror(errno));
	}
	if (left->broken) {
		needs_system();
		assert_done(break_page(page));
	}
	if (left->moved) {
		needs_two_nodes();
		ck_assert_int_eq(move_to_node(page, !node_of(page)), !node_of(page + pages(1)));
	}
	return held;
}

ROW_EACH(C2, collapse_leaves,
	 "a chunk stays small if it has a hole, a rule, a holder, a broken page or two nodes, or "
	 "is cut",
	 lefts)
{
	const struct left *left = &lefts[_i];
	int fd = control_open(), held;
	off_t off = small_chunk(&hows[0]);
	size_t len = chunk_size(fd), sound = left->broken ? pages(7) : len;
	struct mmapdemo_info before;
	uint32_t sum;

	needs_huge(fd);
	held = make_left(left, fd, off);
	before = info_of(fd);
	sum = sum_of(fd, off, sound);
	assert_errno(collapse_device(fd, off + pages(left->from),
				     len + pages(left->to) - pages(left->from)),
		     left->error);
	assert_huge_folios(&before, info_of(fd).huge_folios);
	ck_assert_uint_eq(info_of(fd).resident, before.resident);
	ck_assert_uint_eq(sum_of(fd, off, sound), sum);
	close(held);
}

/* MADV_COLLAPSE of a memfd charges the memory to its caller. */
ROW(C2, collapse_charge, "memory stays charged to its group, which may be at its limit")
{
	int fd = control_open();
	off_t off = memory_hole(&folios[0]);
	uint64_t before, slack = pages(64);
	struct cgroup group;
	struct peer child;

	needs_huge(fd);
	cgroup_make(&group);
	stay_on_one_node();
	if (fork_child(&child)) {
		cgroup_enter(&group);
		target_write_pattern(off, memory_chunk_size(), SEED);
		make_small(off);
		child_done();
	}
	await_exit(&child);
	before = cgroup_charged(&group);
	ck_assert_uint_ge(before, memory_chunk_size());
	cgroup_limit(&group, before);
	assert_done(in_the_end(collapse_device(fd, off, memory_chunk_size())));
	assert_huge_chunk(off);
	ck_assert_uint_ge(cgroup_charged(&group) + slack, before);
	ck_assert_uint_le(cgroup_charged(&group), before + slack);
}

/* A file of the largest size has more chunks than anybody could wait for. */
ROW(C2, collapse_of_nothing, "a file of the largest size without memory takes no time")
{
	int fd = make_file(&makers[0], 0);
	off_t most = (off_t)(largest_size() & -(uint64_t)huge_page_size());

	needs_huge(fd);
	ck_assert_int_eq(ftruncate(fd, most), 0);
	assert_done(collapse_device(fd, 0, most));
	ck_assert_int_eq(allocated(fd), 0);
}

/* A page fault that a huge page could serve. The kernel asks no handler for one before 6.6. */
static bool touch_becomes_huge(int fd, off_t off, uint64_t wanted)
{
	unsigned char *map = memory_map(off, MAP_SHARED);

	ck_assert_int_eq(madvise(map, memory_chunk_size(), MADV_HUGEPAGE), 0);
	(void)*(volatile unsigned char *)(map + pages(1));
	unmap(map, memory_chunk_size());
	return info_of(fd).huge_folios == wanted;
}

/* It does so ten times a second at most. */
static void assert_becomes_huge(int fd, off_t off)
{
	uint64_t wanted = info_of(fd).huge_folios + 1;
	unsigned int since = 0;

	while (!touch_becomes_huge(fd, off, wanted))
		ck_assert_msg(weather_wait(&since), "no huge folio came");
	assert_huge_chunk(off);
	assert_target(off, memory_chunk_size(), SEED);
}

static void needs_huge_faults(int fd)
{
	needs_huge(fd);
	if (kernel_before(6, 6))
		row_not_applicable("Linux before 6.6 asks no handler for a huge page");
}

ROW_EACH(C2, collapse_by_itself,
	 "a page fault after MADV_HUGEPAGE makes a small chunk huge, in a while", hows)
{
	int fd = control_open();

	needs_huge_faults(fd);
	assert_becomes_huge(fd, small_chunk(&hows[_i]));
}

ROW(C2, collapse_by_itself_batch,
    "the same, although another processor has just locked the chunk's pages")
{
	int fd = control_open();
	struct peer child;
	off_t off;

	needs_huge_faults(fd);
	off = small_chunk(&hows[0]);
	lock_on_another(&child, off);
	assert_becomes_huge(fd, off);
	release_child(&child);
}

ROW(C2, collapse_wants_advice, "a page fault without MADV_HUGEPAGE leaves a small chunk small")
{
	int fd = control_open();
	off_t off = small_chunk(&hows[1]);
	uint64_t before = info_of(fd).huge_folios;

	for (int i = 0; i < 30; i++) {
		unsigned char *map = memory_map(off, MAP_SHARED);

		(void)*(volatile unsigned char *)(map + pages(1));
		unmap(map, memory_chunk_size());
		usleep(10000);
	}
	ck_assert_uint_le(info_of(fd).huge_folios, before);
	assert_target(off, memory_chunk_size(), SEED);
}
