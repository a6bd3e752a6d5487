// SPDX-License-Identifier: GPL-2.0-only
/*
 * M17: calls about memory that are newer than 5.10 or so. Each is not applicable if the kernel
 * lacks it; none may treat the target differently.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support/access.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"

#define NR_CACHESTAT 451
#define NR_MSEAL     462

#define STORED	     1

#define assert_fails_as(call, expected)             \
	do {                                        \
		ck_assert_int_eq((long)(call), -1); \
		ck_assert_int_eq(errno, expected);  \
	} while (0)

ROW_EACH(M17, mseal, "a sealed mapping cannot be moved or changed, and works", kinds)
{
	unsigned char *map = memory_map_some(kinds[_i].flags);

	if (syscall(NR_MSEAL, map, pages(MEMORY_SOME), 0UL)) {
		ck_assert_int_eq(errno, ENOSYS);
		row_not_applicable("this kernel has no mseal() (it came with 6.10)");
	}
	assert_fails_as(munmap(map, pages(1)), EPERM);
	assert_fails_as(mprotect(map, pages(1), PROT_READ), EPERM);
	assert_fails_as(mremap(map, pages(MEMORY_SOME), pages(1), 0), EPERM);
	assert_fails_as(mmap(map, pages(1), RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			EPERM);
	assert_memory(map, pages(MEMORY_SOME), pages(1), ORIGINAL);
	pattern_fill(map, pages(MEMORY_SOME), pages(1), STORED);
	assert_memory(map, pages(MEMORY_SOME), pages(1), STORED);
	assert_target(pages(1), pages(MEMORY_SOME),
		      kinds[_i].flags == MAP_SHARED ? STORED : ORIGINAL);
}

ROW_EACH(M17, guard,
	 "an access to a guard region is SIGSEGV, and its pages are intact when it is removed",
	 kinds)
{
	unsigned char *map = memory_map_some(kinds[_i].flags);
	unsigned char *view = target_map_ro(MEMORY_SOME, MAP_SHARED, pages(1));
	unsigned char *hidden = map + pages(2);

	assert_memory(map, pages(MEMORY_SOME), pages(1), ORIGINAL);
	assert_done(guard(hidden, MADV_GUARD_INSTALL));
	assert_unmapped(try_read(hidden), hidden);
	assert_unmapped(try_write(hidden + 5, 1), hidden + 5);
	assert_memory(map, pages(2), pages(1), ORIGINAL);
	assert_memory(map + pages(3), pages(MEMORY_SOME - 3), pages(4), ORIGINAL);
	assert_memory(view, pages(MEMORY_SOME), pages(1), ORIGINAL);
	assert_target(pages(1), pages(MEMORY_SOME), ORIGINAL);
	ck_assert_int_eq(madvise(map, pages(MEMORY_SOME), MADV_DONTNEED), 0);
	assert_unmapped(try_read(hidden), hidden);
	assert_done(guard(hidden, MADV_GUARD_REMOVE));
	assert_memory(map, pages(MEMORY_SOME), pages(1), ORIGINAL);
}

/* From linux/fs.h, which is older on some systems that the tests are built on. */
struct scan_argument {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t inverted, mask, anyof_mask, return_mask;
};
struct scan_region {
	uint64_t start, end, categories;
};
#define PAGEMAP_SCAN_ _IOWR('f', 16, struct scan_argument)
#define SCAN_FILE     (1 << 2)
#define SCAN_PRESENT  (1 << 3)

ROW_EACH(M17, pagemap_scan, "PAGEMAP_SCAN reports the mapped pages as pages of a file", kinds)
{
	unsigned char *map = memory_map_some(kinds[_i].flags);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	struct scan_region regions[MEMORY_SOME];
	struct scan_argument scan = {
		.size = sizeof(scan),
		.start = (uintptr_t)map,
		.end = (uintptr_t)map + pages(MEMORY_SOME),
		.vec = (uintptr_t)regions,
		.vec_len = MEMORY_SOME,
		.mask = SCAN_PRESENT | SCAN_FILE,
		.return_mask = SCAN_PRESENT | SCAN_FILE,
	};
	int found;

	ck_assert_int_eq(madvise(map, pages(MEMORY_SOME), MADV_POPULATE_READ), 0);
	/* Small pages, or a part of a huge one: a hole in it leaves two regions. */
	ck_assert_int_eq(mprotect(map, pages(MEMORY_SOME), PROT_READ), 0);
	found = ioctl(fd, PAGEMAP_SCAN_, &scan);
	if (found < 0 && (errno == ENOTTY || errno == EINVAL))
		row_not_applicable("this kernel has no PAGEMAP_SCAN (it came with 6.7)");
	ck_assert_int_eq(found, 1);
	ck_assert_uint_eq(regions[0].start, (uintptr_t)map);
	ck_assert_uint_eq(regions[0].end, (uintptr_t)map + pages(MEMORY_SOME));
	ck_assert_uint_eq(regions[0].categories, SCAN_PRESENT | SCAN_FILE);

	ck_assert_int_eq(mprotect(map, pages(MEMORY_SOME), RW), 0);
	ck_assert_int_eq(madvise(map, pages(MEMORY_SOME), MADV_DONTNEED), 0);
	(void)*(volatile unsigned char *)map;
	ck_assert_int_ge(ioctl(fd, PAGEMAP_SCAN_, &scan), 1);
	ck_assert_uint_eq(regions[0].start, (uintptr_t)map);
}

struct query {
	uint64_t size, flags, addr, vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name_addr, build_id_addr;
};
#define PROCMAP_QUERY_ _IOWR('f', 17, struct query)

/* The kernel looks for a build id in the first page, which it reads if it is not there. */
ROW_EACH(M17, procmap_query,
	 "PROCMAP_QUERY with a build id reports a mapping whose page 0 is a hole", kinds)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	unsigned char *map, id[32];
	char name[256];
	struct query query = {
		.size = sizeof(query),
		.name_addr = (uintptr_t)name,
		.name_size = sizeof(name),
		.build_id_addr = (uintptr_t)id,
		.build_id_size = sizeof(id),
	};

	needs_page_cache();
	assert_done(in_the_end(memory_free(0, pages(1))));
	map = target_map_rw(MEMORY_SOME, kinds[_i].flags, 0);
	query.addr = (uintptr_t)map + pages(2);
	if (ioctl(fd, PROCMAP_QUERY_, &query)) {
		ck_assert_int_eq(errno, ENOTTY);
		row_not_applicable("this kernel has no PROCMAP_QUERY (it came with 6.11)");
	}
	ck_assert_uint_eq(query.vma_start, (uintptr_t)map);
	ck_assert_uint_eq(query.vma_end, (uintptr_t)map + pages(MEMORY_SOME));
	ck_assert_uint_eq(query.vma_offset, 0);
	ck_assert_uint_eq(query.build_id_size, 0);
	ck_assert_ptr_nonnull(strstr(name, "mmapdemo"));
	assert_zero(map, pages(1));
	assert_memory(map + pages(1), pages(MEMORY_SOME - 1), pages(1), ORIGINAL);
}

ROW(M17, cachestat, "cachestat() counts the resident pages")
{
	struct {
		uint64_t off, len;
	} range = {.len = pages(8)};
	struct {
		uint64_t cache, dirty, writeback, evicted, recently_evicted;
	} stat;
	int fd = target_open(O_RDWR);

	range.off = memory_chunk(&folios[1], STORED);
	if (syscall(NR_CACHESTAT, fd, &range, &stat, 0)) {
		ck_assert_int_eq(errno, ENOSYS);
		row_not_applicable("this kernel has no cachestat() (it came with 6.5)");
	}
	ck_assert_uint_eq(stat.cache, 8);
	ck_assert_uint_eq(stat.writeback + stat.evicted, 0);
	assert_done(memory_free(range.off + pages(2), pages(3)));
	ck_assert_int_eq(syscall(NR_CACHESTAT, fd, &range, &stat, 0), 0);
	ck_assert_uint_eq(stat.cache, 5);
}

ROW_EACH(M17, pkeys, "a protection key forbids and allows access to the mapping", kinds)
{
	unsigned char *map = memory_map_some(kinds[_i].flags);
	int key = pkey_alloc(0, 0);
	struct access access;

	if (key < 0)
		row_not_applicable("no protection keys here: %s", strerror(errno));
	ck_assert_int_eq(pkey_mprotect(map + pages(1), pages(2), RW, key), 0);
	assert_memory(map, pages(MEMORY_SOME), pages(1), ORIGINAL);
	ck_assert_int_eq(pkey_set(key, PKEY_DISABLE_WRITE), 0);
	access = try_write(map + pages(1), 1);
	ck_assert_int_eq(access.signo, SIGSEGV);
	ck_assert_int_eq(access.code, SEGV_PKUERR);
	/* The handler ran with rights of its own, and left by a jump. */
	ck_assert_int_eq(pkey_set(key, 0), 0);
	assert_memory(map, pages(MEMORY_SOME), pages(1), ORIGINAL);
	pattern_fill(map, pages(MEMORY_SOME), pages(1), STORED);
	assert_target(pages(1), pages(MEMORY_SOME),
		      kinds[_i].flags == MAP_SHARED ? STORED : ORIGINAL);
}
