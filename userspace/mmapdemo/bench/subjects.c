// SPDX-License-Identifier: GPL-2.0-only
/* Lists, makes and queries subjects of all kinds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <linux/mmapdemo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/memory.h"
#include "peers.h"
#include "setting.h"
#include "size.h"
#include "subjects.h"

static void add_device(struct bench_subject *subject, const char *path)
{
	*subject = bench_device;
	snprintf(subject->path, sizeof(subject->path), "%s", path);
	snprintf(subject->name, sizeof(subject->name), "%s", strrchr(path, '/') + 1);
}

size_t bench_subject_list(char **devices, struct bench_subject **subjects)
{
	const bool named = *devices;
	struct bench_subject *list;
	size_t found_count = 0, count = 0;
	glob_t found = {};

	if (!named && !glob("/dev/mmapdemo*", 0, NULL, &found))
		devices = found.gl_pathv;
	while (devices[found_count])
		found_count++;
	list = new_array(found_count + 1 + bench_peer_count, sizeof(*list));
	for (size_t i = 0; i < found_count; i++)
		if (named || bench_is_ours(devices[i]))
			add_device(&list[count++], devices[i]);
	/* The first is listed even if it is missing: the table has the reason. */
	if (!count)
		add_device(&list[count++], "/dev/mmapdemo");
	memcpy(list + count, bench_peers, bench_peer_count * sizeof(*list));
	globfree(&found);
	*subjects = list;
	return count + bench_peer_count;
}

void bench_subject_make(struct bench_subject *subject, size_t size)
{
	*subject->reason = '\0';
	subject->fd = -1;
	subject->size = SIZE_MAX;
	subject->page = BENCH_PAGE;
	subject->make(subject, size);
}

void bench_subject_unmake(struct bench_subject *subject)
{
	if (subject->fd >= 0)
		close(subject->fd);
	bench_setting_restore();
}

/* fstat() has a file's size, and lseek() that of a device. */
size_t bench_subject_held(const struct bench_subject *subject)
{
	off_t from = 0, to;
	struct stat stat;
	size_t held = 0;

	if (!fstat(subject->fd, &stat) && S_ISREG(stat.st_mode))
		return stat.st_blocks * 512;
	while ((from = lseek(subject->fd, from, SEEK_DATA)) >= 0 &&
	       (to = lseek(subject->fd, from, SEEK_HOLE)) > from) {
		held += to - from;
		from = to;
	}
	return held;
}

/* Finds a hole in a device, aligned as for a huge page. */
static off_t find_hole(const struct bench_subject *subject, size_t size)
{
	off_t from = 0, to;

	while ((from = lseek(subject->fd, from, SEEK_HOLE)) >= 0) {
		from = (from + BENCH_HUGE - 1) & ~(off_t)(BENCH_HUGE - 1);
		if (from + size > subject->size)
			return -1;
		to = lseek(subject->fd, from, SEEK_DATA);
		if (to < 0 || to >= (off_t)(from + size))
			return from;
		from = to;
	}
	return -1;
}

int bench_subject_punch(const struct bench_subject *subject, off_t offset, size_t size)
{
	struct mmapdemo_punch punch = {.size = sizeof(punch), .offset = offset, .length = size};

	if (subject->fresh == FRESH_HOLE && bench_is_ours(subject->path))
		return ioctl(subject->fd, MMAPDEMO_IOCTL_PUNCH, &punch);
	return fallocate(subject->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
}

off_t bench_subject_fresh(const struct bench_subject *subject, size_t size)
{
	switch (subject->fresh) {
	case FRESH_PUNCH:
		return bench_subject_punch(subject, 0, size);
	case FRESH_HOLE:
		return bench_subject_punch(subject, 0, size) ? find_hole(subject, size) : 0;
	case FRESH_MAPPING:
		return 0;
	case FRESH_NEVER:
		break;
	}
	return -1;
}
