// SPDX-License-Identifier: GPL-2.0-only
/* What a program can do with buffers that it creates, as the table at the end. They have 16 pages.
 */
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

#define MARK 0x5a

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
};

const size_t created_operations_count = ARRAY_SIZE(created_operations);
