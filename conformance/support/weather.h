/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel does to pages while a test runs: it migrates them to other
 * frames (NUMA balancing, compaction, offlining), and takes them out of page
 * tables (reclaim, splitting). Neither is the test's doing, nor a fault of the
 * target. The kernel counts both in /proc/vmstat, so that a test knows.
 */
#ifndef WEATHER_H
#define WEATHER_H

#include <stdbool.h>

/* For each test, before it begins: what is counted from here on happened during it. */
void weather_begin(void);

/* Has the kernel migrated any page since then? A frame number that was read before is stale. */
bool weather_moves(void);
/* Has it migrated, scanned for reclaim, or split any page? Then it also unmapped some. */
bool weather_unmaps(void);

/*
 * The same, for a test that would fail otherwise: waits up to two seconds, or longer on a
 * busy machine (busy_factor()), for the count to change. The kernel counts migrations when
 * it has done all of a call.
 */
bool weather_explains(bool frame_changed);

/*
 * Waits until the module counts the mappings that the maps of all processes
 * show, or for ten seconds: whoever looks into a process that has ended, as
 * migrate_pages() does, keeps its mappings a moment longer.
 */
void weather_settle(void);

/*
 * The same on a machine whose kernel migrated or unmapped a page at some time. The
 * kernel counts a call's migrations at its end, so that a count of a moment ago says
 * nothing about who holds an address space now.
 */
void weather_settle_if_any(void);

/*
 * A moment between two looks; false ten seconds after the first, which finds 0 there, or
 * later on a busy machine.
 */
bool weather_wait(unsigned int *since);

/*
 * Calls again, for as long as weather_wait() allows, while `passes` says that the error,
 * which is error_ there, is one that passes. Returns the last error, or 0.
 */
#define insist(call, passes)                                                   \
	({                                                                     \
		unsigned int since_ = 0;                                       \
		int error_;                                                    \
                                                                               \
		while ((error_ = (call)) && (passes) && weather_wait(&since_)) \
			;                                                      \
		error_;                                                        \
	})

#endif
