// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "physics.h"
#include "row.h"
#include "target.h"

struct target target;

static unsigned char *original;	    /* what the first TEST_PAGES pages are reset to */
static unsigned char *original_end; /* and its last two */

static void *allocate(size_t len)
{
	void *memory = malloc(len);

	if (!memory)
		err(2, "malloc");
	return memory;
}

static void refuse_to_open(const char *path)
{
	int error = errno;
	const char *way_out = "name another with --device";

	if (error == ENOENT || error == ENXIO || error == ENODEV)
		way_out = "load the module (make load), or name another with --device";
	else if (error == EACCES || error == EPERM)
		way_out = "run as root, or load the module with mode=0666";
	errx(2, "%s: %s: %s", path, strerror(error), way_out);
}

static void measure(int fd, const char *path)
{
	struct statfs statfs;
	struct stat stat;

	if (fstat(fd, &stat) || fstatfs(fd, &statfs))
		err(2, "%s: stat", path);
	if (!S_ISCHR(stat.st_mode) && !S_ISREG(stat.st_mode))
		errx(2, "%s: neither a character device nor a file", path);

	target.path = path;
	target.name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	target.kind = S_ISCHR(stat.st_mode) ? TARGET_DEVICE : TARGET_FILE;
	target.ours = target.kind == TARGET_DEVICE && !access("/sys/module/mmapdemo", F_OK) &&
		      !strncmp(target.name, "mmapdemo", strlen("mmapdemo"));
	target.page = sysconf(_SC_PAGESIZE);
	if (statfs.f_type == HUGETLBFS_MAGIC)
		target.page = statfs.f_bsize;
	target.size = lseek(fd, 0, SEEK_END);
	if (target.size < 0)
		err(2, "%s: lseek(SEEK_END)", path);
	if (target.size < (off_t)pages(TEST_PAGES) || target.size % target.page)
		errx(2, "%s: %jd bytes: the tests need whole pages of %zu bytes, and %d or more",
		     path, (intmax_t)target.size, target.page, TEST_PAGES);
}

void target_init(const char *path)
{
	int fd = open(path, O_RDWR);
	void *map;

	if (fd < 0)
		refuse_to_open(path);
	measure(fd, path);

	map = mmap(NULL, target.page, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(2, "%s: mmap", path);
	if (!read_maps_id(map, target.maps_id, sizeof(target.maps_id)))
		errx(2, "%s: its mapping is not in /proc/self/maps: is /proc mounted?", path);
	munmap(map, target.page);
	close(fd);

	original = allocate(pages(TEST_PAGES));
	original_end = allocate(pages(2));
	pattern_fill(original, pages(TEST_PAGES), 0, ORIGINAL);
	pattern_fill(original_end, pages(2), target.size - pages(2), ORIGINAL);
}

void target_reset(void)
{
	int fd = target_open(O_RDWR);

	target_write(fd, original, pages(TEST_PAGES), 0);
	target_write(fd, original_end, pages(2), target.size - pages(2));
	ck_assert_int_eq(close(fd), 0);
}

int target_open_(int flags, const char *file, int line)
{
	int fd = open(target.path, flags | O_CLOEXEC);

	if (fd < 0)
		_ck_assert_failed(file, line, "open", "open(%s, %#x): %s", target.path, flags,
				  strerror(errno));
	return fd;
}

void *target_map_(void *addr, size_t len, int prot, int flags, int fd, off_t off, const char *file,
		  int line)
{
	void *map = mmap(addr, len, prot, flags, fd, off);

	if (map == MAP_FAILED)
		_ck_assert_failed(file, line, "mmap",
				  "mmap(%p, %zu, prot %#x, flags %#x, offset %jd) of %s: %s", addr,
				  len, prot, flags, (intmax_t)off, target.path, strerror(errno));
	return map;
}

void *target_map_opened_(int open_flags, size_t len, int prot, int flags, off_t off,
			 const char *file, int line)
{
	int fd = target_open_(open_flags, file, line);
	void *map = target_map_(NULL, len, prot, flags, fd, off, file, line);

	close(fd);
	return map;
}

void unmap_(void *addr, size_t len, const char *file, int line)
{
	if (munmap(addr, len))
		_ck_assert_failed(file, line, "munmap", "munmap(%p, %zu): %s", addr, len,
				  strerror(errno));
}

int mmap_errno(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
#if __SIZEOF_LONG__ == 8
	/* The C library refuses an unaligned offset itself. */
	long ret = syscall(SYS_mmap, addr, len, prot, flags, fd, off);

	return ret == -1 ? errno : 0;
#else
	return mmap(addr, len, prot, flags, fd, off) == MAP_FAILED ? errno : 0;
#endif
}

void *reserve(size_t count)
{
	void *area = mmap(NULL, pages(count), PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ck_assert_msg(area != MAP_FAILED, "no address space for %zu pages: %s", count,
		      strerror(errno));
	return area;
}

void target_remount(unsigned long mount_flags)
{
	if (unshare(CLONE_NEWNS)) {
		if (errno == EPERM)
			row_not_applicable("mounting %s with other flags needs root", target.path);
		ck_abort_msg("unshare(CLONE_NEWNS): %s", strerror(errno));
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(target.path, target.path, NULL, MS_BIND, NULL) ||
	    mount(NULL, target.path, NULL, MS_REMOUNT | MS_BIND | mount_flags, NULL))
		ck_abort_msg("bind mount of %s: %s", target.path, strerror(errno));
}

void target_allow_exec(void)
{
	struct statvfs statvfs_of;

	ck_assert_int_eq(statvfs(target.path, &statvfs_of), 0);
	if (statvfs_of.f_flag & ST_NOEXEC)
		target_remount(0);
}

unsigned char pattern_byte(off_t off, int seed)
{
	return ((uint64_t)off + seed * 0x10001ULL + 1) * 0x9e3779b97f4a7c15ULL >> 56;
}

void pattern_fill(void *to, size_t len, off_t off, int seed)
{
	unsigned char *bytes = to;

	for (size_t i = 0; i < len; i++)
		bytes[i] = pattern_byte(off + i, seed);
}

static void compare(const char *what, const unsigned char *bytes, size_t len, off_t off, int seed,
		    const char *file, int line)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != pattern_byte(off + i, seed))
			_ck_assert_failed(file, line, "contents",
					  "%s holds %#x at offset %#jx, not %#x (pattern %d)", what,
					  bytes[i], (intmax_t)(off + i),
					  pattern_byte(off + i, seed), seed);
}

void assert_memory_(const void *addr, size_t len, off_t off, int seed, const char *file, int line)
{
	compare("the mapping", addr, len, off, seed, file, line);
}

void assert_target_(off_t off, size_t len, int seed, const char *file, int line)
{
	unsigned char *bytes = allocate(len);
	int fd = target_open_(O_RDONLY, file, line);
	ssize_t got = pread(fd, bytes, len, off);

	if (got != (ssize_t)len)
		_ck_assert_failed(file, line, "pread", "pread(%zu bytes at %#jx) is %zd: %s", len,
				  (intmax_t)off, got, strerror(errno));
	compare("the target", bytes, len, off, seed, file, line);
	close(fd);
	free(bytes);
}

void assert_zero_(const void *addr, size_t len, const char *file, int line)
{
	const unsigned char *bytes = addr;

	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			_ck_assert_failed(file, line, "zero", "byte %zu is %#x, not 0", i,
					  bytes[i]);
}

void target_write(int fd, const void *from, size_t len, off_t off)
{
	ssize_t put = pwrite(fd, from, len, off);

	ck_assert_msg(put == (ssize_t)len, "pwrite(%zu bytes at %#jx) is %zd: %s", len,
		      (intmax_t)off, put, strerror(errno));
}

void target_write_pattern(off_t off, size_t len, int seed)
{
	unsigned char *bytes = allocate(len);
	int fd = target_open(O_RDWR);

	pattern_fill(bytes, len, off, seed);
	target_write(fd, bytes, len, off);
	close(fd);
	free(bytes);
}

unsigned char target_read_byte(off_t off)
{
	int fd = target_open(O_RDONLY);
	unsigned char byte;

	ck_assert_int_eq(pread(fd, &byte, 1, off), 1);
	close(fd);
	return byte;
}
