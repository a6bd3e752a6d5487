// SPDX-License-Identifier: GPL-2.0-only
/*
 * C9: the memory that the first access to a page allocates if no huge folio fits. It is one folio,
 * of the largest size up to 64 KiB that lies before the end and excludes resident pages, rules and
 * broken pages.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/created.h"
#include "support/memory.h"
#include "support/pattern.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/system.h"
#include "support/target.h"
#include "support/weather.h"

#define LEAST  4 /* pages of the smallest folio of several */
#define STORED 1
#define PUNCH  (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

/* The most pages that an access allocates. */
static int most(void)
{
	int fd = control_open();

	if (!(info_of(fd).features & MMAPDEMO_FEATURE_HUGE))
		row_not_applicable("the device makes no large folios (huge=never)");
	close(fd);
	if (pages(LEAST) > 65536)
		row_not_applicable("%d pages are more than 64 KiB", LEAST);
	return 65536 / pages(1);
}

/* A file of so many pages, mapped within one page table. */
static unsigned char *map_new(int count, int *fd)
{
	*fd = make_file(&makers[0], pages(count));
	return target_map_at(reserve_aligned(huge_page_size()), pages(count), RW, MAP_SHARED, *fd,
			     0);
}

static int mapped_of(const unsigned char *map, int count)
{
	int found = 0;

	for (int i = 0; i < count; i++)
		found += !!frame_of(map + pages(i));
	return found;
}

/* Touches a page, until free memory is not too much in pieces for the folio. */
static void make(int fd, const struct touch_kind *how, unsigned char *map, int page, int count)
{
	unsigned int since = 0;

	for (;;) {
		off_t before = allocated(fd);

		touch_page(how, map + pages(page));
		if (allocated(fd) - before >= (off_t)pages(count) || !weather_wait(&since))
			break;
		write_text("/proc/sys/vm/compact_memory", "1");
		assert_done(in_the_end(fallocate(fd, PUNCH, pages(page), pages(1)) ? errno : 0));
	}
}

ROW_EACH(C9, touch_makes,
	 "the first access allocates one folio of 64 KiB, and one page fault maps it", touch_kinds)
{
	int count = most(), fd;
	unsigned char *map = map_new(2 * count, &fd);
	uint64_t first;

	make(fd, &touch_kinds[_i], map, 3, count);
	ck_assert_int_eq(allocated(fd), pages(count));
	ck_assert_int_eq(mapped_of(map + pages(count), count), 0);
	if (mapped_of(map, count) != count && weather_explains(false))
		row_not_applicable("the kernel moves pages meanwhile");
	ck_assert_int_eq(mapped_of(map, count), count);
	ck_assert(is_compound(map));
	first = frame_of(map);
	for (int i = 0; i < count; i++)
		if (frame_of(map + pages(i)) != first + i && weather_explains(true))
			row_not_applicable("the kernel moves pages meanwhile");
		else
			assert_same_page(frame_of(map + pages(i)), first + i);
	ck_assert_uint_eq(first % count, 0);
	assert_zero(map, pages(2 * count));
	ck_assert_uint_eq(info_of(fd).huge_folios, 0);
}

ROW_EACH(C9, touch_at_the_end, "the memory that a first access allocates ends before the end",
	 touch_kinds)
{
	int count = most(), end = count + 7, fd;
	unsigned char *map = map_new(end, &fd);
	unsigned char *past =
		target_map_at(reserve(2 * count), pages(2 * count), RW, MAP_SHARED, fd, 0);

	make(fd, &touch_kinds[_i], past, count + 1, LEAST);
	ck_assert_int_eq(allocated(fd), pages(LEAST));
	for (int i = LEAST; i < 7; i++) {
		touch_page(&touch_kinds[_i], past + pages(count + i));
		ck_assert_int_eq(allocated(fd), pages(i + 1));
	}
	assert_bus_error(try_read(past + pages(end)), past + pages(end));
	pattern_fill(map + pages(count), pages(7), pages(count), STORED);
	ck_assert_int_eq(ftruncate(fd, pages(2 * count)), 0);
	assert_zero(past + pages(end), pages(2 * count - end));
	assert_memory(past + pages(count), pages(7), pages(count), STORED);
}

ROW_EACH(C9, touch_beside_a_rule, "a page with a rule is in no folio that a first access allocates",
	 touch_kinds)
{
	int count = most(), fd;
	unsigned char *map = map_new(count, &fd), *ruled = map + pages(LEAST + 1);

	assert_done(set_action(fd, pages(LEAST + 1), pages(1), MMAPDEMO_INJECT_SIGBUS));
	make(fd, &touch_kinds[_i], map, 0, LEAST);
	ck_assert_int_eq(allocated(fd), pages(LEAST));
	touch_page(&touch_kinds[_i], map + pages(LEAST));
	ck_assert_int_eq(allocated(fd), pages(LEAST + 1));
	ck_assert_int_eq(mapped_of(map + pages(LEAST + 1), count - LEAST - 1), 0);
	assert_bus_error(try_read(ruled), ruled);
	assert_bus_error(try_write(ruled, 1), ruled);
	assert_done(heal(fd, 0, pages(count)));
	assert_works(try_write(ruled, 1));
}

ROW_EACH(C9, touch_beside_a_broken_page,
	 "a page with a memory error is in no folio that a first access allocates", touch_kinds)
{
	int count = most(), fd;
	unsigned char *map, *bad;

	needs_system();
	map = map_new(count, &fd);
	bad = map + pages(LEAST + 1);
	ck_assert_int_eq(pwrite(fd, "b", 1, pages(LEAST + 1)), 1);
	assert_done(break_page(bad));
	ck_assert_int_eq(allocated(fd), 0);
	make(fd, &touch_kinds[_i], map, 0, LEAST);
	ck_assert_int_eq(allocated(fd), pages(LEAST));
	assert_broken(try_read(bad), bad);
	touch_page(&touch_kinds[_i], map + pages(LEAST));
	ck_assert_int_eq(allocated(fd), pages(LEAST + 1));
	assert_broken(try_write(bad, 1), bad);
	assert_zero(map, pages(LEAST + 1));
}

ROW_EACH(C9, touch_beside_a_page,
	 "a resident page stays, and is in no folio that a first access allocates", touch_kinds)
{
	int count = most(), fd;
	unsigned char *map = map_new(count, &fd), *there = map + pages(LEAST + 1);
	unsigned char *bytes = malloc(pages(1));
	uint64_t frame;

	pattern_fill(bytes, pages(1), pages(LEAST + 1), STORED);
	ck_assert_int_eq(pwrite(fd, bytes, pages(1), pages(LEAST + 1)), pages(1));
	free(bytes);
	assert_works(try_read(there));
	frame = frame_of(there);
	make(fd, &touch_kinds[_i], map, 0, LEAST);
	ck_assert_int_eq(allocated(fd), pages(LEAST + 1));
	touch_page(&touch_kinds[_i], map + pages(LEAST));
	ck_assert_int_eq(allocated(fd), pages(LEAST + 2));
	assert_same_page(frame_of(there), frame);
	assert_memory(there, pages(1), pages(LEAST + 1), STORED);
	assert_zero(map, pages(LEAST + 1));
}

ROW_EACH(C9, touch_at_random, "after MADV_RANDOM a first access allocates and maps one page",
	 touch_kinds)
{
	int count = most(), fd;
	unsigned char *map = map_new(count, &fd);

	ck_assert_int_eq(madvise(map, pages(count), MADV_RANDOM), 0);
	touch_page(&touch_kinds[_i], map + pages(2));
	ck_assert_int_eq(allocated(fd), pages(1));
	ck_assert_int_eq(mapped_of(map, count), 1);
}

ROW(C9, write_makes, "write and fallocate allocate memory for their bytes, and for no others")
{
	int count = most(), fd = make_file(&makers[0], pages(2 * count));
	char *bytes = calloc(count, pages(1));

	ck_assert_int_eq(pwrite(fd, bytes, pages(5) - 2, pages(2) + 1), pages(5) - 2);
	ck_assert_int_eq(allocated(fd), pages(5));
	ck_assert_int_eq(pwrite(fd, bytes, pages(count), pages(count)), pages(count));
	ck_assert_int_eq(allocated(fd), pages(5 + count));
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(fallocate(fd, 0, pages(3), pages(count)), 0);
	ck_assert_int_eq(allocated(fd), pages(count));
	free(bytes);
}

ROW(C9, write_of_nothing, "a write whose bytes cannot be read allocates no memory")
{
	int fd = make_file(&makers[0], pages(most()));
	void *none = reserve_aligned(huge_page_size());

	ck_assert_int_eq(pwrite(fd, none, pages(most()), 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(allocated(fd), 0);
}

/*
 *	[ other | second and third quarter of a folio | other ]
 *
 * The folio made is the largest that lies inside the mapping, which has a memory policy of its own.
 * It is not the last folio of the file: from 6.12 on, filemap_map_pages() makes no page table for
 * that one, so that the first page fault maps one page of it.
 */
ROW_EACH(C9, touch_inside, "the addresses beside a mapping of a part of the folio do not change",
	 touch_kinds)
{
	int count = most(), part = count / 2, fd = make_file(&makers[0], pages(2 * count));
	unsigned char *area = reserve_aligned(huge_page_size());
	unsigned char *map = area + pages(count), *after = map + pages(part);
	unsigned char *before = area;
	int made = part / 2 < LEAST ? 1 : part / 2;

	for (int i = 0; i < 2; i++) {
		unsigned char *beside = i ? after : before;

		ck_assert_ptr_eq(beside, mmap(beside, pages(count), RW,
					      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	}
	map = target_map_at(map, pages(part), RW, MAP_SHARED, fd, pages(count / 4));
	touch_page(&touch_kinds[_i], map + pages(1));
	if (mapped_of(map, part) != made && weather_explains(false))
		row_not_applicable("the kernel moves pages meanwhile");
	if (allocated(fd) == (off_t)pages(made))
		ck_assert_int_eq(mapped_of(map, part), made);
	ck_assert_int_le(allocated(fd), pages(made));
	ck_assert_int_eq(mapped_of(before, count), 0);
	ck_assert_int_eq(mapped_of(after, count), 0);
	assert_zero(before, pages(count));
	assert_zero(after, pages(count));
}

ROW_EACH(C9, touch_protected, "write-protected pages beside it stay write-protected", touch_kinds)
{
	int count = most(), fd;
	unsigned char *map = map_new(count, &fd), *beside = map + pages(LEAST);

	ck_assert_int_eq(mprotect(beside, pages(1), PROT_READ), 0);
	touch_page(&touch_kinds[_i], map + pages(LEAST - 1));
	assert_forbidden(try_write(beside, 1), beside);
	touch_page(&touch_kinds[_i], map + pages(LEAST + 1));
	assert_forbidden(try_write(beside, 1), beside);
	assert_zero(map, pages(count));
}

ROW_EACH(C9, touch_guarded, "a guard region beside it stays", touch_kinds)
{
	int count = most(), fd;
	unsigned char *map = map_new(count, &fd), *beside = map + pages(LEAST);

	assert_done(guard(beside, MADV_GUARD_INSTALL));
	touch_page(&touch_kinds[_i], map + pages(1));
	assert_unmapped(try_read(beside), beside);
	assert_done(guard(beside, MADV_GUARD_REMOVE));
	assert_zero(map, pages(count));
}

/* A file of two such folios, which holds the pattern, mapped. */
static unsigned char *map_made(int *fd, int *count)
{
	unsigned char *map;

	*count = most();
	map = map_new(2 * *count, fd);
	make(*fd, &touch_kinds[1], map, 0, *count);
	if (!is_compound(map))
		row_not_applicable("the kernel made no larger folio of it");
	pattern_fill(map, pages(2 * *count), 0, STORED);
	return map;
}

/* A folio that somebody has a reference to is zeroed in part. Nobody has one for long. */
static int punch_until(int fd, int page, int count, off_t left)
{
	int error = fallocate(fd, PUNCH, pages(page), pages(count)) ? errno : 0;

	return error ? error : allocated(fd) == left ? 0 : EBUSY;
}

ROW(C9, punch_in_a_folio,
    "a hole in the middle of a folio frees those pages, and no other page changes")
{
	int count, fd;
	unsigned char *map = map_made(&fd, &count);

	assert_done(in_the_end(punch_until(fd, 3, 2, pages(2 * count - 2))));
	assert_memory(map, pages(3), 0, STORED);
	assert_zero(map + pages(3), pages(2));
	assert_memory(map + pages(5), pages(2 * count - 5), pages(5), STORED);
}

/*
 * On 7.x the kernel's split at the end of the hole can fail because of the reader's reference
 * after the split at its start has succeeded. The folio that crosses the end then has pages of
 * both sides.
 */
ROW(C9, punch_beside_a_reader,
    "a hole in a folio frees no page outside the hole, even beside a reader")
{
	int count, fd;
	unsigned char *map = map_made(&fd, &count);
	struct peer reader;

	if (fork_child(&reader)) {
		char byte[256];

		while (pread(fd, byte, sizeof(byte), pages(6)) == sizeof(byte))
			;
		child_done();
	}
	for (int i = 0; i < 200; i++) {
		ck_assert_int_eq(fallocate(fd, PUNCH, pages(3), pages(2)), 0);
		assert_memory(map, pages(3), 0, STORED);
		assert_zero(map + pages(3), pages(2));
		assert_memory(map + pages(5), pages(2 * count - 5), pages(5), STORED);
		ck_assert_int_eq(fallocate(fd, PUNCH, 0, pages(2 * count)), 0);
		pattern_fill(map, pages(2 * count), 0, STORED);
	}
	kill_child(&reader);
}

ROW(C9, cut_in_a_folio,
    "an end in the middle of a folio zeroes the bytes past it, for every mapping")
{
	int count, fd;
	unsigned char *map = map_made(&fd, &count), *past = map + pages(6);
	off_t end = pages(5) + 100;

	assert_done(in_the_end(ftruncate(fd, end) ? errno : 0));
	ck_assert_int_eq(allocated(fd), pages(6));
	assert_bus_error(try_read(past), past);
	assert_memory(map, end, 0, STORED);
	assert_zero(map + end, pages(6) - end);
	ck_assert_int_eq(ftruncate(fd, pages(2 * count)), 0);
	assert_memory(map, end, 0, STORED);
	assert_zero(map + end, pages(2 * count) - end);
}

ROW(C9, pinned_folio,
    "a pin of a page keeps its folio whole: a cut is EBUSY, and a hole only zeroes")
{
	int count, fd, pin;
	unsigned char *map = map_made(&fd, &count);

	pin = pin_page(map + pages(2));
	ck_assert_int_eq(ftruncate(fd, pages(1)), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(fallocate(fd, PUNCH, 0, pages(count)), -1);
	ck_assert_int_eq(errno, EBUSY);
	assert_memory(map, pages(2 * count), 0, STORED);
	ck_assert_int_eq(fallocate(fd, PUNCH, pages(5), pages(2)), 0);
	ck_assert_int_eq(allocated(fd), pages(2 * count));
	assert_memory(map, pages(5), 0, STORED);
	assert_zero(map + pages(5), pages(2));
	assert_memory(map + pages(7), pages(2 * count - 7), pages(7), STORED);
	close(pin);
	assert_done(in_the_end(ftruncate(fd, pages(1)) ? errno : 0));
	assert_memory(map, pages(1), 0, STORED);
}

ROW(C9, rule_in_a_folio, "a rule for a page in the middle of a folio concerns that page alone")
{
	int count, fd;
	unsigned char *map = map_made(&fd, &count), *ruled = map + pages(5);

	assert_done(set_action(fd, pages(5), pages(1), MMAPDEMO_INJECT_SIGBUS));
	assert_memory(map, pages(5), 0, STORED);
	assert_memory(map + pages(6), pages(2 * count - 6), pages(6), STORED);
	assert_bus_error(try_read(ruled), ruled);
	assert_bus_error(try_write(ruled, 1), ruled);
	ck_assert_int_eq(allocated(fd), pages(2 * count));
	assert_done(heal(fd, pages(5), pages(1)));
	assert_memory(map, pages(2 * count), 0, STORED);
}

ROW(C9, broken_page_of_a_folio, "a memory error in the middle of a folio costs that page alone")
{
	int count, fd;
	unsigned char *map, *bad;

	needs_system();
	map = map_made(&fd, &count);
	bad = map + pages(5);
	assert_done(break_page(bad));
	assert_broken(try_read(bad), bad);
	ck_assert_int_eq(allocated(fd), pages(2 * count - 1));
	assert_memory(map, pages(5), 0, STORED);
	assert_memory(map + pages(6), pages(2 * count - 6), pages(6), STORED);
	assert_done(in_the_end(fallocate(fd, PUNCH, pages(5), pages(1)) ? errno : 0));
	unmap(map, pages(2 * count));
	map = map_file(fd, pages(2 * count), RW, MAP_SHARED);
	assert_zero(map + pages(5), pages(1));
	assert_memory(map, pages(5), 0, STORED);
}

ROW_EACH(C9, fork_a_folio, "a child shares the folio, or copies the page that it stores to", kinds)
{
	int count, fd;
	unsigned char *view = map_made(&fd, &count);
	unsigned char *map = map_file(fd, pages(2 * count), RW, kinds[_i].flags);
	struct peer child;

	assert_memory(map, pages(2 * count), 0, STORED);
	if (fork_child(&child)) {
		pattern_fill(map + pages(3), pages(1), 0, STORED + 1);
		assert_memory(map + pages(3), pages(1), 0, STORED + 1);
		assert_memory(map + pages(4), pages(1), pages(4), STORED);
		child_done();
	}
	await_exit(&child);
	if (kinds[_i].flags == MAP_SHARED)
		assert_memory(view + pages(3), pages(1), 0, STORED + 1);
	else
		assert_memory(view + pages(3), pages(1), pages(3), STORED);
	assert_memory(map, pages(3), 0, STORED);
	assert_memory(map + pages(4), pages(2 * count - 4), pages(4), STORED);
}

ROW(C9, move_a_folio, "a folio moves to another node and back, with its contents")
{
	int count, fd;
	unsigned char *map;

	needs_two_nodes();
	map = map_made(&fd, &count);
	for (int round = 0; round < 6; round++) {
		int node = !node_of(map);

		ck_assert_int_eq(insist(move_to_node(map + pages(round), node) == node ? 0 : EBUSY,
					error_ == EBUSY),
				 0);
		assert_memory(map, pages(2 * count), 0, STORED);
		ck_assert_int_eq(allocated(fd), pages(2 * count));
		pattern_fill(map, pages(2 * count), 0, STORED);
	}
	/* The page cache's tree knows all of it still. */
	assert_done(in_the_end(punch_until(fd, 3, 2, pages(2 * count - 2))));
	assert_memory(map + pages(5), pages(2 * count - 5), pages(5), STORED);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(allocated(fd), 0);
}

/* Stores before, beside and after are all kept, whatever the order of the accesses. */
ROW(C9, touch_in_any_order, "pages that are accessed and freed in any order keep what was stored")
{
	int count = most(), fd, left = 2 * count;
	unsigned char *map = map_new(left, &fd);
	bool stored[2 * 65536 / 4096] = {};

	for (int i = 0, page = 0; i < left; i++, page = (page + 7) % left) {
		pattern_fill(map + pages(page), pages(1), pages(page), STORED);
		stored[page] = true;
		if (i % 5 == 4) {
			ck_assert_int_eq(fallocate(fd, PUNCH, pages(page), pages(1)), 0);
			stored[page] = false;
		}
		for (int j = 0; j < left; j++)
			if (stored[j])
				assert_memory(map + pages(j), pages(1), pages(j), STORED);
			else
				assert_zero(map + pages(j), pages(1));
	}
}
