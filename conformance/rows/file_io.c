// SPDX-License-Identifier: GPL-2.0-only
/* M8: the target read and written as a file. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"

static unsigned char *buffer_of(size_t len, off_t off, int seed)
{
	unsigned char *buffer = malloc(len);

	ck_assert_ptr_nonnull(buffer);
	pattern_fill(buffer, len, off, seed);
	return buffer;
}

static const struct place {
	const char *name;
	int page, byte; /* page: negative from the end */
	size_t pages, bytes;
} places[] = {
	{"first-byte", 0, 0, 0, 1},	 {"inside-a-page", 2, 101, 0, 300},
	{"page-crossing", 3, -5, 0, 11}, {"many-pages", 4, 7, 3, 1},
	{"last-byte", 0, -1, 0, 1},	 {"last-page", -1, 0, 1, 0},
};

static off_t place_off(const struct place *place)
{
	off_t off = (off_t)place->page * target.page + place->byte;

	return off < 0 ? target.size + off : off;
}

ROW_EACH(M8, pwrite_pread, "pread returns what pwrite wrote, and the bytes beside it are unchanged",
	 places)
{
	off_t off = place_off(&places[_i]);
	size_t len = pages(places[_i].pages) + places[_i].bytes;
	unsigned char *buffer = buffer_of(len, off, 1);
	int fd = target_open(O_RDWR);

	needs_read();
	needs_write();
	ck_assert_int_eq(pwrite(fd, buffer, len, off), len);
	memset(buffer, 0, len);
	ck_assert_int_eq(pread(fd, buffer, len, off), len);
	assert_memory(buffer, len, off, 1);
	if (off)
		assert_target(off - 1, 1, ORIGINAL);
	if (off + (off_t)len < target.size)
		assert_target(off + len, 1, ORIGINAL);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 0);
}

ROW(M8, position_moves, "read and write begin where the last one ended; pread and pwrite do not")
{
	size_t len = pages(1) + 3;
	unsigned char *buffer = buffer_of(len, 0, 1);
	int fd = target_open(O_RDWR);

	needs_read();
	needs_write();
	ck_assert_int_eq(write(fd, buffer, len), len);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), len);
	pattern_fill(buffer, len, len, 1);
	ck_assert_int_eq(write(fd, buffer, len), len);
	ck_assert_int_eq(read(fd, buffer, len), len);
	assert_memory(buffer, len, 2 * len, ORIGINAL);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 3 * len);
	ck_assert_int_eq(pread(fd, buffer, 1, 0), 1);
	ck_assert_int_eq(pwrite(fd, buffer, 1, 0), 1);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 3 * len);
	assert_target(0, 2 * len, 1);
}

ROW(M8, descriptors_have_positions, "each open has a position of its own; dup shares it")
{
	int fd = target_open(O_RDONLY);
	int other = target_open(O_RDONLY);
	int copy = dup(fd);

	ck_assert_int_eq(lseek(fd, 5, SEEK_SET), 5);
	ck_assert_int_eq(lseek(copy, 0, SEEK_CUR), 5);
	ck_assert_int_eq(lseek(other, 0, SEEK_CUR), 0);
}

/* Three pieces of odd lengths, over pages 2 to 5. */
static void cut(struct iovec iov[3], unsigned char *buffer)
{
	iov[0] = (struct iovec){buffer, 5};
	iov[1] = (struct iovec){buffer + 5, pages(1)};
	iov[2] = (struct iovec){buffer + 5 + pages(1), pages(1) + 100};
}

#define CUT_LEN (pages(2) + 105)

ROW(M8, writev_readv, "writev gathers and readv scatters, over page boundaries")
{
	off_t off = pages(3) - 2;
	unsigned char *buffer = buffer_of(CUT_LEN, off, 1);
	int fd = target_open(O_RDWR);
	struct iovec iov[3];

	needs_read();
	needs_write();
	cut(iov, buffer);
	ck_assert_int_eq(lseek(fd, off, SEEK_SET), off);
	ck_assert_int_eq(writev(fd, iov, 3), CUT_LEN);
	assert_target(off, CUT_LEN, 1);
	assert_target(pages(2), off - pages(2), ORIGINAL);

	memset(buffer, 0, CUT_LEN);
	ck_assert_int_eq(lseek(fd, off, SEEK_SET), off);
	ck_assert_int_eq(readv(fd, iov, 3), CUT_LEN);
	assert_memory(buffer, CUT_LEN, off, 1);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), off + CUT_LEN);
}

ROW(M8, pwritev2_preadv2, "pwritev2 and preadv2 at an offset, or at the position with -1")
{
	off_t off = pages(3) - 2;
	unsigned char *buffer = buffer_of(CUT_LEN, off, 1);
	int fd = target_open(O_RDWR);
	struct iovec iov[3];

	needs_read();
	needs_write();
	cut(iov, buffer);
	ck_assert_int_eq(pwritev2(fd, iov, 3, off, 0), CUT_LEN);
	assert_target(off, CUT_LEN, 1);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 0);

	memset(buffer, 0, CUT_LEN);
	ck_assert_int_eq(preadv2(fd, iov, 3, off, 0), CUT_LEN);
	assert_memory(buffer, CUT_LEN, off, 1);

	ck_assert_int_eq(lseek(fd, off, SEEK_SET), off);
	memset(buffer, 0, CUT_LEN);
	ck_assert_int_eq(preadv2(fd, iov, 3, -1, 0), CUT_LEN);
	assert_memory(buffer, CUT_LEN, off, 1);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), off + CUT_LEN);
}

ROW(M8, unknown_rw_flag, "preadv2 and pwritev2 with an unknown flag are EOPNOTSUPP")
{
	unsigned char byte = 'x';
	struct iovec iov = {&byte, 1};
	int fd = target_open(O_RDWR);

	needs_read();
	needs_write();
	ck_assert_int_eq(preadv2(fd, &iov, 1, 0, 1 << 30), -1);
	ck_assert_int_eq(errno, EOPNOTSUPP);
	ck_assert_int_eq(pwritev2(fd, &iov, 1, 0, 1 << 30), -1);
	ck_assert_int_eq(errno, EOPNOTSUPP);
	assert_target(0, 1, ORIGINAL);
}

ROW(M8, nothing_asked, "reading or writing 0 bytes returns 0, at any position")
{
	int fd = target_open(O_RDWR);
	char byte;

	needs_read();
	needs_write();
	ck_assert_int_eq(pread(fd, &byte, 0, 0), 0);
	ck_assert_int_eq(pwrite(fd, &byte, 0, 0), 0);
	ck_assert_int_eq(pread(fd, &byte, 0, target.size), 0);
	ck_assert_int_eq(pwrite(fd, &byte, 0, target.size), 0);
}

ROW(M8, short_read_at_end, "a read over the end is short; at the end and past it 0")
{
	unsigned char *buffer = buffer_of(pages(2), 0, 1);
	int fd = target_open(O_RDONLY);

	needs_read();
	needs_end();
	ck_assert_int_eq(pread(fd, buffer, pages(2), target.size - 3), 3);
	assert_memory(buffer, 3, target.size - 3, ORIGINAL);
	assert_memory(buffer + 3, pages(2) - 3, 3, 1); /* not written to */
	ck_assert_int_eq(pread(fd, buffer, pages(2), last_page()), pages(1));
	ck_assert_int_eq(pread(fd, buffer, 1, target.size), 0);
	ck_assert_int_eq(pread(fd, buffer, 1, target.size + pages(5)), 0);
	ck_assert_int_eq(pread(fd, buffer, 1, INT64_MAX - 1), 0);

	ck_assert_int_eq(lseek(fd, -3, SEEK_END), target.size - 3);
	ck_assert_int_eq(read(fd, buffer, 10), 3);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), target.size);
	ck_assert_int_eq(read(fd, buffer, 10), 0);
}

ROW(M8, short_write_at_end, "a write over the end is short, and then ENOSPC")
{
	unsigned char *buffer = buffer_of(pages(2), target.size - 3, 1);
	struct iovec iov[2] = {{buffer, 2}, {buffer + 2, pages(1)}};
	int fd = target_open(O_RDWR);

	needs_fixed_size();
	needs_write();
	ck_assert_int_eq(pwrite(fd, buffer, pages(2), target.size - 3), 3);
	assert_target(target.size - 3, 3, 1);
	assert_target(last_page(), pages(1) - 3, ORIGINAL);

	pattern_fill(buffer, pages(2), target.size - 3, 2);
	ck_assert_int_eq(pwritev(fd, iov, 2, target.size - 3), 3);
	assert_target(target.size - 3, 3, 2);

	ck_assert_int_eq(lseek(fd, -3, SEEK_END), target.size - 3);
	ck_assert_int_eq(write(fd, buffer, 10), 3);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), target.size);
	ck_assert_int_eq(write(fd, buffer, 10), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), target.size);
}

static const struct past {
	const char *name;
	off_t by;
} past[] = {
	{"at-the-end", 0},
	{"a-byte-past", 1},
	{"far-past", (off_t)1 << 40},
};

ROW_EACH(M8, write_past_end, "a write at or past the end is ENOSPC, and the size stays", past)
{
	int fd = target_open(O_RDWR);
	unsigned char byte = 'x';

	needs_fixed_size();
	needs_write();
	ck_assert_int_eq(pwrite(fd, &byte, 1, target.size + past[_i].by), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), target.size);
	assert_target(last_page(), pages(1), ORIGINAL);
}

ROW(M8, wrong_direction, "read and write are EBADF if the descriptor is not open for them")
{
	unsigned char byte = 'x';

	ck_assert_int_eq(pwrite(target_open(O_RDONLY), &byte, 1, 0), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(pread(target_open(O_WRONLY), &byte, 1, 0), -1);
	ck_assert_int_eq(errno, EBADF);
	assert_target(0, 1, ORIGINAL);
}

ROW(M8, bad_buffer, "an unmapped buffer is EFAULT, and one that ends early gives a short count")
{
	unsigned char *area = reserve(2);
	int fd = target_open(O_RDWR);

	needs_read();
	needs_write();
	ck_assert_int_eq(pread(fd, area, 1, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(pwrite(fd, area, 1, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	assert_target(0, 1, ORIGINAL);

	target_map_at(area, pages(1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_int_eq(pread(fd, area, pages(2), pages(1)), pages(1));
	assert_memory(area, pages(1), pages(1), ORIGINAL);
	pattern_fill(area, pages(1), pages(1), 1);
	ck_assert_int_eq(pwrite(fd, area, pages(2), pages(1)), pages(1));
	assert_target(pages(1), pages(1), 1);
	assert_target(pages(2), pages(1), ORIGINAL);
}

ROW(M8, lseek, "lseek by SET, CUR and END, and no further back than 0")
{
	int fd = target_open(O_RDONLY);
	unsigned char byte;

	needs_read();
	ck_assert_int_eq(lseek(fd, 100, SEEK_SET), 100);
	ck_assert_int_eq(lseek(fd, -30, SEEK_CUR), 70);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 70);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	ck_assert_uint_eq(byte, pattern_byte(70, ORIGINAL));
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), target.size);
	ck_assert_int_eq(lseek(fd, -1, SEEK_END), target.size - 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	ck_assert_uint_eq(byte, pattern_byte(target.size - 1, ORIGINAL));

	ck_assert_int_eq(lseek(fd, 8, SEEK_SET), 8);
	ck_assert_int_eq(lseek(fd, -1, SEEK_SET), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(lseek(fd, -9, SEEK_CUR), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(lseek(fd, -target.size - 1, SEEK_END), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(lseek(fd, 0, 99), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 8);
}

ROW(M8, seek_data, "SEEK_DATA in written data stays where it is, and from the end on is ENXIO")
{
	int fd = target_open(O_RDONLY);

	ck_assert_int_eq(lseek(fd, 0, SEEK_DATA), 0);
	ck_assert_int_eq(lseek(fd, pages(3) + 5, SEEK_DATA), pages(3) + 5);
	ck_assert_int_eq(lseek(fd, target.size - 1, SEEK_DATA), target.size - 1);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), target.size - 1);
	for (int past_end = 0; past_end < 2; past_end++) {
		ck_assert_int_eq(lseek(fd, target.size + past_end, SEEK_DATA), -1);
		ck_assert_int_eq(errno, ENXIO);
		ck_assert_int_eq(lseek(fd, target.size + past_end, SEEK_HOLE), -1);
		ck_assert_int_eq(errno, ENXIO);
	}
	ck_assert_int_eq(lseek(fd, -1, SEEK_DATA), -1);
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), target.size - 1);
}

ROW(M8, seek_hole,
    "the hole after the last page is the end, and a hole never begins in written data")
{
	int fd = target_open(O_RDONLY);

	ck_assert_int_ge(lseek(fd, 0, SEEK_HOLE), pages(TEST_PAGES));
	ck_assert_int_ge(lseek(fd, pages(3) + 5, SEEK_HOLE), pages(TEST_PAGES));
	ck_assert_int_eq(lseek(fd, last_page(), SEEK_HOLE), target.size);
	ck_assert_int_eq(lseek(fd, target.size - 1, SEEK_HOLE), target.size);
}

static void assert_hole_is_zero(int fd, off_t start, off_t end)
{
	unsigned char *buffer = malloc(target.page);

	ck_assert_ptr_nonnull(buffer);
	for (; start < end; start += target.page) {
		ck_assert_int_eq(pread(fd, buffer, pages(1), start), pages(1));
		assert_zero(buffer, pages(1));
	}
	free(buffer);
}

ROW(M8, data_and_holes_tile, "SEEK_DATA and SEEK_HOLE cover the whole target, and holes are zeros",
    .timeout = 120)
{
	int fd = target_open(O_RDONLY);
	off_t at = 0;

	needs_read();
	while (at < target.size) {
		off_t data = lseek(fd, at, SEEK_DATA);
		off_t hole;

		if (data < 0) {
			ck_assert_int_eq(errno, ENXIO);
			data = target.size;
		}
		ck_assert_int_ge(data, at);
		assert_hole_is_zero(fd, at, data);
		if (data == target.size)
			break;
		hole = lseek(fd, data, SEEK_HOLE);
		ck_assert_int_gt(hole, data);
		ck_assert_int_le(hole, target.size);
		at = hole;
	}
}

static const struct append {
	const char *name;
	off_t off;
} appends[] = {
	{"at-the-position", -1},
	{"at-an-offset", 7},
};

ROW_EACH(M8, o_append_ignored, "O_APPEND is ignored, as for devices: writes go to the position",
	 appends)
{
	int fd = target_open(O_RDWR | O_APPEND);
	off_t off = appends[_i].off;
	unsigned char byte;

	needs_fixed_size();
	needs_write();
	byte = ~pattern_byte(off < 0 ? 3 : off, ORIGINAL);
	if (off < 0) {
		off = lseek(fd, 3, SEEK_SET);
		ck_assert_msg(write(fd, &byte, 1) == 1, "write: %m");
		ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 4);
	} else {
		ck_assert_msg(pwrite(fd, &byte, 1, off) == 1, "pwrite: %m");
	}
	ck_assert_uint_eq(target_read_byte(off), byte);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), target.size);
}

ROW(M8, o_trunc_ignored, "O_TRUNC is ignored, as for devices: size and contents stay")
{
	int fd;

	needs_fixed_size();
	fd = target_open(O_RDWR | O_TRUNC);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), target.size);
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
	assert_target(last_page(), pages(1), ORIGINAL);
}

ROW(M8, ftruncate_refused, "ftruncate is EINVAL, as for devices")
{
	int fd;

	needs_fixed_size();
	fd = target_open(O_RDWR);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(ftruncate(fd, target.size + pages(1)), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), target.size);
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
}
