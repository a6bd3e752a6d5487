// SPDX-License-Identifier: GPL-2.0-only
/* M14: the device's commands over a page that the hardware found broken. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/access.h"
#include "support/contents.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"

#define STORED 1
#define BAD    20 /* page of the chunk */
#define AROUND 4  /* pages before and behind it that a command covers, too */
#define SEED   9

struct broken {
	int fd;
	off_t off, bad; /* of the chunk, and of its broken page */
	unsigned char *map;
};

static struct broken make_broken(const struct folios *kind)
{
	struct broken broken = {.fd = control_open()};

	broken.off = memory_chunk(kind, STORED);
	broken.bad = broken.off + pages(BAD);
	broken.map = memory_map(broken.off, MAP_SHARED);
	assert_memory(broken.map, memory_chunk_size(), broken.off, STORED);
	assert_done(break_page(broken.map + pages(BAD)));
	return broken;
}

static void assert_still_broken(const struct broken *broken)
{
	unsigned char *bad = memory_map(broken->off, MAP_SHARED) + pages(BAD);
	char byte;

	assert_broken(try_read(bad), bad);
	assert_broken(try_read(broken->map + pages(BAD)), broken->map + pages(BAD));
	ck_assert_int_eq(pread(broken->fd, &byte, 1, broken->bad), -1);
	ck_assert_int_eq(errno, EIO);
}

/* The chunk holds the pattern from this page of it on. */
static void assert_rest_from(const struct broken *broken, size_t page)
{
	assert_memory(broken->map + pages(page), memory_chunk_size() - pages(page),
		      broken->off + pages(page), STORED);
}

ROW_EACH(M14, fill, "FILL writes up to a broken page, returns EIO, and goes no further", folios)
{
	struct broken broken = make_broken(&folios[_i]);
	unsigned char *wanted = malloc(pages(AROUND));

	contents_pattern(wanted, pages(AROUND), broken.bad - pages(AROUND), SEED);
	assert_errno(fill(broken.fd, broken.bad - pages(AROUND), pages(2 * AROUND), SEED), EIO);
	ck_assert_mem_eq(broken.map + pages(BAD - AROUND), wanted, pages(AROUND));
	assert_rest_from(&broken, BAD + 1);
	assert_errno(fill(broken.fd, broken.bad + 5, 10, SEED), EIO);
	assert_done(fill(broken.fd, broken.bad + pages(1), pages(1), SEED));
	assert_still_broken(&broken);
}

ROW_EACH(M14, sum, "SUM over a broken page is EIO, and right for the pages beside it", folios)
{
	struct broken broken = make_broken(&folios[_i]);
	struct mmapdemo_sum sum = {
		.size = sizeof(sum),
		.offset = broken.off,
		.length = memory_chunk_size(),
	};

	assert_errno(command(broken.fd, MMAPDEMO_IOCTL_SUM, &sum), EIO);
	sum.offset = broken.bad + pages(1) - 1;
	sum.length = 1;
	assert_errno(command(broken.fd, MMAPDEMO_IOCTL_SUM, &sum), EIO);
	ck_assert_uint_eq(sum_of(broken.fd, broken.off, pages(BAD)),
			  contents_crc(0, broken.map, pages(BAD)));
	ck_assert_uint_eq(sum_of(broken.fd, broken.bad + pages(1), pages(AROUND)),
			  contents_crc(0, broken.map + pages(BAD + 1), pages(AROUND)));
	assert_still_broken(&broken);
}

ROW_EACH(M14, wipe, "WIPE zeroes all pages that it can, and then returns EIO", folios)
{
	struct broken broken = make_broken(&folios[_i]);
	unsigned char *start = target_map_ro(TEST_PAGES, MAP_SHARED, 0);

	assert_errno(wipe(broken.fd, MMAPDEMO_WIPE_NOW, 0), EIO);
	assert_zero(start, pages(TEST_PAGES));
	assert_zero(broken.map, pages(BAD));
	assert_zero(broken.map + pages(BAD + 1), memory_chunk_size() - pages(BAD + 1));
	assert_zero(target_map_ro(2, MAP_SHARED, target.size - pages(2)), pages(2));
	assert_still_broken(&broken);
}

static const struct part {
	const char *name;
	const struct folios *folios;
	size_t from, len;
} parts[] = {
	{"inside-huge", &folios[0], 10, 20},   {"inside-small", &folios[1], 10, 20},
	{"into-it-huge", &folios[0], 0, 100},  {"into-it-small", &folios[1], 0, 100},
	{"last-byte-huge", &folios[0], -1, 1}, {"last-byte-small", &folios[1], -1, 1},
};

ROW_EACH(M14, punch_in_part, "PUNCH of a part of a broken page is EIO: it cannot be zeroed", parts)
{
	const struct part *part = &parts[_i];
	struct broken broken = make_broken(part->folios);
	off_t from = broken.bad + (part->from == (size_t)-1 ? pages(1) - 1 : part->from);

	assert_errno(punch(broken.fd, from, part->len), EIO);
	assert_memory(broken.map, pages(BAD), broken.off, STORED);
	assert_rest_from(&broken, BAD + 1);
	assert_still_broken(&broken);
}

ROW_EACH(M14, punch_around, "PUNCH of a range with a broken page in it heals it", folios)
{
	struct broken broken = make_broken(&folios[_i]);
	uint64_t resident = info_of(broken.fd).resident;
	unsigned char *view;

	assert_done(punch(broken.fd, broken.bad - pages(1), pages(3)));
	/* The broken page left the page cache when it broke. */
	ck_assert_uint_eq(info_of(broken.fd).resident, resident - pages(2));
	view = memory_map(broken.off, MAP_SHARED);
	assert_zero(view + pages(BAD - 1), pages(3));
	assert_memory(view, pages(BAD - 1), broken.off, STORED);
	assert_rest_from(&broken, BAD + 2);
	assert_done(fill(broken.fd, broken.bad, pages(1), SEED));
}

ROW_EACH(M14, rule, "a page stays broken while a rule over it is set and healed", folios)
{
	struct broken broken = make_broken(&folios[_i]);
	unsigned char *view = memory_map(broken.off, MAP_SHARED);
	unsigned char *bad = view + pages(BAD), *beside = bad + pages(1);

	assert_done(set_action(broken.fd, broken.bad, pages(2), MMAPDEMO_INJECT_SIGBUS));
	assert_bus_error(try_read(beside), beside);
	ck_assert_int_eq(try_read(bad).signo, SIGBUS);
	assert_done(heal(broken.fd, broken.bad, pages(2)));
	assert_still_broken(&broken);
	assert_memory(view, pages(BAD), broken.off, STORED);
	assert_memory(beside, pages(AROUND), broken.bad + pages(1), STORED);
	assert_rest_from(&broken, BAD + 1);
}
