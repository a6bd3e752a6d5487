// SPDX-License-Identifier: GPL-2.0-only
/* C9: a created buffer's size is changed by ftruncate(2), as a memfd's is. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/created.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/system.h"
#include "support/target.h"

#define SIZE 8 /* pages */

static int make(int which)
{
	return make_file(&makers[which], pages(SIZE));
}

ROW_EACH(C9, regular, "fstat reports a regular file without links, and its resident memory", makers)
{
	int fd = make(_i);
	struct stat stat_of;

	ck_assert_int_eq(pwrite(fd, "x", 1, pages(3)), 1);
	ck_assert_int_eq(fstat(fd, &stat_of), 0);
	ck_assert(S_ISREG(stat_of.st_mode));
	ck_assert_int_eq(stat_of.st_size, pages(SIZE));
	ck_assert_int_eq(stat_of.st_blocks, pages(1) / 512);
	ck_assert_int_eq(stat_of.st_blksize, pages(1));
	ck_assert_int_eq(stat_of.st_nlink, 0);
	ck_assert_int_eq(stat_of.st_uid, geteuid());
	ck_assert_int_ne(stat_of.st_mtim.tv_sec, 0);
}

ROW_EACH(C9, times, "write and ftruncate update the time of the last change", makers)
{
	const struct timespec old[2] = {{1, 0}, {1, 0}};
	int fd = make(_i);
	struct stat stat_of;

	ck_assert_int_eq(futimens(fd, old), 0);
	ck_assert_int_eq(fstat(fd, &stat_of), 0);
	ck_assert_int_eq(stat_of.st_mtim.tv_sec, 1);
	ck_assert_int_eq(pwrite(fd, "x", 1, 0), 1);
	ck_assert_int_eq(fstat(fd, &stat_of), 0);
	ck_assert_int_gt(stat_of.st_mtim.tv_sec, 1);
	ck_assert_int_eq(futimens(fd, old), 0);
	ck_assert_int_eq(ftruncate(fd, 1), 0);
	ck_assert_int_eq(fstat(fd, &stat_of), 0);
	ck_assert_int_gt(stat_of.st_mtim.tv_sec, 1);
}

static const struct stored {
	const char *name;
	bool huge;
} stored[] = {
	{"small", false},
	{"huge", true},
};

ROW_EACH(C9, stored_times, "a store through a shared mapping updates the time of the last change",
	 stored)
{
	size_t size = stored[_i].huge ? huge_page_size() : pages(1);
	const struct timespec old[2] = {{1, 0}, {1, 0}};
	int fd = make_file(&makers[0], size);
	unsigned char *map =
		target_map_at(reserve_aligned(huge_page_size()), size, RW, MAP_SHARED, fd, 0);
	struct stat stat_of;

	ck_assert_int_eq(futimens(fd, old), 0);
	assert_works(try_write(map, 1));
	ck_assert_int_eq(fstat(fd, &stat_of), 0);
	ck_assert_int_gt(stat_of.st_mtim.tv_sec, 1);
}

ROW_EACH(C9, grows, "ftruncate grows it under a mapping, with zeros", makers)
{
	int fd = make(_i);
	unsigned char *map = map_file(fd, pages(2 * SIZE), RW, MAP_SHARED);

	assert_bus_error(try_read(map + pages(SIZE)), map + pages(SIZE));
	ck_assert_int_eq(ftruncate(fd, pages(2 * SIZE)), 0);
	ck_assert_int_eq(size_of(fd), pages(2 * SIZE));
	assert_zero(map, pages(2 * SIZE));
	map[pages(2 * SIZE) - 1] = 'l';
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), pages(2 * SIZE));
}

static const struct cut {
	const char *name;
	const struct maker *maker;
	int flags;
} cuts[] = {
	{"created-shared", &makers[0], MAP_SHARED},
	{"created-private", &makers[0], MAP_PRIVATE},
	{"memfd-shared", &makers[1], MAP_SHARED},
	{"memfd-private", &makers[1], MAP_PRIVATE},
};

/* Private copies past the end go, too. */
ROW_EACH(C9, shrinks, "an access past a smaller size is SIGBUS, and a part that grows back is zero",
	 cuts)
{
	int fd = make_file(cuts[_i].maker, pages(SIZE));
	unsigned char *map = map_file(fd, pages(SIZE), RW, cuts[_i].flags);

	memset(map, 'c', pages(SIZE));
	ck_assert_int_eq(ftruncate(fd, pages(SIZE / 2)), 0);
	ck_assert_int_eq(map[pages(SIZE / 2) - 1], 'c');
	assert_bus_error(try_read(map + pages(SIZE / 2)), map + pages(SIZE / 2));
	assert_bus_error(try_write(map + pages(SIZE) - 1, 1), map + pages(SIZE) - 1);
	ck_assert_int_eq(ftruncate(fd, pages(SIZE)), 0);
	assert_zero(map + pages(SIZE / 2), pages(SIZE / 2));
	ck_assert_int_eq(map[0], 'c');
}

#define ODD 100 /* bytes */

ROW_EACH(C9, odd_size, "a size may end inside a page: reads end there, and the rest reads as zeros",
	 makers)
{
	int fd = make(_i);
	unsigned char *map = map_file(fd, pages(SIZE), RW, MAP_SHARED);
	char bytes[2 * ODD];

	memset(map, 'o', pages(SIZE));
	ck_assert_int_eq(ftruncate(fd, pages(2) + ODD), 0);
	ck_assert_int_eq(size_of(fd), pages(2) + ODD);
	ck_assert_int_eq(allocated(fd), pages(3));
	ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), pages(2)), ODD);
	ck_assert_int_eq(pread(fd, bytes, 1, pages(2) + ODD), 0);
	ck_assert_int_eq(lseek(fd, pages(2), SEEK_HOLE), pages(2) + ODD);
	ck_assert_int_eq(map[pages(2) + ODD - 1], 'o');
	assert_zero(map + pages(2) + ODD, pages(1) - ODD);
	assert_bus_error(try_read(map + pages(3)), map + pages(3));
	ck_assert_int_eq(ftruncate(fd, pages(SIZE)), 0);
	assert_zero(map + pages(2) + ODD, pages(SIZE - 2) - ODD);
}

/* tmpfs keeps what was stored there before 6.19 or so; all other file systems do not. */
ROW(C9, behind_the_end, "bytes stored behind the end in the last page are zero once it grows")
{
	int fd = make_file(&makers[0], ODD);
	unsigned char *map = map_file(fd, pages(1), RW, MAP_SHARED);

	map[ODD] = map[pages(1) - 1] = 's';
	ck_assert_int_eq(ftruncate(fd, pages(1)), 0);
	assert_zero(map + ODD, pages(1) - ODD);

	ck_assert_int_eq(ftruncate(fd, ODD), 0);
	map[ODD] = map[ODD + 1] = 's';
	ck_assert_int_eq(pwrite(fd, "w", 1, ODD + 1), 1);
	ck_assert_int_eq(map[ODD], 0);
	ck_assert_int_eq(map[ODD + 1], 'w');
}

ROW_EACH(C9, huge_is_cut, "a size that cuts a huge folio keeps the pages before the end", makers)
{
	size_t huge = huge_page_size();
	int fd = make_file(&makers[_i], 2 * huge);
	unsigned char *map = map_file(fd, 2 * huge, RW, MAP_SHARED);

	memset(map, 'h', 2 * huge);
	ck_assert_int_eq(ftruncate(fd, huge + pages(3) + ODD), 0);
	for (size_t i = 0; i < huge + pages(3) + ODD; i += ODD)
		ck_assert_int_eq(map[i], 'h');
	assert_zero(map + huge + pages(3) + ODD, pages(1) - ODD);
	ck_assert_int_eq(ftruncate(fd, 2 * huge), 0);
	assert_zero(map + huge + pages(3) + ODD, huge - pages(3) - ODD);
}

ROW_EACH(C9, wrong_size, "ftruncate to a negative size, or without write access, is refused",
	 makers)
{
	int fd = make(_i);
	int readable = reopen(fd, O_RDONLY);

	ck_assert_int_eq(ftruncate(fd, -1), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_ge(readable, 0);
	ck_assert_int_eq(ftruncate(readable, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(size_of(fd), pages(SIZE));
}

ROW(C9, pinned_stays, "ftruncate and PUNCH_HOLE of a pinned page are EBUSY, and change nothing")
{
	int fd = make_file(&makers[0], pages(SIZE));
	unsigned char *map = map_file(fd, pages(SIZE), RW, MAP_SHARED);
	int pin;

	/* The page is a folio of its own; C9.pinned-folio is about larger folios. */
	ck_assert_int_eq(madvise(map, pages(SIZE), MADV_RANDOM), 0);
	pin = pin_page(map + pages(2));
	ck_assert_int_eq(ftruncate(fd, pages(1)), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, pages(4)),
			 -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(size_of(fd), pages(SIZE));
	close(pin);
	assert_done(in_the_end(ftruncate(fd, pages(1)) ? errno : 0));
}

/* A memfd is no reference: vm.memfd_noexec decides about it. */
ROW(C9, no_exec, "it can neither be executed nor mapped with PROT_EXEC")
{
	int fd = make_file(&makers[0], pages(1));
	char *const argv[] = {"it", NULL};

	ck_assert_ptr_eq(mmap(NULL, pages(1), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(fchmod(fd, 0700), 0);
	ck_assert_int_eq(pwrite(fd, "#!/bin/true\n", 12, 0), 12);
	ck_assert_int_eq(execveat(fd, "", argv, NULL, AT_EMPTY_PATH), -1);
	ck_assert_int_eq(errno, EACCES);
}
