// SPDX-License-Identifier: GPL-2.0-only
/*
 * M6: the mapping's pages as buffers that a disk, or an io_uring, reads and writes
 * itself. The disk's file is made in the folder that MMAPDEMO_SCRATCH names.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/uring.h"

#define MAPPED 4 /* pages of the target from page 1 on */
#define FILES  1 /* patterns */
#define OURS   2

/* An empty file without a name, past any cache. */
static int open_scratch(void)
{
	const char *folder = getenv("MMAPDEMO_SCRATCH");
	struct statfs statfs;
	int fd;

	if (!folder)
		row_not_applicable("no folder on a disk given in MMAPDEMO_SCRATCH");
	fd = open(folder, O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
	ck_assert_msg(fd >= 0, "MMAPDEMO_SCRATCH: O_DIRECT file in %s: %s", folder,
		      strerror(errno));
	ck_assert_int_eq(fstatfs(fd, &statfs), 0);
	ck_assert_msg(statfs.f_type != TMPFS_MAGIC,
		      "MMAPDEMO_SCRATCH: %s is on no disk, it is a tmpfs", folder);
	return fd;
}

/* Memory of no file, aligned as O_DIRECT needs it. */
static unsigned char *plain_buffer(void)
{
	void *buffer = mmap(NULL, pages(MAPPED), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(buffer, MAP_FAILED);
	return buffer;
}

/* Whole pages, and a few sectors across a border of pages. */
static const struct variant {
	const char *name;
	int flags;
	bool sectors;
} variants[] = {
	{"shared", MAP_SHARED, false},
	{"shared-sectors", MAP_SHARED, true},
	{"private", MAP_PRIVATE, false},
	{"private-sectors", MAP_PRIVATE, true},
};

#define SECTOR 512

struct span {
	off_t at;
	size_t len;
};

static struct span span_of(const struct variant *v)
{
	if (v->sectors)
		return (struct span){pages(1) - SECTOR, 2 * SECTOR};
	return (struct span){0, pages(MAPPED)};
}

/* Checks the mapping, the target and the page table after a transfer into the span. */
static void assert_arrived(unsigned char *map, const struct variant *v, int seed)
{
	unsigned char *view = target_map_ro(MAPPED, MAP_SHARED, pages(1));
	struct span span = span_of(v);
	off_t after = span.at + span.len;
	bool shared = v->flags == MAP_SHARED;

	assert_memory(map + span.at, span.len, pages(1) + span.at, seed);
	assert_memory(map, span.at, pages(1), ORIGINAL);
	assert_memory(map + after, pages(MAPPED) - after, pages(1) + after, ORIGINAL);
	assert_target(pages(1) + span.at, span.len, shared ? seed : ORIGINAL);
	ck_assert_uint_eq(view[span.at], target_read_byte(pages(1) + span.at));
	if (shared)
		assert_same_page(frame_of(map + span.at), frame_of(view + span.at));
	else
		assert_different_page(frame_of(map + span.at), frame_of(view + span.at));
}

static void assert_file(int fd, const struct span *span, int seed)
{
	unsigned char *buffer = plain_buffer();

	ck_assert_int_eq(pread(fd, buffer, span->len, 0), span->len);
	assert_memory(buffer, span->len, pages(1) + span->at, seed);
}

/* The pages are not accessed before, so that the transfer itself maps them. */
ROW_EACH(M6, direct_read, "O_DIRECT reads from a disk into the mapping", variants)
{
	struct span span = span_of(&variants[_i]);
	unsigned char *buffer = plain_buffer();
	int fd = open_scratch();
	unsigned char *map;
	ssize_t got;

	pattern_fill(buffer, span.len, pages(1) + span.at, FILES);
	ck_assert_int_eq(pwrite(fd, buffer, span.len, 0), span.len);
	map = target_map_rw(MAPPED, variants[_i].flags, pages(1));
	got = pread(fd, map + span.at, span.len, 0);
	if (got < 0 && errno == EFAULT)
		row_unsupported("O_DIRECT read into the mapping: %s", strerror(errno));
	ck_assert_int_eq(got, span.len);
	assert_arrived(map, &variants[_i], FILES);
}

ROW_EACH(M6, direct_write, "O_DIRECT writes the mapping to a disk, whether it was stored to or not",
	 variants)
{
	struct span span = span_of(&variants[_i]);
	int fd = open_scratch();
	unsigned char *map = target_map_rw(MAPPED, variants[_i].flags, pages(1));
	ssize_t put = pwrite(fd, map + span.at, span.len, 0);

	if (put < 0 && errno == EFAULT)
		row_unsupported("O_DIRECT write from the mapping: %s", strerror(errno));
	ck_assert_int_eq(put, span.len);
	assert_file(fd, &span, ORIGINAL);

	pattern_fill(map + span.at, span.len, pages(1) + span.at, OURS);
	ck_assert_int_eq(pwrite(fd, map + span.at, span.len, 0), span.len);
	assert_file(fd, &span, OURS);
	assert_arrived(map, &variants[_i], OURS);
}

ROW_EACH(M6, direct_read_only,
	 "O_DIRECT writes from a read-only mapping, and a read into it is EFAULT", kinds)
{
	struct span whole = {0, pages(MAPPED)};
	int fd = open_scratch();
	unsigned char *map = target_map_ro(MAPPED, kinds[_i].flags, pages(1));
	ssize_t put = pwrite(fd, map, whole.len, 0);

	if (put < 0 && errno == EFAULT)
		row_unsupported("O_DIRECT write from the mapping: %s", strerror(errno));
	ck_assert_int_eq(put, whole.len);
	assert_file(fd, &whole, ORIGINAL);
	ck_assert_int_eq(pread(fd, map, whole.len, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	assert_target(pages(1), pages(MAPPED), ORIGINAL);
}

static int make_file(void)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	unsigned char *buffer = plain_buffer();

	pattern_fill(buffer, pages(MAPPED), pages(1), FILES);
	ck_assert_int_eq(pwrite(fd, buffer, pages(MAPPED), 0), pages(MAPPED));
	return fd;
}

/* Copied through a file's cache, or transferred straight from and to a disk. */
static const struct ring_variant {
	const char *name;
	int flags;
	bool direct;
} ring_variants[] = {
	{"shared", MAP_SHARED, false},
	{"shared-direct", MAP_SHARED, true},
	{"private", MAP_PRIVATE, false},
	{"private-direct", MAP_PRIVATE, true},
};

ROW_EACH(M6, uring, "io_uring reads into the mapping, and writes from it", ring_variants)
{
	const struct ring_variant *v = &ring_variants[_i];
	struct span whole = {0, pages(MAPPED)};
	unsigned char *buffer = plain_buffer();
	int fd = v->direct ? open_scratch() : make_file();
	unsigned char *map = target_map_rw(MAPPED, v->flags, pages(1));
	struct io_uring ring;

	pattern_fill(buffer, whole.len, pages(1), FILES);
	ck_assert_int_eq(pwrite(fd, buffer, whole.len, 0), whole.len);
	start_ring(&ring);
	io_uring_prep_read(io_uring_get_sqe(&ring), fd, map, whole.len, 0);
	ck_assert_int_eq(run_ring(&ring), whole.len);
	assert_arrived(map, &(struct variant){"", v->flags, false}, FILES);

	pattern_fill(map, whole.len, pages(1), OURS);
	io_uring_prep_write(io_uring_get_sqe(&ring), fd, map, whole.len, 0);
	ck_assert_int_eq(run_ring(&ring), whole.len);
	assert_file(fd, &whole, OURS);
	io_uring_queue_exit(&ring);
}

/*
 * Until 6.5 io_uring registered only memory of shmem and hugetlbfs, and refused any other VMA with
 * a file with EOPNOTSUPP, whatever its pages (6.1: io_uring/rsrc.c, io_pin_pages(), "don't support
 * file backed memory"). /dev/zero shows it: its private memory is anonymous, but the VMA has the
 * file.
 */
static bool kernel_registers_no_files(struct io_uring *ring)
{
	int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	struct iovec buffer = {.iov_len = sysconf(_SC_PAGESIZE)};
	int error;

	buffer.iov_base = mmap(NULL, buffer.iov_len, RW, MAP_PRIVATE, zero, 0);
	ck_assert_ptr_ne(buffer.iov_base, MAP_FAILED);
	error = io_uring_register_buffers(ring, &buffer, 1);
	if (!error)
		ck_assert_int_eq(io_uring_unregister_buffers(ring), 0);
	close(zero);
	return error == -EOPNOTSUPP;
}

ROW_EACH(M6, uring_registered,
	 "io_uring registers the mapping as a buffer, and transfers reach its pages", kinds)
{
	struct span whole = {0, pages(MAPPED)};
	unsigned char *map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));
	struct iovec buffer = {map, pages(MAPPED)};
	int fd = make_file();
	struct io_uring ring;
	uint64_t frame;
	int error;

	start_ring(&ring);
	error = -io_uring_register_buffers(&ring, &buffer, 1);
	if (error == EOPNOTSUPP && kernel_registers_no_files(&ring)) {
		/* That kernel's own rule. It must have released the pages that it had pinned. */
		assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
		assert_target(pages(1), pages(MAPPED), ORIGINAL);
		return;
	}
	if (error == EOPNOTSUPP || error == EFAULT)
		row_unsupported("io_uring_register_buffers: %s", strerror(error));
	ck_assert_msg(!error, "io_uring_register_buffers: %s", strerror(error));

	frame = frame_of(map);
	io_uring_prep_read_fixed(io_uring_get_sqe(&ring), fd, map, whole.len, 0, 0);
	ck_assert_int_eq(run_ring(&ring), whole.len);
	assert_arrived(map, &(struct variant){"", kinds[_i].flags, false}, FILES);
	assert_same_page(frame_of(map), frame);

	pattern_fill(map, whole.len, pages(1), OURS);
	io_uring_prep_write_fixed(io_uring_get_sqe(&ring), fd, map, whole.len, 0, 0);
	ck_assert_int_eq(run_ring(&ring), whole.len);
	assert_file(fd, &whole, OURS);
	assert_same_page(frame_of(map), frame);

	ck_assert_int_eq(io_uring_unregister_buffers(&ring), 0);
	io_uring_queue_exit(&ring);
	assert_memory(map, pages(MAPPED), pages(1), OURS);
}

ROW(M8, uring, "io_uring reads and writes the target itself")
{
	unsigned char *buffer = plain_buffer();
	int fd = target_open(O_RDWR);
	struct io_uring ring;

	needs_read();
	needs_write();
	start_ring(&ring);
	io_uring_prep_read(io_uring_get_sqe(&ring), fd, buffer, pages(MAPPED), pages(1));
	ck_assert_int_eq(run_ring(&ring), pages(MAPPED));
	assert_memory(buffer, pages(MAPPED), pages(1), ORIGINAL);

	pattern_fill(buffer, pages(MAPPED), pages(1), OURS);
	io_uring_prep_write(io_uring_get_sqe(&ring), fd, buffer, pages(MAPPED), pages(1));
	ck_assert_int_eq(run_ring(&ring), pages(MAPPED));
	assert_target(pages(1), pages(MAPPED), OURS);
	io_uring_queue_exit(&ring);
}
