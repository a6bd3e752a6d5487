// SPDX-License-Identifier: GPL-2.0-only
/* S14: munmap, whole and in part. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/target_reset.h"

/*
 * Six pages of the target from page 1 on, stored to, with nothing mapped on
 * either side:	[      ][1 2 3 4 5 6][      ]
 */
#define MAPPED 6
#define STORED 1

struct mapped {
	unsigned char *map;
	int flags;
	uint64_t frames[MAPPED];
	uint64_t vmas; /* without this one */
};

static struct mapped map_and_store(const struct kind *kind)
{
	unsigned char *area = reserve(MAPPED + 2);
	int fd = target_open_to_map(O_RDWR);
	struct mapped m = {.flags = kind->flags};

	m.vmas = target.module ? counter("vmas") : 0;
	m.map = target_map_at(area + pages(1), pages(MAPPED), RW, kind->flags, fd, pages(1));
	unmap(area, pages(1));
	unmap(area + pages(MAPPED + 1), pages(1));
	close(fd);
	pattern_fill(m.map, pages(MAPPED), pages(1), STORED);
	for (int i = 0; i < MAPPED; i++)
		m.frames[i] = frame_of(m.map + pages(i));
	return m;
}

/* These pages are mapped as before, hold what was stored, and take stores. */
static void assert_intact(const struct mapped *m, int first, int count)
{
	for (int i = first; i < first + count; i++) {
		unsigned char *page = m->map + pages(i);

		assert_memory(page, pages(1), pages(1 + i), STORED);
		assert_same_page(frame_of(page), m->frames[i]);
		pattern_fill(page, pages(1), pages(1 + i), STORED + 1);
		assert_target(pages(1 + i), pages(1),
			      m->flags & MAP_PRIVATE ? ORIGINAL : STORED + 1);
		pattern_fill(page, pages(1), pages(1 + i), STORED);
	}
}

static void assert_gone(const struct mapped *m, int first, int count)
{
	for (int i = first; i < first + count; i++) {
		unsigned char *page = m->map + pages(i), *last = page + target.page - 1;

		assert_unmapped(try_read(page), page);
		assert_unmapped(try_write(page, 1), page);
		assert_unmapped(try_read(last), last);
		ck_assert_uint_eq(frame_of(page), 0);
		/*
		 * The stores are in the target if the mapping is shared, and not if it is private.
		 */
		assert_target(pages(1 + i), pages(1), m->flags & MAP_PRIVATE ? ORIGINAL : STORED);
	}
}

static void assert_pieces(const struct mapped *m, int pieces)
{
	if (target.module)
		ck_assert_uint_eq(counter("vmas"), m->vmas + pieces);
}

ROW_EACH(S14, whole, "munmap of a whole mapping: access afterwards is SIGSEGV", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	assert_pieces(&m, 1);
	unmap(m.map, pages(MAPPED));
	assert_gone(&m, 0, MAPPED);
	assert_pieces(&m, 0);
}

ROW_EACH(S14, head, "munmap of the head leaves the rest", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	unmap(m.map, pages(2));
	assert_gone(&m, 0, 2);
	assert_intact(&m, 2, 4);
	assert_pieces(&m, 1);
	unmap(m.map + pages(2), pages(4));
	assert_gone(&m, 0, MAPPED);
	assert_pieces(&m, 0);
}

ROW_EACH(S14, tail, "munmap of the tail leaves the rest", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	unmap(m.map + pages(4), pages(2));
	assert_gone(&m, 4, 2);
	assert_intact(&m, 0, 4);
	assert_pieces(&m, 1);
	unmap(m.map, pages(4));
	assert_gone(&m, 0, MAPPED);
	assert_pieces(&m, 0);
}

static const char *const orders[] = {"left-first", "right-first"};

ROW_EACH(S14, middle, "munmap in the middle leaves two mappings that go separately", orders)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct mapped m;
		int first, last;

		target_reset();
		m = map_and_store(&kinds[i]);

		/* [1 2 3 4 5 6] and then [1 2]   [5 6] */
		unmap(m.map + pages(2), pages(2));
		assert_gone(&m, 2, 2);
		assert_intact(&m, 0, 2);
		assert_intact(&m, 4, 2);
		assert_pieces(&m, 2);

		first = _i ? 4 : 0;
		last = _i ? 0 : 4;
		unmap(m.map + pages(first), pages(2));
		assert_gone(&m, first, 2);
		assert_intact(&m, last, 2);
		assert_pieces(&m, 1);

		unmap(m.map + pages(last), pages(2));
		assert_gone(&m, 0, MAPPED);
		assert_pieces(&m, 0);
	}
}

ROW_EACH(S14, remapped_middle_shows_target, "a new mapping in the gap shows the target", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);
	int fd = target_open(O_RDWR);

	needs_file();
	unmap(m.map + pages(2), pages(2));
	target_map_at(m.map + pages(2), pages(2), RW, kinds[_i].flags, fd, pages(3));
	assert_memory(m.map + pages(2), pages(2), pages(3),
		      kinds[_i].flags & MAP_PRIVATE ? ORIGINAL : STORED);
	assert_intact(&m, 0, 2);
	assert_intact(&m, 4, 2);
}

ROW_EACH(S14, several_with_holes, "one munmap removes several mappings and the holes between",
	 kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	/* [1 2 3 4 5 6] and then [1]   [3]   [5 6] */
	unmap(m.map + pages(1), pages(1));
	unmap(m.map + pages(3), pages(1));
	assert_pieces(&m, 3);

	/* From inside nothing, before, into the last one: [5 6] loses 5. */
	unmap(m.map - pages(1), pages(6));
	assert_gone(&m, 0, 5);
	assert_intact(&m, 5, 1);
	assert_pieces(&m, 1);
}

ROW_EACH(S14, over_another_kind, "one munmap removes mappings of the target and of other memory",
	 kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	target_map_at(m.map + pages(2), pages(2), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m.map[pages(2)] = 'a';
	unmap(m.map + pages(1), pages(4));
	assert_gone(&m, 1, 4);
	assert_intact(&m, 0, 1);
	assert_intact(&m, 5, 1);
	assert_pieces(&m, 2);
}

ROW_EACH(S14, nothing_mapped, "munmap where nothing is mapped returns 0 and has no effect", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	unmap(m.map - pages(1), pages(1));
	unmap(m.map + pages(MAPPED), pages(1));
	assert_intact(&m, 0, MAPPED);
	assert_pieces(&m, 1);
	unmap(m.map, pages(MAPPED));
	unmap(m.map, pages(MAPPED));
	assert_gone(&m, 0, MAPPED);
	assert_pieces(&m, 0);
}

ROW_EACH(S14, odd_length_rounds_up, "an odd length unmaps its last page whole", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	unmap(m.map, pages(1) + 1);
	assert_gone(&m, 0, 2);
	assert_intact(&m, 2, 4);
	unmap(m.map + pages(2), 1);
	assert_gone(&m, 2, 1);
	assert_intact(&m, 3, 3);
}

/* Refused ranges: from the mapping so many bytes, or at an absolute address. */
static const struct refused {
	const char *name;
	long from_map;
	uintptr_t addr;
	size_t pages, bytes;
} refused[] = {
	{"unaligned-by-one", 1, 0, 1, 0},
	{"unaligned-by-half-a-page", 2048, 0, 1, 0},
	{"zero-length", 0, 0, 0, 0},
	{"length-rounds-to-zero", 0, 0, 0, SIZE_MAX},
	{"end-wraps", 0, 0, 0, SIZE_MAX / 2 * 2 - 0x400000},
	{"end-past-address-space", 0, 0, 0, SIZE_MAX / 2},
	{"starts-past-address-space", 0, SIZE_MAX - 0x3fffff, 1, 0},
};

ROW_EACH(S14, refused, "an unaligned, empty or overflowing range is EINVAL, and changes nothing",
	 refused)
{
	const struct refused *range = &refused[_i];

	if (range->addr)
		row_needs_64_bits("address: its own end where the kernel's begin");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct mapped m;
		void *addr;

		target_reset();
		m = map_and_store(&kinds[i]);
		addr = range->addr ? (void *)range->addr : m.map + range->from_map;
		errno = 0;
		ck_assert_int_eq(munmap(addr, pages(range->pages) + range->bytes), -1);
		ck_assert_int_eq(errno, EINVAL);
		assert_intact(&m, 0, MAPPED);
		assert_pieces(&m, 1);
		unmap(m.map, pages(MAPPED));
	}
}

ROW_EACH(S14, outlives_close, "a mapping outlives close of its descriptor", kinds)
{
	int fd = target_open(O_RDWR);
	unsigned char *map = target_map(pages(2), RW, kinds[_i].flags, fd, pages(1));
	bool private = kinds[_i].flags & MAP_PRIVATE;

	ck_assert_int_eq(close(fd), 0);
	/* It was not accessed while the descriptor was open; page faults need the file. */
	assert_memory(map, pages(2), pages(1), ORIGINAL);
	pattern_fill(map, pages(2), pages(1), STORED);
	assert_memory(map, pages(2), pages(1), STORED);
	assert_target(pages(1), pages(2), private ? ORIGINAL : STORED);
	unmap(map, pages(2));
	assert_target(pages(1), pages(2), private ? ORIGINAL : STORED);
}

ROW_EACH(S14, one_mapping_of_two, "unmapping one of two mappings of a page leaves the other", kinds)
{
	unsigned char *other = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	struct mapped m = map_and_store(&kinds[_i]);
	bool private = kinds[_i].flags & MAP_PRIVATE;

	needs_file();
	assert_memory(other, pages(MAPPED), pages(1), private ? ORIGINAL : STORED);
	unmap(m.map, pages(MAPPED));
	assert_gone(&m, 0, MAPPED);
	assert_memory(other, pages(MAPPED), pages(1), private ? ORIGINAL : STORED);
	pattern_fill(other, pages(1), pages(1), STORED + 1);
	assert_target(pages(1), pages(1), STORED + 1);
}
