/* SPDX-License-Identifier: GPL-2.0-only */
/* What the machine and the module say, as opposed to what memory contains. */
#ifndef PHYSICS_H
#define PHYSICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "row.h"

/*
 * The page frame number behind an address; 0 where no page is present. Not
 * applicable where the kernel hides frame numbers from us.
 */
uint64_t frame_of(const volatile void *addr);
uint64_t frame_of_pid(pid_t pid, const volatile void *addr);

/* A bit of the page's entry in /proc/self/pagemap (admin-guide/mm/pagemap.rst). */
#define PAGEMAP_SOFT_DIRTY 55
#define PAGEMAP_UFFD_WP	   57
bool pagemap_bit(const volatile void *addr, int bit);

/* Frames compared, with a message that says what they mean. */
#define assert_same_page(a, b)                                               \
	do {                                                                 \
		uint64_t a_ = (a), b_ = (b);                                 \
                                                                             \
		ck_assert_msg(a_ != 0 && a_ == b_,                           \
			      "not the same page: " #a " is frame %#jx, " #b \
			      " is %#jx (0: no page)",                       \
			      (uintmax_t)a_, (uintmax_t)b_);                 \
	} while (0)
#define assert_different_page(a, b)                                                              \
	do {                                                                                     \
		uint64_t a_ = (a), b_ = (b);                                                     \
                                                                                                 \
		ck_assert_msg(a_ != 0 && b_ != 0 && a_ != b_,                                    \
			      "no two pages: " #a " is frame %#jx, " #b " is %#jx (0: no page)", \
			      (uintmax_t)a_, (uintmax_t)b_);                                     \
	} while (0)

/*
 * One of the module's counters in debugfs. Not applicable where the target is
 * not of our module; a failure where it is and the counter cannot be read.
 */
uint64_t counter(const char *name);

/* How many VMAs of the target the maps of all processes show. */
uint64_t vmas_in_maps(void);

/* That number and the module's own agree, and are as many as the test says. */
#define assert_vmas(expected)                                 \
	do {                                                  \
		ck_assert_uint_eq(vmas_in_maps(), expected);  \
		ck_assert_uint_eq(counter("vmas"), expected); \
	} while (0)

/* From /proc/self/smaps, for the VMA at an address: a field in KiB; a flag of VmFlags. */
size_t smaps_kb(const void *addr, const char *field);
bool smaps_has_flag(const void *addr, const char *flag);

/* "DEVICE INODE" of the VMA at an address, from /proc/self/maps. */
bool read_maps_id(const void *addr, char *id, size_t size);

#endif
