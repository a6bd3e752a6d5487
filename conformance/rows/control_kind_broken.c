// SPDX-License-Identifier: GPL-2.0-only
/*
 * M14 of the strategies whose pages the kernel can neither move nor take back: it
 * marks a broken one, and the rest is the driver's. Nothing heals such a page, so
 * these rows want a machine of their own: a kernel with `break_pages' among its
 * arguments (tests/suites/broken/run).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define STORED 1
#define BAD    (TEST_PAGES + 4) /* pages that other rows leave alone; each row breaks its own */
#define SEED   9

/* Breaks a page. Return: a mapping of it and of the two beside it. */
static unsigned char *break_page(int fd, size_t bad)
{
	unsigned char *map;
	char arguments[4096];

	ck_assert_int_eq(read_text("/proc/cmdline", arguments, sizeof(arguments)), 0);
	if (!strstr(arguments, "break_pages"))
		row_not_applicable("a page of this strategy that is broken stays so");
	if (mmap_errno(NULL, pages(1), RW, MAP_PRIVATE, fd, 0))
		row_not_applicable("MADV_HWPOISON does not find pages that have no count");
	map = target_map(pages(3), RW, MAP_SHARED, fd, pages(bad - 1));
	pattern_fill(map, pages(3), pages(bad - 1), STORED);
	ck_assert_int_eq(madvise(map + pages(1), pages(1), MADV_HWPOISON), -1);
	ck_assert_int_eq(errno, EBUSY);
	return map;
}

static int map_pages(int fd, size_t first, size_t count)
{
	return mmap_errno(NULL, pages(count), RW, MAP_SHARED, fd, pages(first));
}

ROW(M14, kind_mapped, "a broken page is not mapped anew: its page fault is SIGBUS, or mmap() fails")
{
	size_t bad = BAD;
	int fd = control_open_kind(MMAPDEMO_FEATURE_CONTENTS);

	break_page(fd, bad);
	if (info_of(fd).features & MMAPDEMO_FEATURE_INJECT) {
		unsigned char *map = target_map(pages(3), RW, MAP_SHARED, fd, pages(bad - 1));
		unsigned char *middle = map + pages(1);

		assert_broken(try_read(middle), middle);
		assert_broken(try_write(middle, 1), middle);
		assert_memory(map, pages(1), pages(bad - 1), STORED);
		assert_memory(map + pages(2), pages(1), pages(bad + 1), STORED);
		return;
	}
	ck_assert_int_eq(map_pages(fd, bad, 1), EHWPOISON);
	ck_assert_int_eq(map_pages(fd, bad - 1, 3), EHWPOISON);
	ck_assert_int_eq(map_pages(fd, bad - 1, 1), 0);
	ck_assert_int_eq(map_pages(fd, bad + 1, 1), 0);
}

ROW(M14, kind_transfers, "a broken page is EIO when read, written, filled or summed")
{
	size_t bad = BAD + 4;
	int fd = control_open_kind(MMAPDEMO_FEATURE_CONTENTS);
	unsigned char *bytes = calloc(3, pages(1)), *map = break_page(fd, bad);
	struct mmapdemo_sum sum = {
		.size = sizeof(sum),
		.offset = pages(bad - 1),
		.length = pages(3),
	};

	ck_assert_int_eq(pread(fd, bytes, pages(1), pages(bad)), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(pwrite(fd, bytes, 1, pages(bad + 1) - 1), -1);
	ck_assert_int_eq(errno, EIO);
	assert_errno(fill(fd, pages(bad) + 5, 10, SEED), EIO);
	assert_errno(command(fd, MMAPDEMO_IOCTL_SUM, &sum), EIO);
	/* A transfer that reaches the page ends before it. */
	ck_assert_int_eq(pread(fd, bytes, pages(3), pages(bad - 1)), pages(1));
	assert_memory(bytes, pages(1), pages(bad - 1), STORED);
	assert_memory(map + pages(2), pages(1), pages(bad + 1), STORED);
}

ROW(M14, kind_wipe, "a wipe zeroes the pages behind a broken one")
{
	size_t bad = BAD + 8;
	int fd = control_open_kind(MMAPDEMO_FEATURE_CONTENTS);
	unsigned char *map = break_page(fd, bad);

	wipe(fd, MMAPDEMO_WIPE_NOW, 0);
	assert_zero(map, pages(1));
	assert_zero(map + pages(2), pages(1));
	/* The memory is not really broken: nobody wrote to it. */
	assert_memory(map + pages(1), pages(1), pages(bad), STORED);
}
