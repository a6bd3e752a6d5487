/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts from the machine and the module, as opposed to the contents of memory. */
#ifndef PHYSICS_H
#define PHYSICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "counters.h"
#include "proc.h"
#include "row.h"

/*
 * The page frame number behind an address; 0 if no page is present. Not applicable if the kernel
 * hides frame numbers.
 */
uint64_t frame_of(const volatile void *addr);
uint64_t frame_of_pid(pid_t pid, const volatile void *addr);

/* A bit of the page's entry in /proc/self/pagemap: PAGEMAP_ in proc.h. */
bool pagemap_bit(const volatile void *addr, uint64_t bit);

/*
 * Has the kernel mark the pages that this process stores to from now on (soft-dirty bits). False
 * if the kernel cannot; some kernels accept the command and mark nothing.
 */
bool track_stores(void);

/*
 * Frames compared, with a message that says what they mean. A frame number says
 * which page it is until the kernel migrates that page (weather.h):
 *
 * - an argument that calls something, as frame_of() does, is read again for up to
 *   ten seconds while migration may explain what was seen;
 * - an argument that was read before, a variable, is compared unless the kernel has
 *   migrated a page since the test began. Then contents alone can tell.
 */
#define assert_same_page(a, b)	    assert_frames_(true, a, b)
#define assert_different_page(a, b) assert_frames_(false, a, b)

struct frames {
	bool same;
	const char *a_is, *b_is, *file;
	int line;
	unsigned int since;
};

#define assert_frames_(same_, a, b)                                             \
	do {                                                                    \
		struct frames frames_ = {same_, #a, #b, __FILE__, __LINE__, 0}; \
		uint64_t a_, b_, again_;                                        \
                                                                                \
		do {                                                            \
			a_ = (a);                                               \
			b_ = (b);                                               \
			again_ = same_ ? a_ : (a);                              \
		} while (!frames_are_so(&frames_, a_, b_, again_));             \
	} while (0)

/* False: the caller reads both again. It ends the test if they are wrong. */
bool frames_are_so(struct frames *frames, uint64_t a, uint64_t b, uint64_t a_again);

/* The maps of all processes and the module agree on the number of VMAs of the target. */
#define assert_vmas(expected)                                         \
	do {                                                          \
		ck_assert_uint_eq(vmas_in_maps(), expected);          \
		ck_assert_uint_eq(settled_counter("vmas"), expected); \
	} while (0)

/*
 * counter(), after the mappings of ended processes are gone. Without weather the number is exact
 * at once.
 */
uint64_t settled_counter(const char *name);

/* From /proc/self/smaps, for the VMA at an address: a field in KiB; a flag of VmFlags. */
size_t smaps_kb(const void *addr, const char *field);
bool smaps_has_flag(const void *addr, const char *flag);

/* The bytes of that VMA that huge pages map, whatever smaps calls them for its file. */
size_t huge_mapped(const void *map);
/*
 * Are it so many, when each huge page of the mapping has been touched? A huge page that is
 * being migrated has no entry for a moment, and smaps of 6.1 leaves out one that NUMA
 * balancing has marked for its next access (follow_trans_huge_pmd()).
 */
bool maps_huge(const unsigned char *map, size_t len, size_t bytes);

/* "DEVICE INODE" of the VMA at an address, from /proc/self/maps. */
bool read_maps_id(const void *addr, char *id, size_t size);

#endif
