// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "row.h"
#include "target.h"

struct target target;
bool may_disturb_system;

static void *allocate(size_t len)
{
	void *memory = malloc(len);

	ck_assert_msg(memory, "no memory for %zu bytes", len);
	return memory;
}

static bool anonymous(void)
{
	return target.kind == TARGET_ANONYMOUS;
}

/* Does write()'s work for a target without it. */
static void store(const void *from, size_t len, off_t off)
{
	size_t skip = off % target.page;
	size_t count = (skip + len + target.page - 1) / target.page;
	unsigned char *map = target_map_rw(count, MAP_SHARED, off - skip);

	memcpy(map + skip, from, len);
	unmap(map, pages(count));
}

/* The error message for a pread() or pwrite() that did not complete. */
static const char *reason(ssize_t done)
{
	return done < 0 ? strerror(errno) : "a short count";
}

void target_write(int fd, const void *from, size_t len, off_t off)
{
	ssize_t put;

	if (target.write_error) {
		store(from, len, off);
		return;
	}
	put = pwrite(fd, from, len, off);
	ck_assert_msg(put == (ssize_t)len, "pwrite(%zu bytes at %#jx) is %zd: %s", len,
		      (intmax_t)off, put, reason(put));
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

static int open_target(int flags, const char *file, int line)
{
	int fd = open(target.path, flags | O_CLOEXEC);

	if (fd < 0)
		row_fail_at(file, line, "open", "open(%s, %#x): %s", target.path, flags,
			    strerror(errno));
	return fd;
}

int target_open_(int flags, const char *file, int line)
{
	needs_file();
	return open_target(flags, file, line);
}

int target_open_to_map_(int flags, const char *file, int line)
{
	return anonymous() ? -1 : open_target(flags, file, line);
}

/* Nothing was opened, so that a mapping needs this flag. */
static int map_flags(int flags, int fd)
{
	return anonymous() && fd < 0 ? flags | MAP_ANONYMOUS : flags;
}

void *target_map_(void *addr, size_t len, int prot, int flags, int fd, off_t off, const char *file,
		  int line)
{
	void *map = mmap(addr, len, prot, map_flags(flags, fd), fd, off);

	if (map == MAP_FAILED)
		row_fail_at(file, line, "mmap",
			    "mmap(%p, %zu, prot %#x, flags %#x, offset %jd) of %s: %s", addr, len,
			    prot, flags, (intmax_t)off, target.name, strerror(errno));
	return map;
}

void *target_map_opened_(int open_flags, size_t len, int prot, int flags, off_t off,
			 const char *file, int line)
{
	int fd = target_open_to_map_(open_flags, file, line);
	void *map = target_map_(NULL, len, prot, flags, fd, off, file, line);

	if (fd >= 0)
		close(fd);
	return map;
}

void unmap_(void *addr, size_t len, const char *file, int line)
{
	if (munmap(addr, len))
		row_fail_at(file, line, "munmap", "munmap(%p, %zu): %s", addr, len,
			    strerror(errno));
}

int mmap_errno(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	flags = map_flags(flags, fd);
#if __SIZEOF_LONG__ == 8
	/* The C library refuses an unaligned offset itself. */
	return syscall(SYS_mmap, addr, len, prot, flags, fd, off) == -1 ? errno : 0;
#else
	return mmap(addr, len, prot, flags, fd, off) == MAP_FAILED ? errno : 0;
#endif
}

void *reserve(size_t count)
{
	unsigned char *area = mmap(NULL, pages(count + 1), PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	ck_assert_msg(area != MAP_FAILED, "no address space for %zu pages: %s", count,
		      strerror(errno));
	/* The target's pages may be larger than the kernel's alignment. */
	before = -(uintptr_t)area % target.page;
	if (before)
		unmap(area, before);
	unmap(area + before + pages(count), pages(1) - before);
	return area + before;
}

void *reserve_aligned(size_t size)
{
	uintptr_t area = (uintptr_t)reserve(2 * size / target.page);

	return (void *)((area + size - 1) / size * size);
}

void needs_file(void)
{
	if (anonymous())
		row_not_applicable("anonymous memory has no file");
}

static void needs_call(const char *call, int error)
{
	needs_file();
	if (error)
		row_unsupported("no %s(): %s", call, strerror(error));
}

void needs_read(void)
{
	needs_call("read", target.read_error);
}

void needs_write(void)
{
	needs_call("write", target.write_error);
}

void needs_end(void)
{
	needs_file();
	if (!target.has_end)
		row_not_applicable("it has no end");
}

void needs_fixed_size(void)
{
	needs_end();
	if (target.kind != TARGET_DEVICE)
		row_not_applicable("a file grows when written past its end");
}

void needs_system(void)
{
	if (!may_disturb_system)
		row_not_applicable("it disturbs the whole system, and may not (--system)");
}

void target_remount(unsigned long mount_flags)
{
	if (!target.in_a_mount)
		row_not_applicable("it is in no mount, so none has flags");
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

	if (!target.in_a_mount)
		return;
	ck_assert_int_eq(statvfs(target.path, &statvfs_of), 0);
	if (statvfs_of.f_flag & ST_NOEXEC)
		target_remount(0);
}

static void compare(const char *what, const void *bytes, size_t len, off_t off, int seed,
		    const char *file, int line)
{
	off_t at = pattern_mismatch(bytes, len, off, seed);

	row_mark_at(file, line);
	if (at >= 0)
		row_fail_at(file, line, "contents",
			    "%s holds %#x at offset %#jx, not %#x (pattern %d)", what,
			    ((const unsigned char *)bytes)[at - off], (intmax_t)at,
			    pattern_byte(at, seed), seed);
}

void assert_memory_(const void *addr, size_t len, off_t off, int seed, const char *file, int line)
{
	compare("the mapping", addr, len, off, seed, file, line);
}

/* Does read()'s work for a target without it. */
static void load(void *to, size_t len, off_t off)
{
	size_t skip = off % target.page;
	size_t count = (skip + len + target.page - 1) / target.page;
	unsigned char *map = target_map_ro(count, MAP_SHARED, off - skip);

	memcpy(to, map + skip, len);
	unmap(map, pages(count));
}

static void read_target(void *to, size_t len, off_t off, const char *file, int line)
{
	int fd = target_open_(O_RDONLY, file, line);
	ssize_t got = len;

	if (target.read_error)
		load(to, len, off);
	else
		got = pread(fd, to, len, off);
	if (got != (ssize_t)len)
		row_fail_at(file, line, "pread", "pread(%zu bytes at %#jx) is %zd: %s", len,
			    (intmax_t)off, got, reason(got));
	close(fd);
}

void assert_target_(off_t off, size_t len, int seed, const char *file, int line)
{
	unsigned char *bytes;

	/* An anonymous target has no file to compare. */
	if (anonymous() && seed == ORIGINAL)
		return;
	bytes = allocate(len);
	read_target(bytes, len, off, file, line);
	compare("the target", bytes, len, off, seed, file, line);
	free(bytes);
}

unsigned char target_read_byte(off_t off)
{
	unsigned char byte;

	read_target(&byte, 1, off, __FILE__, __LINE__);
	return byte;
}

void assert_zero_(const void *addr, size_t len, const char *file, int line)
{
	const unsigned char *bytes = addr;

	row_mark_at(file, line);
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			row_fail_at(file, line, "zero", "byte %zu is %#x, not 0", i, bytes[i]);
}
