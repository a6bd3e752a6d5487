// SPDX-License-Identifier: GPL-2.0-only
/*
 * C2: the device grows and shrinks as a file does.
 *
 *	[ original ... | grown ]		SIZE + MORE
 *	[ original ... ]			SIZE
 *	[ original | cut off   ]		SIZE - MORE
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define MORE   2 /* pages; the target's last two hold the original pattern */
#define STORED 1

static off_t near_end(void)
{
	return target.size - pages(MORE);
}

static void assert_size(int fd, off_t size)
{
	ck_assert_int_eq(info_of(fd).bytes, size);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), size);
}

/* Read and write end there, as mappings do. */
static void assert_ends(int fd, off_t size)
{
	unsigned char *map = target_map_rw(2, MAP_SHARED, size - pages(1));
	char bytes[16];

	assert_size(fd, size);
	ck_assert_int_eq(pread(fd, bytes, 16, size - 5), 5);
	ck_assert_int_eq(pread(fd, bytes, 16, size), 0);
	ck_assert_int_eq(pwrite(fd, bytes, 16, size - 5), 5);
	ck_assert_int_eq(pwrite(fd, bytes, 16, size), -1);
	ck_assert_int_eq(errno, ENOSPC);
	assert_works(try_read(map + pages(1) - 1));
	assert_bus_error(try_read(map + pages(1)), map + pages(1));
	assert_bus_error(try_write(map + pages(1), 1), map + pages(1));
	unmap(map, pages(2));
}

static const struct view {
	const char *name;
	int flags;
	bool before; /* mapped before the resize, or after it */
} views[] = {
	{"shared,mapped-before", MAP_SHARED, true},
	{"private,mapped-before", MAP_PRIVATE, true},
	{"shared,mapped-after", MAP_SHARED, false},
	{"private,mapped-after", MAP_PRIVATE, false},
};

ROW_EACH(C2, grow, "the new pages exist at once, read as zeros, and take stores", views)
{
	const struct view *view = &views[_i];
	int fd = control_open();
	unsigned char *map = NULL, *grown;

	if (view->before) {
		map = target_map_rw(2 * MORE, view->flags, near_end());
		assert_bus_error(try_read(map + pages(MORE)), map + pages(MORE));
	}
	assert_done(resize(fd, target.size + pages(MORE)));
	if (!view->before)
		map = target_map_rw(2 * MORE, view->flags, near_end());
	grown = map + pages(MORE);

	assert_memory(map, pages(MORE), near_end(), ORIGINAL);
	assert_zero(grown, pages(MORE));
	pattern_fill(grown, pages(MORE), target.size, STORED);
	assert_memory(grown, pages(MORE), target.size, STORED);
	if (view->flags == MAP_SHARED)
		assert_target(target.size, pages(MORE), STORED);
	assert_ends(fd, target.size + pages(MORE));
}

ROW_EACH(C2, shrink, "pages that are cut off are SIGBUS at once, and the others stay", views)
{
	const struct view *view = &views[_i];
	int fd = control_open();
	struct mmapdemo_info before, now;
	unsigned char *map = NULL, *cut;
	uint64_t frame = 0;

	target_write_pattern(near_end() - pages(MORE), pages(MORE), STORED);
	before = info_of(fd);
	if (view->before) {
		map = target_map_rw(2 * MORE, view->flags, near_end() - pages(MORE));
		for (int i = 0; i < 2 * MORE; i++)
			(void)*(volatile unsigned char *)(map + pages(i));
		frame = frame_of(map);
	}
	assert_done(resize(fd, near_end()));
	if (!view->before)
		map = target_map_rw(2 * MORE, view->flags, near_end() - pages(MORE));
	cut = map + pages(MORE);

	for (int i = 0; i < MORE; i++) {
		ck_assert_uint_eq(frame_of(cut + pages(i)), 0);
		assert_bus_error(try_read(cut + pages(i)), cut + pages(i));
		assert_bus_error(try_write(cut + pages(i), 1), cut + pages(i));
	}
	assert_works(try_read(cut - 1));
	assert_memory(map, pages(MORE), near_end() - pages(MORE), STORED);
	now = info_of(fd);
	ck_assert_uint_eq(now.resident, before.resident - pages(MORE));
	/* A huge folio is cut by splitting it into small ones. */
	if (view->before && now.huge_folios == before.huge_folios)
		assert_same_page(frame_of(map), frame);
	assert_ends(fd, near_end());
}

ROW_EACH(C2, regrow, "pages that are cut off and come back are zero, and hold no memory", views)
{
	const struct view *view = &views[_i];
	int fd = control_open();
	unsigned char *map = NULL;
	uint64_t resident;

	if (view->before) {
		map = target_map_rw(2 * MORE, view->flags, near_end() - pages(MORE));
		(void)*(volatile unsigned char *)(map + pages(MORE));
	}
	assert_done(resize(fd, near_end()));
	resident = info_of(fd).resident;
	assert_done(resize(fd, target.size));
	ck_assert_uint_eq(info_of(fd).resident, resident);
	ck_assert_int_eq(lseek(fd, near_end(), SEEK_HOLE), near_end());
	if (!view->before)
		map = target_map_rw(2 * MORE, view->flags, near_end() - pages(MORE));
	assert_zero(map + pages(MORE), pages(MORE));
	assert_ends(fd, target.size);
}

ROW(C2, private_copies, "private copies past the new end are dropped, for good; others are kept")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(2 * MORE, MAP_PRIVATE, near_end() - pages(MORE));
	unsigned char *cut = map + pages(MORE);
	uint64_t frame;

	pattern_fill(map, pages(2 * MORE), near_end() - pages(MORE), STORED);
	frame = frame_of(map);
	assert_done(resize(fd, near_end()));
	assert_bus_error(try_read(cut), cut);
	assert_memory(map, pages(MORE), near_end() - pages(MORE), STORED);
	assert_same_page(frame_of(map), frame);

	assert_done(resize(fd, target.size));
	assert_zero(cut, pages(MORE));
	assert_memory(map, pages(MORE), near_end() - pages(MORE), STORED);
}

ROW(C2, locked, "mlock does not keep pages that are cut off")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(2 * MORE, MAP_SHARED, near_end() - pages(MORE));

	ck_assert_int_eq(mlock(map, pages(2 * MORE)), 0);
	assert_done(resize(fd, near_end()));
	assert_bus_error(try_read(map + pages(MORE)), map + pages(MORE));
	ck_assert_int_eq(munlock(map, pages(2 * MORE)), 0);
	assert_done(resize(fd, target.size));
	assert_zero(map + pages(MORE), pages(MORE));
}

ROW(C2, all_see_it, "all processes see the new size at once, in mappings and by read")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(2 * MORE, MAP_SHARED, near_end());
	struct peer child;

	if (fork_child(&child)) {
		int own = target_open(O_RDWR);
		unsigned char *own_map = target_map_rw(2 * MORE, MAP_SHARED, near_end());

		(void)*(volatile unsigned char *)own_map;
		pass_turn(&child);
		await_turn(&child);
		assert_bus_error(try_read(own_map), own_map);
		assert_bus_error(try_read(map), map);
		ck_assert_int_eq(lseek(own, 0, SEEK_END), near_end());
		pass_turn(&child);
		await_turn(&child);
		assert_zero(own_map, pages(2 * MORE));
		assert_zero(map, pages(2 * MORE));
		child_done();
	}
	await_turn(&child);
	assert_done(resize(fd, near_end()));
	pass_turn(&child);
	await_turn(&child);
	assert_done(resize(fd, target.size + pages(MORE)));
	release_child(&child);
}

/* Compares every size of the device with a model of each page's contents. */
#define MODEL 64 /* pages around the target's end */
#define STEPS 400

ROW(C2, back_and_forth, "after any sizes, the bytes that were never cut off are as stored",
    .timeout = 120)
{
	int fd = control_open();
	off_t base = target.size - pages(MODEL / 2);
	unsigned char *map = target_map_rw(MODEL, MAP_SHARED, base);
	int seed[MODEL] = {}; /* 0: zeros */
	size_t size = MODEL / 2;

	assert_done(resize(fd, base));
	srand(5);
	for (int step = 1; step <= STEPS; step++) {
		size_t page;

		size = rand() % (MODEL + 1);
		assert_done(resize(fd, base + pages(size)));
		for (page = size; page < MODEL; page++)
			seed[page] = 0;
		if (!size)
			continue;
		page = rand() % size;
		seed[page] = step;
		pattern_fill(map + pages(page), pages(1), base + pages(page), step);
		page = rand() % size;
		if (seed[page])
			assert_memory(map + pages(page), pages(1), base + pages(page), seed[page]);
		else
			assert_zero(map + pages(page), pages(1));
	}
	for (size_t page = 0; page < size; page++) {
		if (seed[page])
			assert_target(base + pages(page), pages(1), seed[page]);
		else
			assert_zero(map + pages(page), pages(1));
	}
}

ROW(C2, to_one_page, "it shrinks to a single page, and grows back with zeros")
{
	int fd = control_open();

	assert_done(resize(fd, pages(1)));
	assert_target(0, pages(1), ORIGINAL);
	ck_assert_uint_eq(info_of(fd).resident, pages(1));
	assert_ends(fd, pages(1));
	assert_done(resize(fd, target.size));
	ck_assert_int_eq(lseek(fd, 0, SEEK_HOLE), pages(1));
	ck_assert_int_eq(lseek(fd, pages(1), SEEK_DATA), -1);
	ck_assert_int_eq(errno, ENXIO);
}

ROW(C2, more_than_there_is, "a size above the machine's memory is ENOMEM, and changes nothing")
{
	int fd = control_open();
	struct mmapdemo_info before = info_of(fd), now;
	off_t all = (off_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

	assert_errno(resize(fd, all + pages(1)), ENOMEM);
	assert_errno(resize(fd, 1LL << 62), ENOMEM);
	now = info_of(fd);
	ck_assert_mem_eq(&now, &before, sizeof(now));
	assert_target(near_end(), pages(MORE), ORIGINAL);
}

ROW(C2, not_by_file_calls, "ftruncate and fallocate are refused, as for any device")
{
	int fd = control_open();

	ck_assert_int_eq(ftruncate(fd, near_end()), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, pages(1)),
			 -1);
	ck_assert_int_eq(errno, ENODEV);
	assert_ends(fd, target.size);
	assert_target(0, pages(1), ORIGINAL);
}
