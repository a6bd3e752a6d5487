// SPDX-License-Identifier: GPL-2.0-only
/* S11 and S13: the effect of each flag, and the errno of each refusal. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 0x03
#endif
#ifndef MAP_SYNC
#define MAP_SYNC 0x080000
#endif

static const struct kind_and_prot {
	const char *name;
	int flags;
	int prot;
} kinds_and_prots[] = {
	{"shared,rw", MAP_SHARED, RW},
	{"shared,ro", MAP_SHARED, PROT_READ},
	{"private,rw", MAP_PRIVATE, RW},
	{"private,ro", MAP_PRIVATE, PROT_READ},
};

/* Refused with this errno, and nothing was left behind. */
static void assert_refused(int expected, size_t len, int prot, int flags, int fd, off_t off)
{
	uint64_t before = target.module ? counter("vmas") : 0;

	ck_assert_int_eq(mmap_errno(NULL, len, prot, flags, fd, off), expected);
	if (target.module)
		ck_assert_uint_eq(counter("vmas"), before);
}

static const struct type {
	const char *name;
	int flags;
} types[] = {
	{"none", 0},
	{"type-4", 4},
	{"type-8", 8},
};

ROW_EACH(S11, neither_shared_nor_private, "neither MAP_SHARED nor MAP_PRIVATE is EINVAL", types)
{
	assert_refused(EINVAL, pages(1), RW, types[_i].flags, target_open_to_map(O_RDWR), 0);
}

/* Bits without a meaning on all architectures that the tests are built for. */
static const struct unknown {
	const char *name;
	int flag;
} unknown[] = {
	{"bit-21", 1 << 21},
	{"bit-22", 1 << 22},
	{"bit-23", 1 << 23},
	{"bit-24", 1 << 24},
};

ROW_EACH(S11, validate_refuses_unknown, "MAP_SHARED_VALIDATE and an unknown flag is EOPNOTSUPP",
	 unknown)
{
	assert_refused(EOPNOTSUPP, pages(1), RW, MAP_SHARED_VALIDATE | unknown[_i].flag,
		       target_open_to_map(O_RDWR), 0);
}

ROW_EACH(S11, others_ignore_unknown, "MAP_SHARED and MAP_PRIVATE ignore an unknown flag", unknown)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned char *map = target_map_rw(1, kinds[i].flags | unknown[_i].flag, pages(1));

		assert_memory(map, pages(1), pages(1), ORIGINAL);
	}
}

ROW(S11, validate_is_shared, "MAP_SHARED_VALIDATE with known flags is MAP_SHARED")
{
	unsigned char *map = target_map_rw(1, MAP_SHARED_VALIDATE | MAP_NORESERVE, pages(1));
	unsigned char *shared = target_map_rw(1, MAP_SHARED, pages(1));

	pattern_fill(map, pages(1), pages(1), 1);
	assert_memory(shared, pages(1), pages(1), 1);
	assert_same_page(frame_of(map), frame_of(shared));
	assert_target(pages(1), pages(1), 1);
}

static void assert_present(unsigned char *map, int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_msg(frame_of(map + pages(i)), "page %d is not present", i);
}

ROW_EACH(S11, populate, "with MAP_POPULATE every page is mapped before the first access",
	 kinds_and_prots)
{
	const struct kind_and_prot *kind = &kinds_and_prots[_i];
	bool copied = kind->flags == MAP_PRIVATE && kind->prot == RW;
	unsigned char *shared = target_map_ro(8, MAP_SHARED, pages(1));
	int fd = target_open(O_RDWR);
	unsigned char *map =
		target_map(pages(8), kind->prot, kind->flags | MAP_POPULATE, fd, pages(1));
	uint64_t faults;

	needs_file();
	assert_present(map, 8);
	faults = target.module ? counter("faults") : 0;
	assert_memory(map, pages(8), pages(1), ORIGINAL);
	if (target.module)
		ck_assert_uint_eq(counter("faults"), faults);

	/* Private writable pages are copied in advance. */
	assert_memory(shared, pages(8), pages(1), ORIGINAL);
	for (int i = 0; i < 8; i++) {
		if (copied)
			assert_different_page(frame_of(map + pages(i)),
					      frame_of(shared + pages(i)));
		else
			assert_same_page(frame_of(map + pages(i)), frame_of(shared + pages(i)));
	}
}

ROW_EACH(S11, populate_past_end, "MAP_POPULATE past the end maps the pages before it", kinds)
{
	unsigned char *map = target_map_rw(2, kinds[_i].flags | MAP_POPULATE, last_page());

	needs_end();
	assert_present(map, 1);
	ck_assert_uint_eq(frame_of(map + pages(1)), 0);
	assert_memory(map, pages(1), last_page(), ORIGINAL);
	assert_bus_error(try_read(map + pages(1)), map + pages(1));
}

ROW_EACH(S11, nonblock_does_not_populate, "MAP_NONBLOCK cancels MAP_POPULATE", kinds)
{
	unsigned char *map = target_map_rw(2, kinds[_i].flags | MAP_POPULATE | MAP_NONBLOCK, 0);

	ck_assert_uint_eq(frame_of(map), 0);
	assert_memory(map, pages(2), 0, ORIGINAL);
}

ROW_EACH(S11, locked, "with MAP_LOCKED every page is mapped and locked", kinds_and_prots)
{
	const struct kind_and_prot *kind = &kinds_and_prots[_i];
	int fd = target_open_to_map(O_RDWR);
	unsigned char *map =
		target_map(pages(4), kind->prot, kind->flags | MAP_LOCKED, fd, pages(1));

	assert_present(map, 4);
	ck_assert(smaps_has_flag(map, "lo"));
	ck_assert_uint_eq(smaps_kb(map, "Locked"), pages(4) / 1024);
	assert_memory(map, pages(4), pages(1), ORIGINAL);
	unmap(map, pages(4));
}

static bool overcommits_never(void)
{
	FILE *file = fopen("/proc/sys/vm/overcommit_memory", "re");
	int mode = 0;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%d", &mode), 1);
	fclose(file);
	return mode == 2;
}

ROW_EACH(S11, noreserve, "MAP_NORESERVE maps without a reservation, and changes nothing else",
	 kinds)
{
	unsigned char *map = target_map_rw(2, kinds[_i].flags | MAP_NORESERVE, pages(1));

	ck_assert_int_eq(smaps_has_flag(map, "nr"), !overcommits_never());
	assert_memory(map, pages(2), pages(1), ORIGINAL);
	pattern_fill(map, pages(2), pages(1), 1);
	assert_memory(map, pages(2), pages(1), 1);
}

ROW_EACH(S11, hugetlb, "MAP_HUGETLB is EINVAL for a file outside hugetlbfs", kinds)
{
	if (target.page != (size_t)sysconf(_SC_PAGESIZE))
		row_not_applicable("the target is made of huge pages");
	assert_refused(EINVAL, pages(1), RW, kinds[_i].flags | MAP_HUGETLB, target_open(O_RDWR), 0);
}

ROW(S11, sync_validated, "MAP_SYNC is EOPNOTSUPP if the memory is not persistent")
{
	assert_refused(EOPNOTSUPP, pages(1), RW, MAP_SHARED_VALIDATE | MAP_SYNC,
		       target_open_to_map(O_RDWR), 0);
}

ROW_EACH(S11, sync_ignored, "MAP_SYNC without MAP_SHARED_VALIDATE is ignored", kinds)
{
	int flags = kinds[_i].flags | MAP_SYNC;
	unsigned char *map;

	/* A file system may look at the flag itself. */
	if (target.kind == TARGET_FILE &&
	    mmap_errno(NULL, pages(1), RW, flags, target_open_to_map(O_RDWR), 0) == EOPNOTSUPP)
		row_unsupported("its file system refuses MAP_SYNC: EOPNOTSUPP");
	map = target_map_rw(1, flags, pages(1));
	assert_memory(map, pages(1), pages(1), ORIGINAL);
	pattern_fill(map, pages(1), pages(1), 1);
	assert_target(pages(1), pages(1), kinds[_i].flags == MAP_SHARED ? 1 : ORIGINAL);
}

ROW_EACH(S11, growsdown, "MAP_GROWSDOWN is for stacks: EINVAL", kinds)
{
	assert_refused(EINVAL, pages(1), RW, kinds[_i].flags | MAP_GROWSDOWN,
		       target_open_to_map(O_RDWR), 0);
}

static const char *const bad_descriptors[] = {"minus-one", "closed", "path-only"};

ROW_EACH(S13, ebadf, "EBADF: no descriptor, or one that is not open for anything", bad_descriptors)
{
	int fd = -1;

	needs_file();
	if (_i == 1) {
		fd = target_open(O_RDWR);
		close(fd);
	} else if (_i == 2) {
		fd = target_open(O_PATH);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_refused(EBADF, pages(1), RW, kinds[i].flags, fd, 0);
}

ROW_EACH(S13, eacces, "EACCES: the descriptor is not open for reading", kinds)
{
	assert_refused(EACCES, pages(1), RW, kinds[_i].flags, target_open(O_WRONLY), 0);
}

ROW_EACH(S13, einval, "EINVAL: a length of 0, an offset inside a page", kinds)
{
	int fd = target_open_to_map(O_RDWR);

	assert_refused(EINVAL, 0, RW, kinds[_i].flags, fd, 0);
	assert_refused(EINVAL, pages(1), RW, kinds[_i].flags, fd, 1);
}

ROW_EACH(S13, eoverflow, "EOVERFLOW: an end beyond any file offset", kinds)
{
	off_t last = (1ULL << 63) - target.page;

	needs_file();
	row_needs_64_bits("offset");
	assert_refused(EOVERFLOW, pages(2), RW, kinds[_i].flags, target_open(O_RDWR), last);
}

ROW_EACH(S13, enodev, "ENODEV: a descriptor of a file that cannot be mapped, here a pipe", kinds)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	assert_refused(ENODEV, pages(1), PROT_READ, kinds[_i].flags, ends[0], 0);
}

static size_t address_space_used(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	size_t used;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%zu", &used), 1);
	fclose(file);
	return used * sysconf(_SC_PAGESIZE);
}

ROW_EACH(S13, enomem, "ENOMEM: the address space limit (RLIMIT_AS); a page less fits", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	struct rlimit limit, old;
	int over, within;

	ck_assert_int_eq(getrlimit(RLIMIT_AS, &old), 0);
	limit = old;
	limit.rlim_cur = address_space_used() + pages(3);
	/* No assertion is in between, because it might need memory itself. */
	setrlimit(RLIMIT_AS, &limit);
	over = mmap_errno(NULL, pages(4), RW, kinds[_i].flags, fd, 0);
	within = mmap_errno(NULL, pages(3), RW, kinds[_i].flags, fd, 0);
	setrlimit(RLIMIT_AS, &old);

	ck_assert_int_eq(over, ENOMEM);
	ck_assert_int_eq(within, 0);
}

ROW_EACH(S13, eagain,
	 "EAGAIN: MAP_LOCKED beyond RLIMIT_MEMLOCK; a mapping up to the limit is allowed", kinds)
{
	int flags = kinds[_i].flags | MAP_LOCKED;
	int fd = target_open_to_map(O_RDWR);

	limit_locked_memory(pages(2));
	assert_refused(EAGAIN, pages(3), RW, flags, fd, 0);
	ck_assert_int_eq(mmap_errno(NULL, pages(2), RW, flags, fd, 0), 0);
	assert_refused(EAGAIN, pages(1), RW, flags, fd, 0);
}

ROW_EACH(S13, eperm_locked, "EPERM: MAP_LOCKED by a process that may lock nothing", kinds)
{
	limit_locked_memory(0);
	assert_refused(EPERM, pages(1), RW, kinds[_i].flags | MAP_LOCKED,
		       target_open_to_map(O_RDWR), 0);
}

ROW_EACH(S13, eperm_noexec, "EPERM: PROT_EXEC on a noexec mount; mprotect says EACCES", kinds)
{
	void *map;
	int fd;

	target_remount(MS_NOEXEC);
	fd = target_open_to_map(O_RDWR);
	assert_refused(EPERM, pages(1), PROT_READ | PROT_EXEC, kinds[_i].flags, fd, 0);
	map = target_map(pages(1), RW, kinds[_i].flags, fd, pages(1));
	assert_memory(map, pages(1), pages(1), ORIGINAL);
	ck_assert_int_eq(mprotect(map, pages(1), PROT_READ | PROT_EXEC), -1);
	ck_assert_int_eq(errno, EACCES);
}
