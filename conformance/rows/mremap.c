// SPDX-License-Identifier: GPL-2.0-only
/* M1: mremap. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/target_reset.h"

/*
 * Four pages of the target from page 1 on, stored to, with nothing mapped on
 * either side:	[            ][1 2 3 4][            ]
 */
#define MAPPED 4
#define ROOM   8
#define STORED 1

struct mapped {
	unsigned char *map;
	int flags;
	uint64_t frames[MAPPED];
	uint64_t vmas; /* without this one */
};

static struct mapped map_and_store(const struct kind *kind)
{
	struct mapped m = {.flags = kind->flags};
	unsigned char *area = reserve(MAPPED + 2 * ROOM);
	int fd = target_open(O_RDWR);

	m.vmas = target.module ? counter("vmas") : 0;
	m.map = target_map_at(area + pages(ROOM), pages(MAPPED), RW, kind->flags, fd, pages(1));
	unmap(area, pages(ROOM));
	unmap(m.map + pages(MAPPED), pages(ROOM));
	close(fd);
	pattern_fill(m.map, pages(MAPPED), pages(1), STORED);
	for (int i = 0; i < MAPPED; i++)
		m.frames[i] = frame_of(m.map + pages(i));
	return m;
}

/* These pages, at whatever address, are the ones stored to, are still mapped, and take stores. */
static void assert_pages(const struct mapped *m, unsigned char *at, int first, int count)
{
	/* Before any access: the page table entries moved, and no page fault mapped them again. */
	for (int i = 0; i < count; i++)
		assert_same_page(frame_of(at + pages(i)), m->frames[first + i]);
	assert_memory(at, pages(count), pages(1 + first), STORED);
	for (int i = 0; i < count; i++) {
		volatile unsigned char *byte = at + pages(i) + 7;

		*byte = ~*byte;
		*byte = ~*byte;
		assert_same_page(frame_of(at + pages(i)), m->frames[first + i]);
	}
	assert_target(pages(1 + first), pages(count), m->flags == MAP_SHARED ? STORED : ORIGINAL);
}

/*
 * The mapping shows the target, with the stores of a shared mapping and without those of a private
 * one.
 */
static void assert_file_pages(const struct mapped *m, unsigned char *at, int first, int count)
{
	unsigned char *view = target_map_ro(count, MAP_SHARED, pages(1 + first));

	assert_memory(at, pages(count), pages(1 + first),
		      m->flags == MAP_SHARED ? STORED : ORIGINAL);
	for (int i = 0; i < count; i++) {
		ck_assert(view[pages(i)] == at[pages(i)]);
		assert_same_page(frame_of(at + pages(i)), frame_of(view + pages(i)));
	}
	unmap(view, pages(count));
}

static void assert_gone(unsigned char *at, int count)
{
	for (int i = 0; i < count; i++)
		assert_unmapped(try_read(at + pages(i)), at + pages(i));
}

/* More VMAs of the target than before map_and_store(); other targets do not count. */
static void assert_more_vmas(const struct mapped *m, uint64_t more)
{
	if (target.module)
		assert_vmas(m->vmas + more);
}

static unsigned char *remap(void *old, size_t old_count, size_t count, int flags, void *new)
{
	void *map = mremap(old, pages(old_count), pages(count), flags, new);

	if (map == MAP_FAILED && errno == EFAULT && count > old_count)
		row_unsupported("mappings do not grow: mremap says %s", strerror(errno));
	ck_assert_msg(map != MAP_FAILED, "mremap from %zu to %zu pages, flags %#x: %s", old_count,
		      count, flags, strerror(errno));
	return map;
}

ROW_EACH(M1, shrink, "shrinking keeps the head in place and unmaps the tail", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	ck_assert_ptr_eq(remap(m.map, MAPPED, 2, 0, NULL), m.map);
	assert_more_vmas(&m, 1);
	assert_pages(&m, m.map, 0, 2);
	assert_gone(m.map + pages(2), 2);
	unmap(m.map, pages(2));
	assert_more_vmas(&m, 0);
}

ROW_EACH(M1, shrink_inside, "shrinking a part cuts the mapping in two: [0][1 2][3] to [0][1]   [3]",
	 kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	ck_assert_ptr_eq(remap(m.map + pages(1), 2, 1, 0, NULL), m.map + pages(1));
	assert_more_vmas(&m, 2);
	assert_pages(&m, m.map, 0, 2);
	assert_gone(m.map + pages(2), 1);
	assert_pages(&m, m.map + pages(3), 3, 1);
}

ROW_EACH(M1, same_size, "mremap to the same size changes nothing", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	ck_assert_ptr_eq(remap(m.map, MAPPED, MAPPED, MREMAP_MAYMOVE, NULL), m.map);
	assert_more_vmas(&m, 1);
	assert_pages(&m, m.map, 0, MAPPED);
}

ROW_EACH(M1, grow_in_place, "growing into free addresses shows the target's next pages", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);
	unsigned char *view = target_map_ro(3, MAP_SHARED, pages(1 + MAPPED));

	ck_assert_ptr_eq(remap(m.map, MAPPED, MAPPED + 3, 0, NULL), m.map);
	assert_more_vmas(&m, 2);
	assert_pages(&m, m.map, 0, MAPPED);
	assert_memory(m.map + pages(MAPPED), pages(3), pages(1 + MAPPED), ORIGINAL);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(view[pages(i)], m.map[pages(MAPPED + i)]);
		assert_same_page(frame_of(m.map + pages(MAPPED + i)), frame_of(view + pages(i)));
	}
}

ROW_EACH(M1, grow_blocked, "growing is ENOMEM if the next address is mapped, or moves the mapping",
	 kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);
	void *guard = m.map + pages(MAPPED);
	unsigned char *map;

	ck_assert_ptr_eq(mmap(guard, pages(1), PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
			 guard);
	ck_assert_ptr_eq(mremap(m.map, pages(MAPPED), pages(6), 0), MAP_FAILED);
	if (errno == EFAULT)
		row_unsupported("mappings do not grow: mremap says %s", strerror(errno));
	ck_assert_int_eq(errno, ENOMEM);
	assert_pages(&m, m.map, 0, MAPPED);

	map = remap(m.map, MAPPED, 6, MREMAP_MAYMOVE, NULL);
	ck_assert_ptr_ne(map, m.map);
	assert_gone(m.map, MAPPED);
	assert_more_vmas(&m, 1);
	assert_pages(&m, map, 0, MAPPED);
	assert_memory(map + pages(MAPPED), pages(2), pages(1 + MAPPED), ORIGINAL);
}

ROW_EACH(M1, grow_past_end, "pages grown past the target's end are SIGBUS, and the others stay",
	 kinds)
{
	unsigned char *map = target_map_rw(2, kinds[_i].flags, target.size - pages(2));

	needs_end();
	map = remap(map, 2, 4, MREMAP_MAYMOVE, NULL);
	assert_memory(map, pages(2), target.size - pages(2), ORIGINAL);
	for (int i = 2; i < 4; i++) {
		assert_bus_error(try_read(map + pages(i)), map + pages(i));
		assert_bus_error(try_write(map + pages(i), 1), map + pages(i));
	}
	assert_memory(map, pages(2), target.size - pages(2), ORIGINAL);
}

ROW_EACH(M1, move, "a moved mapping has its pages and copies at the new address", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);
	unsigned char *to = reserve(MAPPED);

	ck_assert_ptr_eq(remap(m.map, MAPPED, MAPPED, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	assert_gone(m.map, MAPPED);
	assert_more_vmas(&m, 1);
	assert_pages(&m, to, 0, MAPPED);
	unmap(to, pages(MAPPED));
	assert_more_vmas(&m, 0);
}

ROW(M1, move_untouched, "a private mapping that was read moves with the target's own pages")
{
	unsigned char *map = target_map_rw(2, MAP_PRIVATE, pages(1));
	unsigned char *to = reserve(2);
	uint64_t frame;

	assert_memory(map, pages(2), pages(1), ORIGINAL);
	frame = frame_of(map);
	remap(map, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	assert_same_page(frame_of(to), frame);
	/* And copies on write as before. */
	to[0] = 'p';
	assert_different_page(frame_of(to), frame);
	assert_target(pages(1), pages(2), ORIGINAL);
}

ROW_EACH(M1, move_part, "a part moves out of the middle: three mappings, each with its pages",
	 kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);
	unsigned char *to = reserve(2);

	ck_assert_ptr_eq(remap(m.map + pages(1), 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	assert_more_vmas(&m, 3);
	assert_pages(&m, m.map, 0, 1);
	assert_gone(m.map + pages(1), 2);
	assert_pages(&m, m.map + pages(3), 3, 1);
	assert_pages(&m, to, 1, 2);
}

ROW_EACH(M1, fixed_replaces, "MREMAP_FIXED replaces the mappings in its range, and no others",
	 kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);
	struct mapped other = map_and_store(&kinds[_i]);
	unsigned char *to = other.map + pages(1);

	assert_more_vmas(&m, 2);
	ck_assert_ptr_eq(remap(m.map, MAPPED, 2, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	assert_gone(m.map, MAPPED);
	/* [other 1][m 1 2][other 4]: adjacent, but not one mapping's pages in a row */
	assert_more_vmas(&m, 3);
	assert_pages(&other, other.map, 0, 1);
	assert_pages(&m, to, 0, 2);
	assert_pages(&other, other.map + pages(3), 3, 1);
}

/* mm/mremap.c allows it for any mapping that is not VM_DONTEXPAND or VM_PFNMAP (since 5.13). */
ROW_EACH(M1, dontunmap,
	 "MREMAP_DONTUNMAP moves the pages, and the old range takes page faults anew", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);
	unsigned char *to = reserve(MAPPED);
	void *map;

	map = mremap(m.map, pages(MAPPED), pages(MAPPED),
		     MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);
	if (map == MAP_FAILED && errno == EINVAL)
		row_unsupported("MREMAP_DONTUNMAP: %s", strerror(errno));
	ck_assert_ptr_eq(map, to);
	assert_more_vmas(&m, 2);
	for (int i = 0; i < MAPPED; i++)
		ck_assert_uint_eq(frame_of(m.map + pages(i)), 0);
	assert_pages(&m, to, 0, MAPPED);
	assert_file_pages(&m, m.map, 0, MAPPED);
	unmap(to, pages(MAPPED));
	assert_more_vmas(&m, 1);
	assert_file_pages(&m, m.map, 0, MAPPED);
}

ROW(M1, duplicate_shared, "an old size of 0 maps the same pages a second time")
{
	struct mapped m = map_and_store(&kinds[0]);
	unsigned char *to = reserve(2);
	void *map = mremap(m.map + pages(1), 0, pages(2), MREMAP_MAYMOVE | MREMAP_FIXED, to);

	if (map == MAP_FAILED && errno == EFAULT)
		row_unsupported("mappings do not grow: mremap says %s", strerror(errno));
	ck_assert_ptr_eq(map, to);
	assert_more_vmas(&m, 2);
	assert_file_pages(&m, to, 1, 2);
	assert_pages(&m, m.map, 0, MAPPED);
	to[0] = 'd';
	ck_assert_uint_eq(m.map[pages(1)], 'd');
}

ROW(M1, duplicate_private, "an old size of 0 is EINVAL for a private mapping")
{
	struct mapped m = map_and_store(&kinds[1]);

	ck_assert_ptr_eq(mremap(m.map, 0, pages(2), MREMAP_MAYMOVE), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	assert_more_vmas(&m, 1);
	assert_pages(&m, m.map, 0, MAPPED);
}

ROW_EACH(M1, sizes_round_up, "sizes round up to the page", kinds)
{
	struct mapped m = map_and_store(&kinds[_i]);

	ck_assert_ptr_eq(mremap(m.map, pages(MAPPED) - 1, pages(1) + 1, 0), m.map);
	assert_pages(&m, m.map, 0, 2);
	assert_gone(m.map + pages(2), 2);
}

/* In pages, on the four of map_and_store(); bytes are added to make them odd. */
static const struct refused {
	const char *name;
	int from, from_bytes, old, new, flags, to, to_bytes, error;
} refused[] = {
	{"unaligned", 0, 1, 2, 2, MREMAP_MAYMOVE, 0, 0, EINVAL},
	{"to-nothing", 0, 0, MAPPED, 0, MREMAP_MAYMOVE, 0, 0, EINVAL},
	{"unknown-flag", 0, 0, MAPPED, 2, 0x40, 0, 0, EINVAL},
	{"fixed-not-maymove", 0, 0, 2, 2, MREMAP_FIXED, 6, 0, EINVAL},
	{"fixed-unaligned", 0, 0, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 6, 1, EINVAL},
	{"fixed-overlap", 0, 0, 3, 3, MREMAP_MAYMOVE | MREMAP_FIXED, 2, 0, EINVAL},
	{"dontunmap-not-maymove", 0, 0, 2, 2, MREMAP_DONTUNMAP, 0, 0, EINVAL},
	{"dontunmap-resize", 0, 0, 2, 3, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0, 0, EINVAL},
	{"not-mapped", -2, 0, 1, 2, MREMAP_MAYMOVE, 0, 0, EFAULT},
	{"over-the-end", 2, 0, 3, 5, MREMAP_MAYMOVE, 0, 0, EFAULT},
};

ROW_EACH(M1, refused, "an invalid mremap returns its errno and changes nothing", refused)
{
	const struct refused *r = &refused[_i];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct mapped m = map_and_store(&kinds[i]);
		void *map =
			mremap(m.map + (ssize_t)pages(1) * r->from + r->from_bytes, pages(r->old),
			       pages(r->new), r->flags, m.map + pages(r->to) + r->to_bytes);

		ck_assert_ptr_eq(map, MAP_FAILED);
		ck_assert_int_eq(errno, r->error);
		assert_more_vmas(&m, 1);
		assert_pages(&m, m.map, 0, MAPPED);
		assert_gone(m.map - pages(2), 2);
		assert_gone(m.map + pages(MAPPED), 2);
		unmap(m.map, pages(MAPPED));
		target_reset();
	}
}
