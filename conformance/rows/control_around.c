// SPDX-License-Identifier: GPL-2.0-only
/*
 * C1: a page fault maps the pages that are there around its own, and nothing else.
 *
 *	one page table	[ anonymous | target, TEST_PAGES | anonymous ]
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/proc.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define FIRST	(TEST_PAGES - 5) /* page of the target, so that its ends are inside of 64 KiB */
#define TOUCHED 7		 /* the page that is touched */
#define BESIDE	4		 /* one that is not touched */

/* Addresses that one page table serves. */
static unsigned char *one_table(void)
{
	return reserve_aligned(huge_page_size());
}

/* The target from its page FIRST on, which is there, in the middle of that. */
static unsigned char *map_there(int fd)
{
	unsigned char *map = target_map_at(one_table() + pages(TEST_PAGES), pages(TEST_PAGES), RW,
					   MAP_SHARED, fd, pages(FIRST));

	target_write_pattern(0, pages(3 * TEST_PAGES), ORIGINAL);
	return map;
}

static size_t mapped_of(const unsigned char *map)
{
	size_t found = 0;

	for (int i = 0; i < TEST_PAGES; i++)
		found += !!frame_of(map + pages(i));
	return found;
}

static uint64_t stores_fault(volatile unsigned char *map)
{
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < TEST_PAGES; i++)
		map[pages(i)] = 's';
	getrusage(RUSAGE_SELF, &after);
	return after.ru_minflt - before.ru_minflt;
}

ROW_EACH(C1, around_inside, "the addresses beside a mapping do not change", touch_kinds)
{
	int fd = control_open();
	unsigned char *map = map_there(fd), *before = map - pages(TEST_PAGES);
	unsigned char *after = map + pages(TEST_PAGES);

	ck_assert_ptr_eq(before, mmap(before, pages(TEST_PAGES), RW,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	ck_assert_ptr_eq(after, mmap(after, pages(TEST_PAGES), RW,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	touch_page(&touch_kinds[_i], map + pages(TOUCHED));
	touch_page(&touch_kinds[_i], map);
	ck_assert_uint_eq(mapped_of(before), 0);
	ck_assert_uint_eq(mapped_of(after), 0);
	assert_zero(before, pages(TEST_PAGES));
	assert_zero(after, pages(TEST_PAGES));
}

ROW_EACH(C1, around_protected, "write-protected pages beside it stay write-protected", touch_kinds)
{
	int fd = control_open();
	unsigned char *map = map_there(fd), *beside = map + pages(BESIDE);

	ck_assert_int_eq(mprotect(beside, pages(1), PROT_READ), 0);
	touch_page(&touch_kinds[_i], map + pages(TOUCHED));
	assert_forbidden(try_write(beside, 1), beside);
	assert_memory(beside, pages(1), pages(FIRST + BESIDE), ORIGINAL);
	touch_page(&touch_kinds[_i], map + pages(BESIDE - 1));
	assert_forbidden(try_write(beside, 1), beside);
}

ROW_EACH(C1, around_guard, "a guard region beside it stays", touch_kinds)
{
	int fd = control_open();
	unsigned char *map = map_there(fd), *beside = map + pages(BESIDE);

	assert_done(guard(beside, MADV_GUARD_INSTALL));
	touch_page(&touch_kinds[_i], map + pages(TOUCHED));
	assert_unmapped(try_read(beside), beside);
	assert_done(guard(beside, MADV_GUARD_REMOVE));
	assert_memory(beside, pages(1), pages(FIRST + BESIDE), ORIGINAL);
}

ROW(C1, around_resident, "a store maps the resident pages around it, and allocates none")
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[1], 1);
	unsigned char *map = target_map_at(one_table(), pages(TEST_PAGES), RW, MAP_SHARED, fd, off);
	uint64_t resident;

	assert_done(in_the_end(punch(fd, off + pages(BESIDE), pages(1))));
	resident = info_of(fd).resident;
	assert_works(try_write(map + pages(TOUCHED), 1));
	ck_assert_uint_eq(info_of(fd).resident, resident);
	ck_assert_uint_eq(frame_of(map + pages(BESIDE)), 0);
	/* The kernel may be moving some of them at this moment. */
	ck_assert_uint_gt(mapped_of(map), TEST_PAGES / 2);
	ck_assert_uint_lt(stores_fault(map), TEST_PAGES / 2);
	ck_assert_uint_eq(info_of(fd).resident, resident + pages(1));
}

ROW_EACH(C1, around_random, "after MADV_RANDOM a store maps its page alone", folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], 1);
	unsigned char *map = target_map_at(one_table(), pages(TEST_PAGES), RW, MAP_SHARED, fd, off);

	ck_assert_int_eq(madvise(map, pages(TEST_PAGES), MADV_RANDOM), 0);
	assert_works(try_write(map + pages(TOUCHED), 1));
	ck_assert_uint_eq(mapped_of(map), 1);
}

ROW(C1, around_tracked, "while stores are tracked, a store marks its page alone")
{
	int fd = control_open();
	/* Single pages, as the kernel itself marks all pages of a larger folio. */
	off_t off = make_chunk(fd, &folios[1], 1);
	unsigned char *map = target_map_at(one_table(), pages(TEST_PAGES), RW, MAP_SHARED, fd, off);

	assert_works(try_write(map + pages(TOUCHED), 1));
	if (!track_stores())
		row_not_applicable("this kernel does not track stores (CONFIG_MEM_SOFT_DIRTY)");
	ck_assert_int_eq(madvise(map, pages(TEST_PAGES), MADV_DONTNEED), 0);
	assert_works(try_write(map + pages(TOUCHED), 2));
	ck_assert(pagemap_bit(map + pages(TOUCHED), PAGEMAP_SOFT_DIRTY));
	for (int i = 0; i < TEST_PAGES; i++)
		ck_assert_int_eq(pagemap_bit(map + pages(i), PAGEMAP_SOFT_DIRTY), i == TOUCHED);
	assert_works(try_write(map + pages(BESIDE), 1));
	ck_assert(pagemap_bit(map + pages(BESIDE), PAGEMAP_SOFT_DIRTY));
}
