// SPDX-License-Identifier: GPL-2.0-only
/* Operations on buffers that a program creates, as the table at the end. They have 16 pages. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

#include "sweep.h"

static char buffer[8192];

static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

static int needs_resize(struct subject *s)
{
	return s->features & MMAPDEMO_FEATURE_RESIZE ? 0 : EOPNOTSUPP;
}

static off_t created_size(const struct subject *s)
{
	return 16 * s->page;
}

/* Nodes of other strategies create nothing, and cannot be resized. */
static int act_create(struct subject *s)
{
	struct mmapdemo_create create = {
		.size = sizeof(create),
		.bytes = created_size(s),
		.name = (uintptr_t) "fail-nth",
	};

	s->other = ioctl(s->fd, MMAPDEMO_IOCTL_CREATE, &create);
	return error_of(s->other);
}

static const char *check_created(struct subject *s)
{
	struct stat stat_of;

	if (fstat(s->other, &stat_of) || stat_of.st_size != created_size(s))
		return "the size is another";
	if (pread(s->other, buffer, 1, created_size(s) - 1) != 1 || buffer[0])
		return "it does not read as zeros";
	return stat_of.st_blocks ? "it has memory from the start" : NULL;
}

static int prepare_created(struct subject *s)
{
	int error = needs_resize(s) ? EOPNOTSUPP : act_create(s);

	if (!error && pwrite(s->other, "created", 7, s->page) != 7)
		error = errno;
	return error;
}

static const char *check_kept(struct subject *s)
{
	if (pread(s->other, buffer, 7, s->page) != 7 || memcmp(buffer, "created", 7))
		return "the contents are gone";
	return NULL;
}

static int act_seal(struct subject *s)
{
	struct mmapdemo_seal seal = {
		.size = sizeof(seal),
		.seals = MMAPDEMO_SEAL_WRITE | MMAPDEMO_SEAL_SHRINK,
	};

	return error_of(ioctl(s->other, MMAPDEMO_IOCTL_SEAL, &seal));
}

static const char *check_sealed(struct subject *s)
{
	if (pwrite(s->other, "x", 1, s->page) >= 0 || !ftruncate(s->other, 0))
		return "the seals do not work";
	return check_kept(s);
}

static int act_allocate(struct subject *s)
{
	return error_of(fallocate(s->other, 0, 0, 2 * created_size(s)));
}

static const char *check_allocated(struct subject *s)
{
	struct stat stat_of;

	if (fstat(s->other, &stat_of) || stat_of.st_size != 2 * created_size(s))
		return "the size is another";
	if (stat_of.st_blocks * 512 != stat_of.st_size)
		return "memory is missing";
	return check_kept(s);
}

static int act_append(struct subject *s)
{
	memset(buffer, MARK, sizeof(buffer));
	return error_of(pwrite(s->other, buffer, sizeof(buffer), created_size(s) + 7));
}

static const char *check_appended(struct subject *s)
{
	struct stat stat_of;

	/* a failure may leave the write short, but no byte wrong */
	if (fstat(s->other, &stat_of) || stat_of.st_size <= created_size(s) + 7)
		return "the end is not behind the write";
	if (pread(s->other, buffer, 8, created_size(s)) != 8 || buffer[0] || buffer[7] != MARK)
		return "what was written is not read";
	return check_kept(s);
}

static int act_truncate(struct subject *s)
{
	return error_of(ftruncate(s->other, s->page + 7));
}

static int act_reopen(struct subject *s)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->other);
	return error_of(open(path, O_RDONLY | O_CLOEXEC));
}

/* One that is large enough for a huge folio, with bytes in its first and its middle page. */
static int prepare_huge_created(struct subject *s)
{
	int error = s->huge ? act_create(s) : EOPNOTSUPP;

	if (!error)
		error = error_of(ftruncate(s->other, s->huge));
	if (!error && (pwrite(s->other, "created", 7, s->huge / 2) != 7 ||
		       pwrite(s->other, "created", 7, s->page) != 7))
		error = errno;
	return error;
}

static int punch(struct subject *s, off_t offset)
{
	int flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	return error_of(fallocate(s->other, flags, offset, s->page));
}

static int act_punch(struct subject *s)
{
	return punch(s, s->page);
}

static int act_punch_huge(struct subject *s)
{
	return punch(s, s->huge / 2);
}

static bool is_hole(struct subject *s, off_t offset)
{
	memset(buffer, MARK, 8);
	return pread(s->other, buffer, 8, offset) == 8 && !memcmp(buffer, "\0\0\0\0\0\0\0", 8);
}

static const char *check_punched(struct subject *s)
{
	return is_hole(s, s->page) ? NULL : "what was punched is still there";
}

static const char *check_punched_huge(struct subject *s)
{
	return is_hole(s, s->huge / 2) ? check_kept(s) : "what was punched is still there";
}

/* The buffer that is copied from, and how many bytes of it copy_file_range() says it copied. */
static int source = -1;
static ssize_t copied;

/* No byte of the two pages that are copied is zero. */
static int prepare_copy(struct subject *s)
{
	int error = prepare_created(s);

	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = 1 + i % 251;
	for (size_t at = 0; !error && at < 2 * s->page; at += sizeof(buffer))
		if (pwrite(s->other, buffer, sizeof(buffer), s->page + at) != sizeof(buffer))
			error = errno;
	source = s->other;
	return error ? error : act_create(s);
}

/* A copy may end early, and one that has begun returns no error. */
static int act_copy(struct subject *s)
{
	off_t from = s->page, to = s->page;

	copied = copy_file_range(source, &from, s->other, &to, 2 * s->page, 0);
	return error_of(copied);
}

static const char *check_copied(struct subject *s)
{
	off_t size = created_size(s), end = s->page + copied;
	const char *from = mmap(NULL, size, PROT_READ, MAP_SHARED, source, 0);
	const char *to = mmap(NULL, size, PROT_READ, MAP_SHARED, s->other, 0);

	if (lseek(s->other, 0, SEEK_END) != size)
		return "the size is another";
	if (!copied && !s->fired)
		return "nothing is copied";
	if (from == MAP_FAILED || to == MAP_FAILED)
		return "the buffers cannot be mapped";
	if (memcmp(from + s->page, to + s->page, copied))
		return "a byte that was copied is not the source's";
	for (off_t at = 0; at < size; at++)
		if ((at < (off_t)s->page || at >= end) && to[at])
			return "a byte that was not copied is not zero";
	return NULL;
}

static int map_created(struct subject *s, int flags, off_t offset)
{
	s->mapped = s->page;
	s->map = mmap(NULL, s->mapped, PROT_READ | PROT_WRITE, flags, s->other, offset);
	return s->map == MAP_FAILED ? errno : 0;
}

/* The mapped page is a hole. */
static int prepare_hole(struct subject *s)
{
	int error = prepare_created(s);

	return error ? error : map_created(s, MAP_SHARED, 2 * s->page);
}

static int act_read_hole(struct subject *s)
{
	return touch(s->map, false);
}

static const char *check_read_hole(struct subject *s)
{
	return *s->map ? "a hole does not read as zeros" : check_kept(s);
}

static int act_store(struct subject *s)
{
	return touch(s->map, true);
}

static const char *check_stored(struct subject *s)
{
	if (pread(s->other, buffer, 2, 2 * s->page) != 2 || buffer[0] != MARK || buffer[1])
		return "read() shows something else than the store";
	return check_kept(s);
}

static int prepare_private(struct subject *s)
{
	int error = prepare_created(s);

	return error ? error : map_created(s, MAP_PRIVATE, s->page);
}

static const char *check_private(struct subject *s)
{
	return s->map[0] == MARK && s->map[1] == 'r' ? check_kept(s) : "the copy is another";
}

static int act_map_created(struct subject *s)
{
	s->mapped = s->page;
	s->map = mmap(NULL, s->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, s->other, s->page);
	return s->map == MAP_FAILED ? errno : 0;
}

static const char *check_unmaps(struct subject *s)
{
	return munmap(s->map, s->mapped) ? "does not unmap" : NULL;
}

const struct operation created_operations[] = {
	{.name = "create",
	 .prepare = needs_resize,
	 .act = act_create,
	 .check = check_created,
	 .may_say = ENFILE},
	{.name = "created-seal",
	 .prepare = prepare_created,
	 .act = act_seal,
	 .check = check_sealed},
	{.name = "created-allocate",
	 .prepare = prepare_created,
	 .act = act_allocate,
	 .check = check_allocated},
	{.name = "created-append",
	 .prepare = prepare_created,
	 .act = act_append,
	 .check = check_appended},
	{.name = "created-truncate",
	 .prepare = prepare_created,
	 .act = act_truncate,
	 .check = check_kept},
	{.name = "created-reopen",
	 .prepare = prepare_created,
	 .act = act_reopen,
	 .check = check_kept,
	 /* procfs has no other word for an inode that it cannot make */
	 .may_say = ENOENT},
	{.name = "created-map",
	 .prepare = prepare_created,
	 .act = act_map_created,
	 .check = check_unmaps,
	 .fills = true},
	{.name = "created-punch",
	 .prepare = prepare_created,
	 .act = act_punch,
	 .check = check_punched},
	{.name = "created-punch-cuts-huge",
	 .prepare = prepare_huge_created,
	 .act = act_punch_huge,
	 .check = check_punched_huge},
	/* generic_file_splice_read() of 6.1 makes EAGAIN of it where .read_iter has no memory */
	{.name = "created-copy",
	 .prepare = prepare_copy,
	 .act = act_copy,
	 .check = check_copied,
	 .may_say = EAGAIN},
	{.name = "created-touch-read",
	 .prepare = prepare_hole,
	 .act = act_read_hole,
	 .check = check_read_hole,
	 .must_work = true},
	{.name = "created-touch-store",
	 .prepare = prepare_hole,
	 .act = act_store,
	 .check = check_stored,
	 .must_work = true},
	{.name = "created-touch-copy",
	 .prepare = prepare_private,
	 .act = act_store,
	 .check = check_private,
	 .must_work = true},
};

const size_t created_operations_count = ARRAY_SIZE(created_operations);
