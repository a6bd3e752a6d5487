/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own work on pages during a test: it migrates them to other frames (NUMA balancing,
 * compaction, offlining) and unmaps them (reclaim, splitting). Neither is an error of the test or
 * the target. /proc/vmstat counts both, so that a test can tell.
 */
#ifndef WEATHER_H
#define WEATHER_H

#include <stdbool.h>

/* Called before each test: later counts belong to it. */
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
 * Waits up to ten seconds until the module counts as many mappings as the maps of all processes
 * show. Code that inspects an ended process, such as migrate_pages(), keeps its mappings a moment
 * longer.
 */
void weather_settle(void);

/*
 * The same on a machine whose kernel ever migrated or unmapped a page. The kernel counts a call's
 * migrations at its end, so that an earlier count does not tell whether an address space is held
 * now.
 */
void weather_settle_if_any(void);

/*
 * A moment between two looks; false ten seconds after the first, which finds 0 there, or
 * later on a busy machine.
 */
bool weather_wait(unsigned int *since);

/*
 * Repeats the call, for as long as weather_wait() allows, while `passes` holds for its error,
 * which is error_ there. Returns the last error, or 0.
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
