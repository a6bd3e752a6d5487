// SPDX-License-Identifier: GPL-2.0-only
/* S8: where a mapping goes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* Addresses that were mapped a moment ago, so that nothing is there now. */
static unsigned char *free_area(size_t count)
{
	unsigned char *area = reserve(count);

	unmap(area, pages(count));
	return area;
}

static bool overlap(const unsigned char *a, const unsigned char *b, size_t len)
{
	return a < b + len && b < a + len;
}

ROW_EACH(S8, null_kernel_chooses, "with no address the kernel chooses one, page-aligned and free",
	 kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *maps[8];

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		maps[i] = target_map(pages(2), RW, kinds[_i].flags, fd, pages(i));
		ck_assert_ptr_nonnull(maps[i]);
		ck_assert_uint_eq((uintptr_t)maps[i] % target.page, 0);
		for (size_t j = 0; j < i; j++)
			ck_assert(!overlap(maps[i], maps[j], pages(2)));
	}
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		assert_memory(maps[i], pages(2), pages(i), ORIGINAL);
}

ROW_EACH(S8, hint_taken_where_free, "a hint is taken where it is free", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *area = free_area(4);
	unsigned char *map =
		target_map_near(area + pages(1), pages(2), RW, kinds[_i].flags, fd, pages(3));

	ck_assert_ptr_eq(map, area + pages(1));
	assert_memory(map, pages(2), pages(3), ORIGINAL);
}

ROW_EACH(S8, unaligned_hint_is_aligned, "a hint inside a page is taken as that page", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *area = free_area(4);
	unsigned char *map =
		target_map_near(area + pages(1) + 5, pages(2), RW, kinds[_i].flags, fd, 0);

	ck_assert_ptr_eq(map, area + pages(1));
	assert_memory(map, pages(2), 0, ORIGINAL);
}

ROW_EACH(S8, hint_not_taken_where_occupied, "a hint at a mapped address changes nothing there",
	 kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *there = target_map(pages(2), RW, MAP_SHARED, fd, 0);
	unsigned char *map = target_map_near(there, pages(2), RW, kinds[_i].flags, fd, pages(4));

	ck_assert_uint_eq((uintptr_t)map % target.page, 0);
	ck_assert(!overlap(map, there, pages(2)));
	assert_memory(there, pages(2), 0, ORIGINAL);
	assert_memory(map, pages(2), pages(4), ORIGINAL);
}

ROW_EACH(S8, fixed_is_exact, "MAP_FIXED maps exactly there", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *area = free_area(4);

	ck_assert_ptr_eq(target_map_at(area + pages(1), pages(2), RW, kinds[_i].flags, fd, 0),
			 area + pages(1));
	assert_memory(area + pages(1), pages(2), 0, ORIGINAL);
	assert_unmapped(try_read(area), area);
	assert_unmapped(try_read(area + pages(3)), area + pages(3));
}

ROW_EACH(S8, fixed_replaces, "MAP_FIXED replaces the mappings in its range, and no others", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *area = reserve(6);

	/* [A A A A] and then [A B B A] */
	target_map_at(area + pages(1), pages(4), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pattern_fill(area + pages(1), pages(4), 0, 7);
	target_map_at(area + pages(2), pages(2), RW, kinds[_i].flags, fd, pages(3));

	assert_memory(area + pages(1), pages(1), 0, 7);
	assert_memory(area + pages(2), pages(2), pages(3), ORIGINAL);
	assert_memory(area + pages(4), pages(1), pages(3), 7);
}

ROW_EACH(S8, fixed_replaces_target, "MAP_FIXED replaces another part of the target", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *area = reserve(6);
	uint64_t before = target.module ? counter("vmas") : 0;
	unsigned char *map = target_map_at(area + pages(1), pages(4), RW, kinds[_i].flags, fd, 0);

	pattern_fill(map, pages(4), 0, 1);
	target_map_at(map + pages(1), pages(1), RW, MAP_SHARED, fd, pages(9));

	assert_memory(map, pages(1), 0, 1);
	assert_memory(map + pages(1), pages(1), pages(9), ORIGINAL);
	assert_memory(map + pages(2), pages(2), pages(2), 1);
	if (target.module)
		ck_assert_uint_eq(counter("vmas"), before + 3);
	/* MAP_FIXED unmaps as munmap does: shared stores are in the target. */
	assert_target(pages(1), pages(1), kinds[_i].flags & MAP_PRIVATE ? ORIGINAL : 1);
}

ROW_EACH(S8, fixed_unaligned, "MAP_FIXED inside a page is EINVAL, and the mapping there stays",
	 kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *map = target_map(pages(2), RW, MAP_SHARED, fd, 0);
	int flags = kinds[_i].flags | MAP_FIXED;

	ck_assert_int_eq(mmap_errno(map + 1, pages(1), RW, flags, fd, pages(4)), EINVAL);
	ck_assert_int_eq(mmap_errno(map + target.page / 2, pages(1), RW, flags, fd, pages(4)),
			 EINVAL);
	ck_assert_int_eq(mmap_errno(map + target.page - 1, pages(1), RW, flags, fd, pages(4)),
			 EINVAL);
	assert_memory(map, pages(2), 0, ORIGINAL);
}

ROW_EACH(S8, fixed_past_address_space, "MAP_FIXED past what a process can address is ENOMEM", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	void *top = (void *)(~(uintptr_t)0 - pages(2) + 1);

	ck_assert_int_eq(mmap_errno(top, pages(1), RW, kinds[_i].flags | MAP_FIXED, fd, 0), ENOMEM);
}

/* Four pages at page 2 of a free area are mapped; a second mapping is tried. */
static const struct collision {
	const char *name;
	int page, count;
} collisions[] = {
	{"exactly", 2, 4}, {"its-head", 1, 2}, {"its-tail", 5, 2},
	{"inside", 3, 2},  {"around", 1, 6},
};

ROW_EACH(S8, noreplace_refuses,
	 "MAP_FIXED_NOREPLACE over a mapping is EEXIST, and that mapping stays", collisions)
{
	const struct collision *collision = &collisions[_i];
	int fd = target_open_to_map(O_RDWR);
	unsigned char *area = free_area(8);
	unsigned char *there = target_map_at(area + pages(2), pages(4), RW, MAP_SHARED, fd, 0);

	ck_assert_int_eq(mmap_errno(area + pages(collision->page), pages(collision->count), RW,
				    MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, pages(8)),
			 EEXIST);
	assert_memory(there, pages(4), 0, ORIGINAL);
	assert_unmapped(try_read(area + pages(1)), area + pages(1));
	assert_unmapped(try_read(area + pages(6)), area + pages(6));
	there[0] = 's';
	ck_assert_uint_eq(target_read_byte(0), 's');
}

ROW_EACH(S8, noreplace_where_free, "MAP_FIXED_NOREPLACE maps exactly there, between neighbours",
	 kinds)
{
	int flags = kinds[_i].flags | MAP_FIXED_NOREPLACE;
	int fd = target_open_to_map(O_RDWR);
	unsigned char *area = reserve(6);

	unmap(area + pages(2), pages(2));
	ck_assert_ptr_eq(target_map_near(area + pages(2), pages(2), RW, flags, fd, pages(3)),
			 area + pages(2));
	assert_memory(area + pages(2), pages(2), pages(3), ORIGINAL);
}

ROW_EACH(S8, noreplace_unaligned, "MAP_FIXED_NOREPLACE inside a page is EINVAL", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *area = free_area(4);

	ck_assert_int_eq(mmap_errno(area + pages(1) + 1, pages(1), RW,
				    kinds[_i].flags | MAP_FIXED_NOREPLACE, fd, 0),
			 EINVAL);
	assert_unmapped(try_read(area + pages(1)), area + pages(1));
}
