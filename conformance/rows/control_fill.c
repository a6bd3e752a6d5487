// SPDX-License-Identifier: GPL-2.0-only
/* C3: FILL and SUM act on the bytes that mappings and read() show. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/contents.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/target_reset.h"

#define SEED   0x123456789abcdef0ULL
#define STORED 1

/* Ranges of the test pages, which are 64 KiB. */
static const struct range {
	const char *name;
	size_t at, len;
} ranges[] = {
	{"a-byte", 5, 1},	   {"first-byte", 0, 1},
	{"odd", 13, 1001},	   {"over-a-border", 4090, 13},
	{"a-page", 4096, 4096},	   {"pages-and-bytes", 4099, 16000},
	{"aligned-to-8", 64, 128}, {"most", 1, 65000},
};

static unsigned char *allocate(size_t len)
{
	unsigned char *bytes = malloc(len);

	ck_assert_msg(bytes, "no memory for %zu bytes", len);
	return bytes;
}

ROW_EACH(C3, fill,
	 "FILL writes each byte of its pattern by the byte's offset, and changes no other byte",
	 ranges)
{
	const struct range *range = &ranges[_i];
	int fd = control_open();
	size_t after = range->at + range->len;
	unsigned char *map = target_map_rw(TEST_PAGES, MAP_SHARED, 0);
	unsigned char *copy = target_map_rw(TEST_PAGES, MAP_PRIVATE, 0);
	unsigned char *wanted = allocate(range->len), *seen = allocate(range->len);
	uint64_t frame;

	pattern_fill(copy, pages(TEST_PAGES), 0, STORED);
	(void)*(volatile unsigned char *)map;
	frame = frame_of(map);
	contents_pattern(wanted, range->len, range->at, SEED);
	assert_done(fill(fd, range->at, range->len, SEED));

	ck_assert_mem_eq(map + range->at, wanted, range->len);
	ck_assert_int_eq(pread(fd, seen, range->len, range->at), range->len);
	ck_assert_mem_eq(seen, wanted, range->len);
	assert_memory(map, range->at, 0, ORIGINAL);
	assert_memory(map + after, pages(TEST_PAGES) - after, after, ORIGINAL);
	assert_same_page(frame_of(map), frame);
	assert_memory(copy, pages(TEST_PAGES), 0, STORED);
}

ROW(C3, fill_is_splitmix, "with seed 0 the pattern has the known values of SplitMix64")
{
	int fd = control_open();
	static const uint64_t known[] = {
		0xe220a8397b1dcdafULL,
		0x6e789e6aa1b965f4ULL,
		0x06c45d188009454fULL,
	};
	uint64_t *map = target_map_rw(1, MAP_SHARED, 0);

	assert_done(fill(fd, 0, sizeof(known), 0));
	/* It takes check's own loop for one that may end before it found the difference. */
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	ck_assert_mem_eq(map, known, sizeof(known));
}

ROW(C3, fill_in_parts, "filling a range in parts gives the same bytes as filling it at once")
{
	int fd = control_open();
	uint32_t whole;

	assert_done(fill(fd, 0, pages(TEST_PAGES), SEED));
	whole = sum_of(fd, 0, pages(TEST_PAGES));
	target_reset();
	for (size_t at = 0, part = 1; at < pages(TEST_PAGES); at += part, part = part * 3 + 1) {
		size_t left = pages(TEST_PAGES) - at;

		assert_done(fill(fd, at, part < left ? part : left, SEED));
	}
	ck_assert_uint_eq(sum_of(fd, 0, pages(TEST_PAGES)), whole);
}

ROW_EACH(C3, sum, "SUM is the CRC-32C of the bytes that read() gives", ranges)
{
	const struct range *range = &ranges[_i];
	int fd = control_open();
	unsigned char *bytes = allocate(range->len);

	ck_assert_int_eq(pread(fd, bytes, range->len, range->at), range->len);
	ck_assert_uint_eq(sum_of(fd, range->at, range->len), contents_crc(0, bytes, range->len));
}

ROW(C3, sum_is_crc32c, "the sum of \"123456789\" is the value in the standard")
{
	int fd = control_open();

	target_write(fd, "123456789", 9, pages(1) - 4);
	ck_assert_uint_eq(sum_of(fd, pages(1) - 4, 9), 0xe3069283);
	/* RFC 3720, B.4: 32 bytes of zeros */
	assert_done(punch(fd, pages(1), 32));
	ck_assert_uint_eq(sum_of(fd, pages(1), 32), 0x8a9136aa);
}

ROW(C3, sum_sees_stores,
    "the next sum includes a store to a shared mapping, but no store to a private one")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(2, MAP_SHARED, pages(1));
	unsigned char *copy = target_map_rw(2, MAP_PRIVATE, pages(1));
	uint32_t before = sum_of(fd, pages(1), pages(2));

	copy[10] = ~copy[10];
	ck_assert_uint_eq(sum_of(fd, pages(1), pages(2)), before);
	for (int i = 0; i < 100; i++) {
		map[i * 80] ^= 0x55;
		ck_assert_uint_eq(sum_of(fd, pages(1), pages(2)), contents_crc(0, map, pages(2)));
	}
}

#define WHOLE (64UL << 10)
#define SUMS  2000

static const struct source {
	const char *name;
	bool absent; /* half of what is written is in memory that the process has not mapped yet */
} sources[] = {
	{"present", false},
	{"absent", true},
};

struct writer {
	int fd;
	const struct source *source;
	volatile bool over;
};

static void *write_in_turn(void *argument)
{
	struct writer *writer = argument;
	unsigned char *bytes = mmap(NULL, WHOLE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return "no memory";
	for (unsigned int i = 0; !writer->over; i++) {
		memset(bytes, 1 + i % 2, WHOLE);
		if (writer->source->absent && madvise(bytes + WHOLE / 2, WHOLE / 2, MADV_DONTNEED))
			return "MADV_DONTNEED fails";
		if (pwrite(writer->fd, bytes, WHOLE, 0) != WHOLE)
			return "a write fails";
	}
	return NULL;
}

ROW_EACH(C3, sum_beside_a_write,
	 "a sum beside a write() is that of the bytes before it or after it", sources,
	 .timeout = 120)
{
	struct writer writer = {.fd = control_open(), .source = &sources[_i]};
	unsigned int seen[2] = {0};
	static unsigned char bytes[WHOLE];
	uint32_t sums[2];
	pthread_t thread;
	void *failed;

	for (int i = 0; i < 2; i++) {
		memset(bytes, 1 + i, WHOLE);
		sums[i] = contents_crc(0, bytes, WHOLE);
	}
	ck_assert_int_eq(pwrite(writer.fd, bytes, WHOLE, 0), WHOLE);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_in_turn, &writer), 0);
	for (int i = 0; i < SUMS || ((!seen[0] || !seen[1]) && i < 20 * SUMS); i++) {
		uint32_t sum = sum_of(writer.fd, 0, WHOLE);

		ck_assert_msg(sum == sums[0] || sum == sums[1], "sum %d is of neither", i);
		seen[sum == sums[1]]++;
	}
	writer.over = true;
	ck_assert_int_eq(pthread_join(thread, &failed), 0);
	ck_assert_msg(!failed, "%s", (const char *)failed);
	ck_assert_msg(seen[0] && seen[1], "the contents never changed between two sums");
}

ROW_EACH(C3, chunk,
	 "FILL and SUM across a huge page's border give the same bytes as userspace does", folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], STORED) - 1003;
	size_t len = chunk_size(fd) + 3001;
	unsigned char *wanted = allocate(len), *seen = allocate(len);
	struct mmapdemo_info before = info_of(fd), now;

	contents_pattern(wanted, len, off, SEED);
	assert_done(fill(fd, off, len, SEED));
	ck_assert_int_eq(pread(fd, seen, len, off), len);
	ck_assert(!memcmp(seen, wanted, len));
	ck_assert_uint_eq(sum_of(fd, off, len), contents_crc(0, wanted, len));
	now = info_of(fd);
	/* fill() may have made more of them */
	if (now.huge_folios < before.huge_folios)
		assert_huge_folios(&now, before.huge_folios);
}

ROW(C3, holes,
    "SUM takes holes for zeros and leaves them; FILL allocates memory for them, as write does")
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[1], STORED);
	size_t len = chunk_size(fd);
	unsigned char *wanted = allocate(len);
	uint64_t resident;

	assert_done(punch(fd, off, len));
	resident = info_of(fd).resident;
	memset(wanted, 0, len);
	ck_assert_uint_eq(sum_of(fd, off, len), contents_crc(0, wanted, len));
	ck_assert_uint_eq(sum_of(fd, off + 1, len - 2), contents_crc(0, wanted, len - 2));
	ck_assert_uint_eq(info_of(fd).resident, resident);
	ck_assert_int_ne(lseek(fd, off, SEEK_DATA), off);

	assert_done(fill(fd, off + 100, 200, SEED));
	ck_assert_int_eq(lseek(fd, off, SEEK_DATA), off);
	contents_pattern(wanted + 100, 200, off + 100, SEED);
	ck_assert_uint_gt(info_of(fd).resident, resident);
	ck_assert_uint_eq(sum_of(fd, off, len), contents_crc(0, wanted, len));
}

ROW(C3, all_of_it, "FILL and SUM work on the whole device, which is then all resident")
{
	int fd = control_open();
	unsigned char *end = allocate(pages(2));
	uint32_t sum;

	assert_done(fill(fd, 0, target.size, SEED));
	ck_assert_uint_eq(info_of(fd).resident, target.size);
	sum = sum_of(fd, 0, target.size);
	contents_pattern(end, pages(2), target.size - pages(2), SEED);
	ck_assert_uint_eq(sum_of(fd, target.size - pages(2), pages(2)),
			  contents_crc(0, end, pages(2)));
	assert_done(fill(fd, 0, target.size, SEED + 1));
	ck_assert_uint_ne(sum_of(fd, 0, target.size), sum);
	assert_done(fill(fd, 0, target.size, SEED));
	ck_assert_uint_eq(sum_of(fd, 0, target.size), sum);
	/* Frees memory that later tests may need. */
	assert_done(punch(fd, 0, target.size));
	ck_assert_uint_eq(info_of(fd).resident, 0);
}
