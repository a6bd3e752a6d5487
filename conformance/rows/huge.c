// SPDX-License-Identifier: GPL-2.0-only
/* M11: huge page-table entries where addresses allow, small ones elsewhere, the same memory. */
#include <linux/mmapdemo.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/weather.h"

#define HUGE   2 /* huge pages of the target, from its start */
#define STORED 1
#define TRIES  5 /* to have huge pages while the kernel splits them */

static size_t len(void)
{
	if (target.size < (off_t)(HUGE * huge_page_size()))
		row_not_applicable("the target is smaller than %d huge pages", HUGE);
	return HUGE * huge_page_size();
}

/*
 * The place of these tests in the target. It is not at the start, where other tests split huge
 * pages for good, for example by MADV_PAGEOUT of a part.
 */
static off_t region(void)
{
	return target.size >= (off_t)(2 * len()) ? len() : 0;
}

/* The target from there on, at an address that is this far past a multiple of the huge page. */
static unsigned char *map_at_phase(size_t phase, int open_flags, int prot, int flags)
{
	size_t room = len() + 2 * huge_page_size();
	uintptr_t area = (uintptr_t)reserve(room / target.page);
	uintptr_t base = (area + huge_page_size() - 1) / huge_page_size() * huge_page_size();
	int fd = target_open(open_flags);
	void *map = target_map_at((void *)(base + phase), len(), prot, flags, fd, region());

	close(fd);
	return map;
}

static void touch(const volatile unsigned char *map, size_t step)
{
	for (size_t i = 0; i < len(); i += step)
		(void)map[i];
}

static const struct variant {
	const char *name;
	int open_flags, prot, flags;
} variants[] = {
	{"shared-rw", O_RDWR, RW, MAP_SHARED},
	{"shared-ro", O_RDONLY, PROT_READ, MAP_SHARED},
	{"private-rw", O_RDWR, RW, MAP_PRIVATE},
	{"private-ro", O_RDONLY, PROT_READ, MAP_PRIVATE},
};

/* The module's own device has none if its parameter says so. */
static bool is_never_huge(void)
{
	char huge[16];

	return target.module &&
	       !read_text("/sys/module/mmapdemo/parameters/huge", huge, sizeof(huge)) &&
	       !strcmp(huge, "never\n");
}

/* The kernel may have split a huge page since it was mapped, and does not collapse it again. */
static void assert_huge(const unsigned char *map, size_t bytes)
{
	if (!maps_huge(map, len(), bytes) && !weather_explains(false))
		ck_assert_uint_eq(huge_mapped(map), bytes);
}

/* Gives the target other memory there, with the same contents. */
static void make_anew(void)
{
	struct mmapdemo_punch punch = {.size = sizeof(punch), .offset = region(), .length = len()};
	int fd = target_open(O_RDWR);

	ck_assert_int_eq(ioctl(fd, MMAPDEMO_IOCTL_PUNCH, &punch), 0);
	close(fd);
	target_write_pattern(region(), len(), STORED);
}

/*
 * Maps it aligned, with huge entries; the contents are the pattern STORED. If the kernel splits
 * the target's huge pages, others take their place in another mapping, and this one's page tables
 * stay.
 */
static unsigned char *map_huge(const struct variant *v)
{
	for (int tries = 0;; tries++) {
		unsigned char *map = map_at_phase(0, v->open_flags, v->prot, v->flags);

		touch(map, huge_page_size());
		if (is_never_huge())
			row_not_applicable("the module was loaded with huge=never");
		if (maps_huge(map, len(), len()))
			return map;
		if (!target.module || !weather_explains(false))
			row_unsupported("huge pages map %zu kB of %zu", huge_mapped(map) / 1024,
					len() / 1024);
		if (tries == TRIES)
			row_not_applicable("the kernel splits huge pages faster than the target "
					   "makes them");
		unmap(map, len());
		make_anew();
	}
}

static void needs_small_pages(void)
{
	if (target.page > (size_t)sysconf(_SC_PAGESIZE))
		row_not_applicable("the target has no small pages");
}

static unsigned char *map_small(const struct variant *v)
{
	needs_small_pages();
	return map_at_phase(target.page, v->open_flags, v->prot, v->flags);
}

ROW_EACH(M11, aligned_is_huge, "one touch maps a huge page, all its pages adjacent", variants)
{
	unsigned char *view = map_at_phase(0, O_RDWR, RW, MAP_SHARED);
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned char *map;

	pattern_fill(view, len(), region(), STORED);
	map = map_huge(&variants[_i]);

	for (size_t i = 0; i < len(); i += page) {
		size_t within = i % huge_page_size();
		uint64_t adjacent = frame_of(map + i - within) + within / page;

		if (frame_of(map + i) != adjacent && weather_explains(false))
			break;
		assert_same_page(frame_of(map + i), adjacent);
	}
	assert_memory(map, len(), region(), STORED);
}

ROW_EACH(M11, unaligned_is_small, "at an unaligned address the same pages are mapped one by one",
	 variants)
{
	unsigned char *map = map_small(&variants[_i]);
	unsigned char *view = map_at_phase(0, O_RDWR, RW, MAP_SHARED);

	pattern_fill(view, len(), region(), STORED);
	touch(map, target.page);
	ck_assert_uint_eq(huge_mapped(map), 0);
	for (size_t i = 0; i < len(); i += target.page)
		assert_same_page(frame_of(map + i), frame_of(view + i));
	assert_memory(map, len(), region(), STORED);
}

ROW(M11, same_contents, "a store through either mapping is seen through the other, and by read")
{
	unsigned char *huge = map_huge(&variants[0]);
	unsigned char *small = map_small(&variants[0]);

	pattern_fill(huge, len(), region(), STORED);
	assert_memory(small, len(), region(), STORED);
	assert_target(region(), len(), STORED);
	pattern_fill(small, len(), region(), STORED + 1);
	assert_memory(huge, len(), region(), STORED + 1);
	assert_huge(huge, len());
	ck_assert_uint_eq(huge_mapped(small), 0);
}

ROW(M11, private_store, "a store through a private mapping copies that page, not the huge one")
{
	unsigned char *view = map_at_phase(0, O_RDWR, RW, MAP_SHARED);
	unsigned char *map;
	size_t stored = huge_page_size() + pages(3);

	needs_small_pages();
	pattern_fill(view, len(), region(), STORED);
	map = map_huge(&variants[2]);
	map[stored] = ~map[stored];
	for (size_t i = 0; i < len(); i += target.page) {
		(void)*(volatile unsigned char *)(map + i);
		if (i == stored)
			assert_different_page(frame_of(map + i), frame_of(view + i));
		else
			assert_same_page(frame_of(map + i), frame_of(view + i));
	}
	assert_huge(map, len() - huge_page_size());
	assert_target(region(), len(), STORED);
	assert_memory(map, stored, region(), STORED);
	assert_memory(map + stored + 1, len() - stored - 1, region() + stored + 1, STORED);
}

ROW_EACH(M11, cut, "a huge page cut by munmap or mprotect keeps its other pages", variants)
{
	unsigned char *view = map_at_phase(0, O_RDWR, RW, MAP_SHARED);
	unsigned char *map, *gone, *none;

	needs_small_pages();
	pattern_fill(view, len(), region(), STORED);
	map = map_huge(&variants[_i]);
	gone = map + pages(5);
	none = map + huge_page_size() + pages(5);
	unmap(gone, target.page);
	ck_assert_int_eq(mprotect(none, target.page, PROT_NONE), 0);
	assert_unmapped(try_read(gone), gone);
	assert_forbidden(try_read(none), none);
	for (unsigned char *page = map; page < map + len(); page += target.page) {
		if (page == gone || page == none)
			continue;
		assert_memory(page, target.page, region() + (page - map), STORED);
		assert_same_page(frame_of(page), frame_of(view + (page - map)));
	}
}

/* clear_refs write-protects huge entries, to see the next store: filesystems/proc.rst */
ROW_EACH(M11, store_after_clear_refs,
	 "a store to a huge page that is write-protected to track stores works, and is seen", kinds)
{
	unsigned char *view = map_at_phase(0, O_RDWR, RW, MAP_SHARED);
	unsigned char *map = map_huge(&variants[kinds[_i].flags == MAP_SHARED ? 0 : 2]);
	unsigned char *stored = map + pages(5);

	pattern_fill(view, len(), region(), STORED);
	if (!track_stores())
		row_not_applicable("this kernel does not track stores (CONFIG_MEM_SOFT_DIRTY)");
	ck_assert(!pagemap_bit(stored, PAGEMAP_SOFT_DIRTY));
	*stored ^= 0xff;
	ck_assert(pagemap_bit(stored, PAGEMAP_SOFT_DIRTY));
	if (kinds[_i].flags == MAP_SHARED)
		ck_assert_int_eq(view[pages(5)], *stored);
	else
		assert_memory(view, len(), region(), STORED);
}

ROW_EACH(M11, fork, "a child has the huge page, and shares or copies as with small ones", kinds)
{
	unsigned char *view = map_at_phase(0, O_RDWR, RW, MAP_SHARED);
	unsigned char *map, first;
	struct peer other;
	uint64_t frame;

	pattern_fill(view, len(), region(), STORED);
	map = map_huge(&variants[kinds[_i].flags == MAP_SHARED ? 0 : 2]);
	frame = frame_of(map);
	first = map[0];

	if (fork_child(&other)) {
		assert_memory(map, len(), region(), STORED);
		assert_same_page(frame_of(map), frame);
		map[0] = ~map[0];
		if (kinds[_i].flags == MAP_SHARED)
			assert_same_page(frame_of(map), frame);
		else
			assert_different_page(frame_of(map), frame);
		child_done();
	}
	await_exit(&other);
	assert_same_page(frame_of(map), frame);
	ck_assert_int_eq(map[0], kinds[_i].flags == MAP_SHARED ? (unsigned char)~first : first);
	assert_memory(map + 1, len() - 1, region() + 1, STORED);
}

ROW_EACH(M11, kernel_aligns, "the kernel chooses an address that allows huge pages", kinds)
{
	off_t offsets[] = {0, pages(3), huge_page_size()};

	/* Its addresses are few (mm/huge_memory.c, __thp_get_unmapped_area()). */
	if (kernel_of_32_bits())
		row_not_applicable("a 32-bit kernel chooses no address for huge pages");
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		unsigned char *map =
			target_map_rw(len() / target.page, kinds[_i].flags, offsets[i]);
		size_t phase = (uintptr_t)map % huge_page_size();

		if (phase != offsets[i] % huge_page_size() && !target.module)
			row_unsupported("addresses are not chosen for huge pages: %p", map);
		ck_assert_uint_eq(phase, offsets[i] % huge_page_size());
	}
}
