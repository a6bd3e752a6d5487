/* SPDX-License-Identifier: GPL-2.0-only */
/* The tested target: a fixed size, and pages that a program can map. */
#ifndef TARGET_H
#define TARGET_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "pattern.h"

/* Tests use this many pages from the start of the target, and its last two. */
#define TEST_PAGES 16

enum target_kind {
	TARGET_DEVICE,	  /* a device, whose size does not change */
	TARGET_FILE,	  /* a file: grows when written past its end */
	TARGET_ANONYMOUS, /* MAP_ANONYMOUS: nothing to open, and each mapping has its own memory */
};

struct target {
	const char *path; /* the path to open */
	const char *name; /* the user's name for it; for a device of the module, its name in /dev */
	enum target_kind kind;
	bool module;	 /* the target is a device of the module, whose counts must be right */
	bool made;	 /* made by target_init(), or /dev/zero: it has nobody's data */
	bool has_end;	 /* false for /dev/zero, which has no end */
	bool in_a_mount; /* false for a memfd, to which no mount flags apply */
	off_t size;
	size_t page;	     /* the unit of offsets and addresses */
	char maps_id[64];    /* "DEVICE INODE" in /proc/PID/maps */
	bool shares_offsets; /* false for /dev/zero, where only a mapping from 0 is usable */
	int read_error;	     /* 0, or the errno of each read() */
	int write_error;     /* the same of write() */
};

extern struct target target;

/* It was made for the run, or is the module's, so that overwriting it loses nobody's data. */
static inline bool target_is_expendable(void)
{
	return target.made || target.module;
}

static inline size_t pages(size_t count)
{
	return count * target.page;
}

static inline off_t last_page(void)
{
	return target.size - target.page;
}

/* For tests that are not about offsets: page 1, or 0 where the target shares no other. */
static inline off_t some_page(void)
{
	return target.shares_offsets ? target.page : 0;
}

/* Open and map, or fail the test. Not applicable where there is nothing to open. */
#define target_open(flags) target_open_(flags, __FILE__, __LINE__)
/* The same for a descriptor that only mmap() gets; an anonymous target needs none. */
#define target_open_to_map(flags) target_open_to_map_(flags, __FILE__, __LINE__)
#define target_map(len, prot, flags, fd, off) \
	target_map_(NULL, len, prot, flags, fd, off, __FILE__, __LINE__)
/* Near addr, if the kernel will. */
#define target_map_near(addr, len, prot, flags, fd, off) \
	target_map_(addr, len, prot, flags, fd, off, __FILE__, __LINE__)
#define target_map_at(addr, len, prot, flags, fd, off) \
	target_map_(addr, len, prot, (flags) | MAP_FIXED, fd, off, __FILE__, __LINE__)
#define unmap(addr, len) unmap_(addr, len, __FILE__, __LINE__)

/* The same on a descriptor that is closed at once, which the mapping outlives. */
#define target_map_rw(count, flags, off)                                                       \
	target_map_opened_(O_RDWR, pages(count), PROT_READ | PROT_WRITE, flags, off, __FILE__, \
			   __LINE__)
#define target_map_ro(count, flags, off) \
	target_map_opened_(O_RDONLY, pages(count), PROT_READ, flags, off, __FILE__, __LINE__)

int target_open_(int flags, const char *file, int line);
int target_open_to_map_(int flags, const char *file, int line);
void *target_map_(void *addr, size_t len, int prot, int flags, int fd, off_t off, const char *file,
		  int line);
void *target_map_opened_(int open_flags, size_t len, int prot, int flags, off_t off,
			 const char *file, int line);
void unmap_(void *addr, size_t len, const char *file, int line);

/* Calls mmap() without the C library's checks; returns 0 or the errno. */
int mmap_errno(void *addr, size_t len, int prot, int flags, int fd, off_t off);

/* Reserves inaccessible addresses, for MAP_FIXED and as guards. */
void *reserve(size_t count);
/* The same, aligned to this many bytes, and this many more bytes behind. */
void *reserve_aligned(size_t size);

/* The test is about these; a target without one does not support the row. */
void needs_read(void);
void needs_write(void);
/* If one of these is missing, the test is not applicable. */
void needs_file(void); /* it can be opened, and more than one mapping shows it */
void needs_end(void);
void needs_fixed_size(void);

/* A test that changes the whole system needs permission, or is not applicable. */
extern bool may_disturb_system;
void needs_system(void);

/*
 * Gives the target's path mount flags such as MS_NOEXEC in a new mount namespace, or removes them
 * (0). Not applicable without the rights.
 */
void target_remount(unsigned long mount_flags);

/* Makes a target on a noexec mount, such as some /dev, executable. */
void target_allow_exec(void);

/*
 * Asserts that the memory, or the target by read(), has the pattern for these offsets. Without
 * read() a new mapping is used; a row about read() calls needs_read() first.
 */
#define assert_memory(addr, len, off, seed) assert_memory_(addr, len, off, seed, __FILE__, __LINE__)
#define assert_target(off, len, seed)	    assert_target_(off, len, seed, __FILE__, __LINE__)
#define assert_zero(addr, len)		    assert_zero_(addr, len, __FILE__, __LINE__)

void assert_memory_(const void *addr, size_t len, off_t off, int seed, const char *file, int line);
void assert_target_(off_t off, size_t len, int seed, const char *file, int line);
void assert_zero_(const void *addr, size_t len, const char *file, int line);

/* Write and read all of it, or fail the test; through a mapping if necessary. */
void target_write(int fd, const void *from, size_t len, off_t off);
void target_write_pattern(off_t off, size_t len, int seed);
unsigned char target_read_byte(off_t off);

#endif
