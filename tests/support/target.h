/* SPDX-License-Identifier: GPL-2.0-only */
/* What is tested: something with a fixed size and pages that a program can map. */
#ifndef TARGET_H
#define TARGET_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/types.h>

/* Tests use this many pages from the start of the target, and its last two. */
#define TEST_PAGES 16

enum target_kind {
	TARGET_DEVICE, /* a character device, whose size does not change */
	TARGET_FILE,   /* a file: grows when written past its end */
};

struct target {
	const char *path;
	const char *name; /* the path's last part */
	enum target_kind kind;
	bool ours; /* made by our module: it counts, and must */
	off_t size;
	size_t page;	  /* what offsets and addresses are multiples of */
	char maps_id[64]; /* "DEVICE INODE" in /proc/PID/maps */
};

extern struct target target;

/* Says why and exits with status 2 where the path cannot be tested. */
void target_init(const char *path);

/* Writes the original pattern, which each test finds: seed ORIGINAL below. */
void target_reset(void);

static inline size_t pages(size_t count)
{
	return count * target.page;
}

static inline off_t last_page(void)
{
	return target.size - target.page;
}

/* Open and map, or fail the test. */
#define target_open(flags) target_open_(flags, __FILE__, __LINE__)
#define target_map(len, prot, flags, fd, off) \
	target_map_(NULL, len, prot, flags, fd, off, __FILE__, __LINE__)
#define target_map_at(addr, len, prot, flags, fd, off) \
	target_map_(addr, len, prot, (flags) | MAP_FIXED, fd, off, __FILE__, __LINE__)
#define unmap(addr, len) unmap_(addr, len, __FILE__, __LINE__)

/* The same on a descriptor that is closed at once, as the mapping lives on. */
#define target_map_rw(count, flags, off)                                                       \
	target_map_opened_(O_RDWR, pages(count), PROT_READ | PROT_WRITE, flags, off, __FILE__, \
			   __LINE__)
#define target_map_ro(count, flags, off) \
	target_map_opened_(O_RDONLY, pages(count), PROT_READ, flags, off, __FILE__, __LINE__)

int target_open_(int flags, const char *file, int line);
void *target_map_(void *addr, size_t len, int prot, int flags, int fd, off_t off, const char *file,
		  int line);
void *target_map_opened_(int open_flags, size_t len, int prot, int flags, off_t off,
			 const char *file, int line);
void unmap_(void *addr, size_t len, const char *file, int line);

/* What the kernel says to an mmap: 0 or the errno, with no check by the C library. */
int mmap_errno(void *addr, size_t len, int prot, int flags, int fd, off_t off);

/* Addresses that are ours and inaccessible, for MAP_FIXED and for guards. */
void *reserve(size_t count);

/*
 * In a mount namespace of its own, the target's path gets mount flags such as
 * MS_NOEXEC, or loses them (0). Not applicable where that takes rights we lack.
 */
void target_remount(unsigned long mount_flags);

/* A target on a noexec mount, such as some /dev, is made executable. */
void target_allow_exec(void);

/* Patterns: a byte depends on the offset and the seed, so no page looks like another. */
#define ORIGINAL 0

unsigned char pattern_byte(off_t off, int seed);
void pattern_fill(void *to, size_t len, off_t off, int seed);

/* The memory, or the target as read() sees it, holds the pattern for these offsets. */
#define assert_memory(addr, len, off, seed) assert_memory_(addr, len, off, seed, __FILE__, __LINE__)
#define assert_target(off, len, seed)	    assert_target_(off, len, seed, __FILE__, __LINE__)
#define assert_zero(addr, len)		    assert_zero_(addr, len, __FILE__, __LINE__)

void assert_memory_(const void *addr, size_t len, off_t off, int seed, const char *file, int line);
void assert_target_(off_t off, size_t len, int seed, const char *file, int line);
void assert_zero_(const void *addr, size_t len, const char *file, int line);

/* Write and read all of it, or fail the test. */
void target_write(int fd, const void *from, size_t len, off_t off);
void target_write_pattern(off_t off, size_t len, int seed);
unsigned char target_read_byte(off_t off);

#endif
