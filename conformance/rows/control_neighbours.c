// SPDX-License-Identifier: GPL-2.0-only
/*
 * C4: a rule acts on its pages only, although the kernel maps others with them: those around a
 * page fault, or all of a huge page.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define STORED 1
#define WINDOW 16 /* small pages that one page fault maps around its own */

/* Which page of a window is bad, and from which on the others are touched, and how. */
static const struct order {
	const char *name;
	int bad, from;
	bool store;
} orders[] = {
	{"first", 0, 1, false},	      {"middle,before", 7, 6, false}, {"middle,after", 7, 8, false},
	{"middle,far", 7, 15, false}, {"last", 15, 14, false},	      {"middle,stores", 7, 6, true},
};

ROW_EACH(C4, fault_around, "a page fault beside a bad page does not map that page", orders)
{
	const struct order *order = &orders[_i];
	int fd = control_open();
	unsigned char *map = target_map_rw(WINDOW, MAP_SHARED, 0);
	unsigned char *bad = map + pages(order->bad);

	assert_done(set_action(fd, pages(order->bad), pages(1), MMAPDEMO_INJECT_SIGBUS));
	for (int i = 0; i < WINDOW; i++) {
		int page = (order->from + i) % WINDOW;

		if (page == order->bad)
			continue;
		assert_memory(map + pages(page), pages(1), pages(page), ORIGINAL);
		if (order->store)
			pattern_fill(map + pages(page), pages(1), pages(page), STORED);
		ck_assert_uint_eq(frame_of(bad), 0);
	}
	assert_bus_error(try_read(bad), bad);
	assert_done(heal(fd, pages(order->bad), pages(1)));
	assert_memory(bad, pages(1), pages(order->bad), ORIGINAL);
}

/* The part of the chunk that is resident when the rule is set. */
enum state { HOLE, RESIDENT, MAPPED };

static const struct setup {
	const char *name;
	const struct folios *folios;
	enum state state;
	int bad; /* page; negative: from the chunk's end */
} setups[] = {
	{"huge,hole", &folios[0], HOLE, 5},
	{"huge,resident", &folios[0], RESIDENT, 5},
	{"huge,mapped", &folios[0], MAPPED, 5},
	{"huge,mapped,first-page", &folios[0], MAPPED, 0},
	{"huge,mapped,last-page", &folios[0], MAPPED, -1},
	{"small,hole", &folios[1], HOLE, 5},
	{"small,resident", &folios[1], RESIDENT, 5},
	{"small,mapped", &folios[1], MAPPED, 5},
};

static void assert_all_but(const unsigned char *map, off_t off, size_t size, size_t bad, bool hole)
{
	size_t after = bad + pages(1);

	if (hole) {
		assert_zero(map, bad);
		assert_zero(map + after, size - after);
	} else {
		assert_memory(map, bad, off, STORED);
		assert_memory(map + after, size - after, off + after, STORED);
	}
}

ROW_EACH(C4, in_a_chunk, "a bad page in a huge page leaves the other pages unchanged", setups)
{
	const struct setup *setup = &setups[_i];
	int fd = control_open();
	off_t off = make_chunk(fd, setup->folios, STORED);
	size_t size = chunk_size(fd);
	size_t at = setup->bad < 0 ? size - pages(-setup->bad) : pages(setup->bad);
	bool hole = setup->state == HOLE;
	unsigned char *map = target_map_rw(size / target.page, MAP_SHARED, off);
	unsigned char *bad = map + at;
	struct mmapdemo_info before, now;
	struct peer child;

	if (hole)
		assert_done(punch(fd, off, size));
	if (setup->state == MAPPED)
		assert_memory(map, size, off, STORED);
	before = info_of(fd);
	assert_done(set_action(fd, off + at, pages(1), MMAPDEMO_INJECT_HWPOISON));
	now = info_of(fd);
	assert_huge_folios(&now, before.huge_folios - (setup->folios->huge && !hole));
	ck_assert_uint_eq(now.resident, before.resident);

	assert_all_but(map, off, size, at, hole);
	ck_assert_uint_eq(frame_of(bad), 0);
	assert_broken(try_read(bad), bad);
	if (fork_child(&child)) {
		unsigned char *own = target_map_rw(size / target.page, MAP_PRIVATE, off);

		assert_all_but(own, off, size, at, hole);
		assert_broken(try_write(own + at, 1), own + at);
		child_done();
	}
	await_exit(&child);

	assert_done(heal(fd, off + at, pages(1)));
	if (hole)
		assert_zero(bad, pages(1));
	else
		assert_memory(bad, pages(1), off + at, STORED);
	assert_all_but(map, off, size, at, hole);
	ck_assert_uint_eq(info_of(fd).resident, hole ? before.resident + size : before.resident);
}

/* A chunk that cannot be split because it is in use. */
ROW(C4, in_use, "a rule inside a huge folio that is in use by I/O is EBUSY, and is not set")
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[0], STORED);
	size_t count = chunk_size(fd) / target.page;
	unsigned char *map = target_map_rw(count, MAP_SHARED, off);
	struct mmapdemo_info before, now;
	struct iovec page = {map + pages(3), pages(1)};
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(vmsplice(ends[1], &page, 1, 0), pages(1));
	before = info_of(fd);
	assert_errno(set_action(fd, off + pages(9), pages(1), MMAPDEMO_INJECT_SIGBUS), EBUSY);
	now = info_of(fd);
	ck_assert_mem_eq(&now, &before, sizeof(now));
	assert_memory(map, chunk_size(fd), off, STORED);
	close(ends[0]);
	close(ends[1]);
	assert_done(in_the_end(set_action(fd, off + pages(9), pages(1), MMAPDEMO_INJECT_SIGBUS)));
	assert_bus_error(try_read(map + pages(9)), map + pages(9));
}

ROW_EACH(C4, bad_chunk, "a chunk keeps its contents after a rule for all of it is healed", folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], STORED);
	size_t size = chunk_size(fd), count = size / target.page;
	unsigned char *map = target_map_rw(count + 2, MAP_SHARED, off - pages(1));
	unsigned char *chunk = map + pages(1);

	assert_done(set_action(fd, off, size, MMAPDEMO_INJECT_SIGBUS));
	for (size_t i = 0; i < count; i++)
		assert_bus_error(try_read(chunk + pages(i)), chunk + pages(i));
	assert_works(try_read(chunk - 1));
	assert_works(try_read(chunk + size));
	assert_done(heal(fd, off + pages(1), size - pages(2)));
	assert_bus_error(try_read(chunk), chunk);
	assert_memory(chunk + pages(1), size - pages(2), off + pages(1), STORED);
	assert_done(heal(fd, off, size));
	assert_memory(chunk, size, off, STORED);
	assert_target(off, size, STORED);
}

ROW_EACH(C4, no_memory, "an access that fails allocates no memory", folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], STORED);
	size_t size = chunk_size(fd);
	unsigned char *map = target_map_rw(size / target.page, MAP_SHARED, off);
	uint64_t resident;

	assert_done(punch(fd, off, size));
	assert_done(set_action(fd, off + pages(5), pages(8), MMAPDEMO_INJECT_SIGBUS));
	resident = info_of(fd).resident;
	assert_bus_error(try_read(map + pages(5)), map + pages(5));
	assert_bus_error(try_write(map + pages(12), 1), map + pages(12));
	ck_assert_uint_eq(info_of(fd).resident, resident);
}
