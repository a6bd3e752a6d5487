// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "access.h"
#include "node.h"
#include "physics.h"
#include "target.h"
#include "target_init.h"
#include "target_make.h"
#include "target_reset.h"

void refuse_to_open(const char *path)
{
	int error = errno;
	const char *way_out = "";

	if (error == ENOENT && !strchr(path, '/') && strchr(path, ':'))
		way_out = ": it is neither a path nor one of the targets that --help lists";
	else if (error == ENOENT || error == ENXIO || error == ENODEV)
		way_out = ": load its module (/dev/mmapdemo: make load), or name another";
	else if (error == EACCES || error == EPERM)
		way_out = ": run as root, or give yourself the right (of /dev/mmapdemo, mmapdemo "
			  "doctor tells)";
	errx(2, "%s: %s%s", path, strerror(error), way_out);
}

bool target_is_file(mode_t mode, const char *path)
{
	return S_ISREG(mode) && strncmp(path, "/sys/", 5);
}

static void identify(const char *spec, const struct stat *stat)
{
	static char name[64];

	target.name = spec;
	target.kind = target_is_file(stat->st_mode, spec) ? TARGET_FILE : TARGET_DEVICE;
	target.has_end = true;
	if (S_ISCHR(stat->st_mode) && stat->st_rdev == makedev(1, 5)) {
		target.made = true;
		target.has_end = false;
	} else if (S_ISCHR(stat->st_mode) && node_is_ours(stat->st_rdev, name)) {
		target.module = true;
		target.name = name;
	} else if (!S_ISCHR(stat->st_mode) && !S_ISBLK(stat->st_mode) && !S_ISREG(stat->st_mode)) {
		errx(2, "%s: neither a device nor a file", spec);
	}
}

static void measure(int fd, off_t size)
{
	struct statfs statfs;
	struct stat stat_of;
	off_t end = -1;

	if (fstatfs(fd, &statfs))
		err(2, "%s: statfs", target.name);
	target.page = (unsigned int)statfs.f_type == HUGETLBFS_MAGIC ? statfs.f_bsize
								     : sysconf(_SC_PAGESIZE);

	if (target.has_end)
		end = lseek(fd, 0, SEEK_END);
	/* lseek() returns 0 for a BAR. */
	if (end <= 0 && !fstat(fd, &stat_of) && stat_of.st_size > 0)
		end = stat_of.st_size;
	if (end <= 0 && target.kind == TARGET_DEVICE) {
		if (!size && target.has_end)
			errx(2, "%s: does not say its size (lseek to the end: %s): give --size",
			     target.name, end ? strerror(errno) : "0");
		end = size ? size : TARGET_DEFAULT_SIZE;
	}
	if (size && size != end)
		errx(2, "%s: is of %jd bytes, not %jd", target.name, (intmax_t)end, (intmax_t)size);
	target.size = end;
}

void target_check_size(void)
{
	if (target.size < (off_t)pages(TEST_PAGES) || target.size % target.page)
		errx(2, "%s: %jd bytes: the tests need whole pages of %zu bytes, and %d or more",
		     target.name, (intmax_t)target.size, target.page, TEST_PAGES);
}

static void identify_mapping(int fd)
{
	void *map = mmap(NULL, target.page, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		map = mmap(NULL, target.page, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		err(2, "%s: cannot be mapped", target.name);
	if (!read_maps_id(map, target.maps_id, sizeof(target.maps_id)))
		errx(2, "%s: its mapping is not in /proc/self/maps: is /proc mounted?",
		     target.name);
	munmap(map, target.page);
}

void target_find(const char *spec, off_t size)
{
	struct stat stat;
	int fd;

	target = (struct target){.name = spec, .path = spec, .in_a_mount = true};
	if (target_make(spec, size) && target.kind == TARGET_ANONYMOUS)
		return;
	fd = open(target.path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat))
		refuse_to_open(target.path);
	identify(spec, &stat);
	measure(fd, size);
	identify_mapping(fd);
	close(fd);
}

void target_init(const char *spec, off_t size)
{
	target_find(spec, size);
	target_check_size();
}

static int error_of(ssize_t done)
{
	return done == 1 ? 0 : done < 0 ? errno : ENODATA;
}

/* Stores or loads a byte of a new shared mapping; returns it, or -1. */
static int through_mapping(off_t off, const unsigned char *store)
{
	off_t start = off - off % target.page;
	int fd = open(target.path, O_RDWR | O_CLOEXEC);
	unsigned char *map = mmap(NULL, target.page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, start);
	struct access access = {.signo = SIGBUS};

	if (map != MAP_FAILED) {
		access = store ? try_write(map + (off - start), *store)
			       : try_read(map + (off - start));
		munmap(map, target.page);
	}
	close(fd);
	return access.signo ? -1 : (int)access.value;
}

void target_probe(void)
{
	unsigned char byte = 0, seen;
	off_t at = -1;
	int fd;

	if (target.kind == TARGET_ANONYMOUS) {
		pattern_original_is_zero = true;
		target.shares_offsets = true;
		return;
	}
	fd = open(target.path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		refuse_to_open(target.path);
	while (!byte)
		byte = pattern_byte(++at, ORIGINAL);

	target.write_error = error_of(pwrite(fd, &byte, 1, at));
	if (target.write_error)
		through_mapping(at, &byte);
	target.read_error = error_of(pread(fd, &seen, 1, at));
	if (target.read_error)
		seen = through_mapping(at, NULL);
	/* The tests judge any other content. */
	pattern_original_is_zero = seen == 0;
	target.shares_offsets = through_mapping(target.page, NULL) >= 0;
	close(fd);
	target_make_original();
}
