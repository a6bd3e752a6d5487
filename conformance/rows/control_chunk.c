// SPDX-License-Identifier: GPL-2.0-only
/* C2: the effect of a new end or a hole on a huge folio, or on as many small ones. */
#define _GNU_SOURCE
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define STORED 1
#define COPIED 2

static size_t chunk_pages(int fd)
{
	return chunk_size(fd) / target.page;
}

/* Where in the chunk the new end is: a page; negative: counted from its end. */
#define MIDDLE 1000000
static const struct cut {
	const char *name;
	const struct folios *folios;
	int page;
} cuts[] = {
	{"huge,first-page", &folios[0], 1},   {"huge,middle", &folios[0], MIDDLE},
	{"huge,last-page", &folios[0], -1},   {"huge,all-of-it", &folios[0], 0},
	{"small,middle", &folios[1], MIDDLE}, {"small,all-of-it", &folios[1], 0},
};

static size_t cut_page(int fd, int page)
{
	if (page == MIDDLE)
		return chunk_pages(fd) * 2 / 5;
	return page < 0 ? chunk_pages(fd) + page : (size_t)page;
}

ROW_EACH(C2, shrink_in_chunk,
	 "a new end in a huge folio splits it, and keeps the pages before the end", cuts)
{
	const struct cut *cut = &cuts[_i];
	int fd = control_open();
	off_t off = make_chunk(fd, cut->folios, STORED);
	size_t kept = cut_page(fd, cut->page);
	unsigned char *map = target_map_rw(chunk_pages(fd), MAP_SHARED, off);
	unsigned char *end = map + pages(kept);
	struct mmapdemo_info before, now;

	assert_memory(map, chunk_size(fd), off, STORED);
	/* Nothing is after the chunk, so that the freed pages can be counted. */
	assert_done(resize(fd, off + chunk_size(fd)));
	before = info_of(fd);
	assert_done(resize(fd, off + pages(kept)));
	now = info_of(fd);
	ck_assert_uint_eq(now.resident, before.resident - chunk_size(fd) + pages(kept));
	assert_huge_folios(&now, before.huge_folios - cut->folios->huge);

	if (kept) {
		assert_memory(map, pages(kept), off, STORED);
		assert_target(off, pages(kept), STORED);
		ck_assert_uint_eq(smaps_kb(map, "FilePmdMapped"), 0);
	}
	assert_bus_error(try_read(end), end);

	assert_done(resize(fd, target.size));
	assert_memory(map, pages(kept), off, STORED);
	assert_zero(end, chunk_size(fd) - pages(kept));
}

ROW_EACH(C2, shrink_under_copies, "a new end in a huge folio drops private copies past it only",
	 folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], STORED);
	unsigned char *map = target_map_rw(chunk_pages(fd), MAP_PRIVATE, off);
	size_t kept = chunk_pages(fd) / 5, copied[] = {3, kept - 1, kept, 3 * kept};

	assert_memory(map, chunk_size(fd), off, STORED);
	for (size_t i = 0; i < ARRAY_SIZE(copied); i++)
		pattern_fill(map + pages(copied[i]), pages(1), off + pages(copied[i]), COPIED);
	assert_done(resize(fd, off + pages(kept)));
	for (size_t i = 0; i < kept; i++)
		assert_memory(map + pages(i), pages(1), off + pages(i),
			      i == 3 || i == kept - 1 ? COPIED : STORED);
	assert_bus_error(try_read(map + pages(kept)), map + pages(kept));
	assert_bus_error(try_read(map + pages(3 * kept)), map + pages(3 * kept));
	assert_target(off, pages(kept), STORED);
}

/*
 * A hole in the chunk, from where to where: pages, and bytes from there. Pages are
 * from the chunk's start; or its end, where a first page is negative or an end not
 * positive.
 */
static const struct hole {
	const char *name;
	struct {
		int pages, bytes;
	} from, to;
} holes[] = {
	{"a-page", {5, 0}, {6, 0}},
	{"first-page", {0, 0}, {1, 0}},
	{"last-page", {-1, 0}, {0, 0}},
	{"pages", {5, 0}, {-7, 0}},
	{"bytes-of-a-page", {9, 100}, {9, 150}},
	{"a-byte", {1, -1}, {1, 0}},
	{"over-a-border", {9, -3}, {9, 4}},
	{"pages-and-bytes", {20, 1000}, {24, -596}},
	{"all-but-a-byte", {0, 1}, {0, 0}},
	{"all", {0, 0}, {0, 0}},
};

/* A hole in each kind of chunk: the pattern around it, zeros in it, whole pages freed. */
static void check_hole(const struct folios *kind, const struct hole *hole)
{
	int fd = control_open();
	off_t off = make_chunk(fd, kind, STORED);
	size_t size = chunk_size(fd);
	unsigned char *map = target_map_rw(chunk_pages(fd), MAP_SHARED, off);
	size_t at = (hole->from.pages < 0 ? size : 0) + pages(hole->from.pages) + hole->from.bytes;
	size_t after = (hole->to.pages > 0 ? 0 : size) + pages(hole->to.pages) + hole->to.bytes;
	size_t first = (at + target.page - 1) / target.page;
	size_t end = after / target.page;
	size_t freed = end > first ? pages(end - first) : 0;
	struct mmapdemo_info before, now;

	assert_memory(map, size, off, STORED);
	before = info_of(fd);
	assert_done(punch(fd, off + at, after - at));
	now = info_of(fd);
	ck_assert_uint_eq(now.bytes, target.size);
	ck_assert_uint_eq(now.resident, before.resident - freed);
	if (freed)
		assert_huge_folios(&now, before.huge_folios - kind->huge);
	for (size_t page = first; page < end; page++)
		ck_assert_uint_eq(frame_of(map + pages(page)), 0);
	if (freed) {
		ck_assert_int_eq(lseek(fd, off + pages(first), SEEK_HOLE), off + pages(first));
		if (end < chunk_pages(fd))
			ck_assert_int_eq(lseek(fd, off + pages(first), SEEK_DATA),
					 off + pages(end));
	}

	assert_target(off, at, STORED);
	assert_target(off + after, size - after, STORED);
	assert_memory(map, at, off, STORED);
	assert_zero(map + at, after - at);
	assert_memory(map + after, size - after, off + after, STORED);
	/* The hole takes stores again. */
	pattern_fill(map, size, off, STORED + 1);
	assert_target(off, size, STORED + 1);
}

ROW_EACH(C2, punch_huge, "a hole in a huge folio reads as zeros, and the rest is unchanged", holes)
{
	check_hole(&folios[0], &holes[_i]);
}

ROW_EACH(C2, punch_small, "a hole in small folios reads as zeros, and the rest is unchanged", holes)
{
	check_hole(&folios[1], &holes[_i]);
}

ROW_EACH(C2, punch_under_copies, "private copies over a hole stay, and its other pages are zero",
	 folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], STORED);
	unsigned char *map = target_map_rw(chunk_pages(fd), MAP_PRIVATE, off);
	uint64_t frame;

	assert_memory(map, chunk_size(fd), off, STORED);
	pattern_fill(map + pages(6), pages(1), off + pages(6), COPIED);
	frame = frame_of(map + pages(6));
	assert_done(punch(fd, off + pages(5), pages(3)));
	assert_memory(map, pages(5), off, STORED);
	assert_zero(map + pages(5), pages(1));
	assert_memory(map + pages(6), pages(1), off + pages(6), COPIED);
	assert_same_page(frame_of(map + pages(6)), frame);
	assert_zero(map + pages(7), pages(1));
	assert_memory(map + pages(8), chunk_size(fd) - pages(8), off + pages(8), STORED);
}

ROW_EACH(C2, punch_seen_by_all, "a hole shows at once in other processes' mappings", folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], STORED);
	struct peer child;

	if (fork_child(&child)) {
		unsigned char *map = target_map_rw(chunk_pages(fd), MAP_SHARED, off);

		assert_memory(map, chunk_size(fd), off, STORED);
		pass_turn(&child);
		await_turn(&child);
		assert_memory(map, pages(5) + 10, off, STORED);
		assert_zero(map + pages(5) + 10, pages(2));
		assert_memory(map + pages(7) + 10, pages(10), off + pages(7) + 10, STORED);
		child_done();
	}
	await_turn(&child);
	assert_done(punch(fd, off + pages(5) + 10, pages(2)));
	release_child(&child);
}

ROW(C2, punch_of_a_hole, "a hole in a hole, whole pages or not, allocates nothing")
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[1], STORED);
	uint64_t resident;

	assert_done(punch(fd, off, chunk_size(fd)));
	resident = info_of(fd).resident;
	assert_done(punch(fd, off + 100, pages(3)));
	assert_done(punch(fd, off + 5, 1));
	ck_assert_uint_eq(info_of(fd).resident, resident);
	ck_assert_int_eq(lseek(fd, off, SEEK_HOLE), off);
}

ROW(C2, punch_past_the_end, "the part of a hole past the end is ignored")
{
	int fd = control_open();
	uint64_t resident = info_of(fd).resident;

	assert_done(punch(fd, target.size, pages(4)));
	assert_done(punch(fd, target.size + 5, 1));
	ck_assert_uint_eq(info_of(fd).resident, resident);
	assert_target(last_page(), pages(1), ORIGINAL);
	assert_done(punch(fd, last_page(), pages(100)));
	ck_assert_uint_eq(info_of(fd).resident, resident - pages(1));
	ck_assert_int_eq(info_of(fd).bytes, target.size);
	assert_target(last_page() - pages(1), pages(1), ORIGINAL);
}

ROW_EACH(C2, hole_after, "SEEK_HOLE from each page of a chunk finds the hole right after it",
	 folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], STORED);
	off_t end = off + chunk_size(fd);

	/* Memory after the chunk, which must not be taken for the chunk's. */
	target_write_pattern(end, chunk_size(fd), STORED);
	assert_done(punch(fd, end, pages(3)));
	for (size_t page = 0; page < chunk_pages(fd); page++)
		ck_assert_int_eq(lseek(fd, off + pages(page) + 5, SEEK_HOLE), end);
}

/*
 * [----chunk----]      made anew, when the end is in it:
 * [-----------|end]
 */
ROW(C2, end_in_a_chunk, "memory made where the end cuts a chunk does not reach past it")
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[0], STORED), end = off + chunk_size(fd) - pages(1);
	unsigned char *area = reserve(2 * chunk_pages(fd)), *map;

	assert_done(in_the_end(punch(fd, off, chunk_size(fd))));
	assert_done(in_the_end(resize(fd, end)));
	/* An address where a huge page could be mapped, if there were one. */
	map = (unsigned char *)(((uintptr_t)area + chunk_size(fd) - 1) & -chunk_size(fd));
	target_map_at(map, chunk_size(fd), RW, MAP_SHARED, fd, off);
	map[0] = 's';
	assert_bus_error(try_read(map + (end - off)), map + (end - off));
	ck_assert_int_eq(map[end - off - 1], 0);
	ck_assert_uint_le(info_of(fd).resident, end);
}
