// SPDX-License-Identifier: GPL-2.0-only
/* C9: memory of a created buffer is allocated and freed, as a memfd's is. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/created.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/system.h"
#include "support/target.h"

#define SIZE  8 /* pages */
#define PUNCH (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

ROW_EACH(C9, allocate, "fallocate allocates memory, and moves the end", makers)
{
	int fd = make_file(&makers[_i], pages(2));

	ck_assert_int_eq(fallocate(fd, 0, pages(1), pages(SIZE - 1) - 100), 0);
	ck_assert_int_eq(size_of(fd), pages(SIZE) - 100);
	ck_assert_int_eq(allocated(fd), pages(SIZE - 1));
	assert_zero(map_file(fd, pages(SIZE), PROT_READ, MAP_SHARED), pages(SIZE));
	ck_assert_int_eq(fallocate(fd, 0, 0, 1), 0);
	ck_assert_int_eq(size_of(fd), pages(SIZE) - 100);
}

ROW_EACH(C9, allocate_keeps, "fallocate keeps existing contents", makers)
{
	int fd = make_file(&makers[_i], pages(SIZE));
	char byte = 0;

	ck_assert_int_eq(pwrite(fd, "k", 1, pages(3)), 1);
	ck_assert_int_eq(fallocate(fd, 0, 0, pages(SIZE)), 0);
	ck_assert_int_eq(pread(fd, &byte, 1, pages(3)), 1);
	ck_assert_int_eq(byte, 'k');
	ck_assert_int_eq(allocated(fd), pages(SIZE));
}

ROW_EACH(C9, keep_size, "with KEEP_SIZE memory lies past the end, until the file grows or shrinks",
	 makers)
{
	int fd = make_file(&makers[_i], 100);
	unsigned char *map = map_file(fd, pages(SIZE), RW, MAP_SHARED);

	ck_assert_int_eq(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, pages(SIZE)), 0);
	ck_assert_int_eq(size_of(fd), 100);
	ck_assert_int_eq(allocated(fd), pages(SIZE));
	assert_bus_error(try_read(map + pages(1)), map + pages(1));
	ck_assert_int_eq(pwrite(fd, "w", 1, pages(2)), 1);
	ck_assert_int_eq(ftruncate(fd, pages(4)), 0);
	ck_assert_int_eq(allocated(fd), pages(SIZE));
	assert_zero(map, pages(2));
	ck_assert_int_eq(map[pages(2)], 'w');
	map[pages(3)] = 's';
	ck_assert_int_eq(fallocate(fd, PUNCH, pages(6), pages(SIZE)), 0);
	ck_assert_int_eq(allocated(fd), pages(6));
	ck_assert_int_eq(ftruncate(fd, pages(3)), 0);
	ck_assert_int_eq(allocated(fd), pages(3));
}

ROW(C9, keep_size_of_a_chunk, "memory past the end of the size of huge folios stays intact")
{
	size_t huge = huge_page_size();
	int fd = make_file(&makers[0], pages(1));
	unsigned char *map = map_file(fd, 3 * huge, RW, MAP_SHARED);

	ck_assert_int_eq(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 3 * huge), 0);
	for (size_t at = 0; at < huge + pages(5); at += pages(1))
		ck_assert_int_eq(pwrite(fd, "h", 1, at), 1);
	ck_assert_int_eq(ftruncate(fd, 2 * huge + pages(7)), 0);
	ck_assert_int_eq(fallocate(fd, PUNCH, huge + pages(1), pages(1)), 0);
	ck_assert_int_eq(map[huge + pages(4)], 'h');
	ck_assert_int_eq(map[huge + pages(1)], 0);
	map[2 * huge + pages(6)] = 'e';
	ck_assert_int_eq(ftruncate(fd, pages(1)), 0);
	ck_assert_int_eq(allocated(fd), pages(1));
}

ROW_EACH(C9, punch, "PUNCH_HOLE frees whole pages, and zeroes parts of pages", makers)
{
	int fd = make_file(&makers[_i], pages(SIZE));
	unsigned char *map = map_file(fd, pages(SIZE), RW, MAP_SHARED);
	unsigned char *mine = map_file(fd, pages(SIZE), RW, MAP_PRIVATE);

	memset(map, 'p', pages(SIZE));
	mine[pages(3)] = 'm';
	ck_assert_int_eq(fallocate(fd, PUNCH, pages(2) - 10, pages(2) + 20), 0);
	ck_assert_int_eq(allocated(fd), pages(SIZE - 2));
	ck_assert_int_eq(map[pages(2) - 11], 'p');
	assert_zero(map + pages(2) - 10, pages(2) + 20);
	ck_assert_int_eq(map[pages(4) + 10], 'p');
	ck_assert_int_eq(mine[pages(3)], 'm');
	ck_assert_int_eq(size_of(fd), pages(SIZE));
}

ROW_EACH(C9, remove, "MADV_REMOVE frees pages for every mapping", makers)
{
	int fd = make_file(&makers[_i], pages(SIZE));
	unsigned char *map = map_file(fd, pages(SIZE), RW, MAP_SHARED);
	unsigned char *other = map_file(fd, pages(SIZE), PROT_READ, MAP_SHARED);

	memset(map, 'r', pages(SIZE));
	ck_assert_int_eq(madvise(map + pages(2), pages(3), MADV_REMOVE), 0);
	ck_assert_int_eq(allocated(fd), pages(SIZE - 3));
	assert_zero(other + pages(2), pages(3));
	ck_assert_int_eq(other[pages(5)], 'r');
}

static const struct mode {
	const char *name;
	int mode;
} modes[] = {
	{"collapse-range", FALLOC_FL_COLLAPSE_RANGE},
	{"insert-range", FALLOC_FL_INSERT_RANGE},
	{"zero-range", FALLOC_FL_ZERO_RANGE},
	{"zero-range-keep", FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE},
	{"unshare", FALLOC_FL_UNSHARE_RANGE},
	{"punch-alone", FALLOC_FL_PUNCH_HOLE},
	{"unknown", 1 << 30},
};

ROW_EACH(C9, other_modes, "fallocate's other modes are EOPNOTSUPP, as a memfd's are", modes)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		int fd = make_file(&makers[i], pages(SIZE));

		ck_assert_int_eq(pwrite(fd, "m", 1, 0), 1);
		ck_assert_int_eq(fallocate(fd, modes[_i].mode, 0, pages(1)), -1);
		ck_assert_int_eq(errno, EOPNOTSUPP);
		ck_assert_int_eq(size_of(fd), pages(SIZE));
		ck_assert_int_eq(allocated(fd), pages(1));
	}
}

static const struct range {
	const char *name;
	int mode;
	off_t off, len;
	int error;
} ranges[] = {
	{"no-length", 0, 0, 0, EINVAL},
	{"before-the-start", 0, -1, 1, EINVAL},
	{"negative-length", PUNCH, 0, -1, EINVAL},
	{"wraps", 0, INT64_MAX, 1, EFBIG},
	{"punch-wraps", PUNCH, INT64_MAX, 1, EFBIG},
};

ROW_EACH(C9, wrong_ranges, "fallocate of an invalid range is refused", ranges)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		int fd = make_file(&makers[i], pages(SIZE));

		ck_assert_int_eq(fallocate(fd, ranges[_i].mode, ranges[_i].off, ranges[_i].len),
				 -1);
		ck_assert_int_eq(errno, ranges[_i].error);
		ck_assert_int_eq(allocated(fd), 0);
	}
}

/* A memfd would have the OOM killer look for memory. */
ROW(C9, more_than_there_is,
    "fallocate of more memory than the machine has is ENOMEM, and leaves none")
{
	int fd = make_file(&makers[0], pages(SIZE));

	ck_assert_int_eq(fallocate(fd, 0, 0, 1LL << (kernel_of_32_bits() ? 43 : 45)), -1);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_int_eq(size_of(fd), pages(SIZE));
	ck_assert_int_eq(allocated(fd), 0);
}

ROW_EACH(C9, not_for_reading, "fallocate needs a descriptor that is open for writing", makers)
{
	int fd = reopen(make_file(&makers[_i], pages(SIZE)), O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fallocate(fd, PUNCH, 0, pages(1)), -1);
	ck_assert_int_eq(errno, EBADF);
}

/* Soft offlining frees pages that nobody maps and that are clean: their contents are elsewhere. */
ROW_EACH(C9, kept_stays, "data written to memory of KEEP_SIZE, in the gap of a write, stays",
	 makers)
{
	int fd = make_file(&makers[_i], 100);
	char address[32], byte = 0;
	unsigned char *map;
	int error;

	needs_system();
	ck_assert_int_eq(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, pages(8)), 0);
	ck_assert_int_eq(pwrite(fd, "5", 1, pages(5)), 1);
	ck_assert_int_eq(pwrite(fd, "x", 1, pages(2)), 1);
	map = map_file(fd, pages(6), PROT_READ, MAP_SHARED);
	ck_assert_uint_eq(map[pages(2)], 'x');
	snprintf(address, sizeof(address), "%#" PRIx64, frame_of(map + pages(2)) * pages(1));
	ck_assert_int_eq(munmap(map, pages(6)), 0);
	error = insist(write_text("/sys/devices/system/memory/soft_offline_page", address),
		       error_ == EBUSY || error_ == EIO);
	if (error == ENOENT || error == EACCES || error == EPERM || error == EOPNOTSUPP)
		row_not_applicable("soft_offline_page: %s", strerror(error));
	assert_done(error);
	ck_assert_int_eq(pread(fd, &byte, 1, pages(2)), 1);
	ck_assert_int_eq(byte, 'x');
}
