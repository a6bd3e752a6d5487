/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One of the module's counters in debugfs. Not applicable if the target is not of this module; if
 * it is and the counter cannot be read, the test fails.
 */
uint64_t counter(const char *name);
/* Can it be read: is the target of this module, and has the process the right? */
bool has_counter(const char *name);

/* How many VMAs of the target the maps of all processes show. */
uint64_t vmas_in_maps(void);

/* The device and inode of a line of /proc/PID/maps, as text. */
void parse_maps_id(const char *line, char *id, size_t size);

#endif
