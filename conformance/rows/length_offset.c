// SPDX-License-Identifier: GPL-2.0-only
/* S9 and S12: how much is mapped, and from where in the target. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

ROW_EACH(S9, zero_length, "a length of 0 is EINVAL", kinds)
{
	int fd = target_open_to_map(O_RDWR);

	ck_assert_int_eq(mmap_errno(NULL, 0, RW, kinds[_i].flags, fd, 0), EINVAL);
}

/* Lengths: so many pages and so many bytes. */
static const struct length {
	const char *name;
	int pages, bytes;
} lengths[] = {
	{"one-byte", 0, 1},	  {"a-page-less-one", 1, -1},	   {"a-page", 1, 0},
	{"a-page-and-one", 1, 1}, {"three-pages-less-one", 3, -1},
};

ROW_EACH(S9, odd_lengths_round_up, "an odd length maps its last page whole, and no page more",
	 lengths)
{
	size_t len = pages(lengths[_i].pages) + lengths[_i].bytes;
	size_t count = (len + target.page - 1) / target.page;
	unsigned char *area = reserve(6);
	int fd = target_open_to_map(O_RDWR);
	unsigned char *map = target_map_at(area + pages(1), len, RW, MAP_SHARED, fd, pages(2));

	ck_assert_uint_eq(smaps_kb(map, "Size"), pages(count) / 1024);
	assert_memory(map, pages(count), pages(2), ORIGINAL);
	map[pages(count) - 1] = 's';
	ck_assert_uint_eq(target_read_byte(pages(2 + count) - 1), 's');
	assert_forbidden(try_read(map + pages(count)), map + pages(count));
}

/* Past the end of a file: pages before the end are mapped, and others are SIGBUS. */
ROW_EACH(S9, past_end_is_sigbus, "a mapping may reach past the end, but an access there is SIGBUS",
	 kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *map = target_map(pages(4), RW, kinds[_i].flags, fd, last_page());

	needs_end();
	assert_memory(map, pages(1), last_page(), ORIGINAL);
	map[pages(1) - 1] = 's';
	for (int i = 1; i < 4; i++) {
		unsigned char *first = map + pages(i), *last = map + pages(i + 1) - 1;

		assert_bus_error(try_read(first), first);
		assert_bus_error(try_write(first, 1), first);
		assert_bus_error(try_write(last, 1), last);
		ck_assert_uint_eq(frame_of(first), 0);
	}
	ck_assert_uint_eq(map[pages(1) - 1], 's');
}

ROW_EACH(S9, past_end_does_not_grow, "a mapping and an access past the end do not change the size",
	 kinds)
{
	int fd = target_open(O_RDWR);
	unsigned char *map = target_map(pages(2), RW, kinds[_i].flags, fd, last_page());

	needs_end();
	assert_bus_error(try_write(map + pages(1), 1), map + pages(1));
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), target.size);
	assert_target(last_page(), pages(1), ORIGINAL);
}

ROW_EACH(S9, whole_target, "one mapping can have all of the target, and a page more", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *map = target_map(target.size + target.page, RW, kinds[_i].flags, fd, 0);
	unsigned char *end = map + target.size;

	needs_end();
	assert_memory(map, pages(TEST_PAGES), 0, ORIGINAL);
	assert_memory(end - pages(2), pages(2), target.size - pages(2), ORIGINAL);
	assert_bus_error(try_read(end), end);
}

/* Lengths near the end of size_t; the last page-rounds to 0. */
static const struct huge {
	const char *name;
	size_t len;
} huge[] = {
	{"half-of-all", SIZE_MAX / 2},
	{"all-but-a-few-pages", SIZE_MAX - 0x400000},
	{"all", SIZE_MAX},
};

ROW_EACH(S9, huge_length, "a length that no address space holds is ENOMEM", huge)
{
	int fd = target_open_to_map(O_RDWR);

	if (huge[_i].len == SIZE_MAX / 2)
		row_needs_64_bits("length: 2 GiB do fit");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		ck_assert_int_eq(mmap_errno(NULL, huge[_i].len, RW, kinds[i].flags, fd, 0), ENOMEM);
}

static const struct position {
	const char *name;
	int page; /* negative: from the end */
} positions[] = {
	{"zero", 0}, {"second", 1}, {"inside", 7}, {"last-but-one", -2}, {"last", -1},
};

static off_t position_off(const struct position *position)
{
	off_t off = (off_t)position->page * target.page;

	return off < 0 ? target.size + off : off;
}

ROW_EACH(S12, maps_that_page, "a mapping begins with the page at its offset", positions)
{
	off_t off = position_off(&positions[_i]);
	unsigned char *view = target_map_ro(1, MAP_SHARED, off);

	needs_file();
	assert_memory(view, pages(1), off, ORIGINAL);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned char *map = target_map_rw(1, kinds[i].flags, off);

		assert_memory(map, pages(1), off, ORIGINAL);
		assert_same_page(frame_of(map), frame_of(view));
	}
}

ROW_EACH(S12, stores_to_that_page, "a shared store goes to the page at the offset, and to no other",
	 positions)
{
	off_t off = position_off(&positions[_i]);
	unsigned char *map = target_map_rw(1, MAP_SHARED, off);

	pattern_fill(map, pages(1), off, 1);
	assert_target(off, pages(1), 1);
	for (size_t i = 0; i < ARRAY_SIZE(positions); i++)
		if (positions[i].page != positions[_i].page)
			assert_target(position_off(&positions[i]), pages(1), ORIGINAL);
}

static const struct unaligned {
	const char *name;
	int page, byte;
} unaligned[] = {
	{"one-byte", 0, 1},   {"a-page-less-one", 1, -1}, {"a-page-and-one", 1, 1},
	{"a-sector", 0, 512}, {"last-byte", -1, -1},
};

ROW_EACH(S12, unaligned_offset, "an offset inside a page is EINVAL", unaligned)
{
	off_t off = pages(unaligned[_i].page) + unaligned[_i].byte;
	int fd = target_open_to_map(O_RDWR);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		ck_assert_int_eq(mmap_errno(NULL, pages(1), RW, kinds[i].flags, fd, off), EINVAL);
}

static const struct past {
	const char *name;
	off_t by; /* bytes; 0 means at the end itself */
} past[] = {
	{"at-the-end", 0},
	{"a-mebibyte-past", 1 << 20},
	{"far-past", (off_t)1 << 40},
};

ROW_EACH(S12, past_end_is_sigbus, "an access to a mapping wholly past the end is SIGBUS", past)
{
	off_t off = target.size + past[_i].by / target.page * target.page;
	int fd = target_open_to_map(O_RDWR);

	needs_end();
	/* mm/ refuses an offset of a character device that fills no word (file_mmap_size_max()). */
	if (past[_i].by >> 32 && target.kind == TARGET_DEVICE && kernel_of_32_bits())
		off = target.size + (1U << 31);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned char *map = target_map(pages(2), RW, kinds[i].flags, fd, off);

		assert_bus_error(try_read(map), map);
		assert_bus_error(try_write(map, 1), map);
		assert_bus_error(try_write(map + pages(2) - 1, 1), map + pages(2) - 1);
	}
}

/*
 * Offsets near where a 63-bit file offset ends, or where 64 bits do: so many
 * pages from there. The end of a mapping must be an offset too.
 */
#define END_OF_OFFSETS (1ULL << 63)
#define END_OF_64_BITS 0ULL

static uint64_t off_near(uint64_t end, int from_end)
{
	return end + (int64_t)from_end * (int64_t)target.page;
}

ROW_EACH(S12, highest_offset,
	 "a mapping of the highest possible offset works, and an access to it is SIGBUS", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *map;

	row_needs_64_bits("offset");
	map = target_map(pages(1), RW, kinds[_i].flags, fd, off_near(END_OF_OFFSETS, -2));
	needs_end();
	assert_bus_error(try_read(map), map);
	assert_bus_error(try_write(map, 1), map);
}

static const struct overflow {
	const char *name;
	uint64_t end;
	int from_end;
	int count;
} overflows[] = {
	{"end-overflows", END_OF_OFFSETS, -2, 2},
	{"end-overflows-far", END_OF_OFFSETS, -2, 1024},
	{"end-is-the-limit", END_OF_OFFSETS, -1, 1},
	{"offset-overflows", END_OF_OFFSETS, 0, 1},
	{"end-wraps-to-zero", END_OF_64_BITS, -1, 1},
	{"wraps-into-the-target", END_OF_64_BITS, -1, 4},
};

ROW_EACH(S12, overflowing_offset, "an offset or end that overflows is EOVERFLOW, never wraps",
	 overflows)
{
	const struct overflow *overflow = &overflows[_i];
	uint64_t off = off_near(overflow->end, overflow->from_end);
	int fd = target_open(O_RDWR);

	needs_file();
	row_needs_64_bits("offset");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		ck_assert_int_eq(
			mmap_errno(NULL, pages(overflow->count), RW, kinds[i].flags, fd, off),
			EOVERFLOW);
}
