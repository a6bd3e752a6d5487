/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MAP_WANT_H
#define MAP_WANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/device.h"

/* Options for reading a process. */
struct map_want {
	bool all;		     /* not the module's nodes alone */
	const struct device *device; /* this one alone; or NULL */
	size_t most;		     /* VMAs that are looked at */
	bool content;
	bool tables; /* page-table entries, and facts about frames */
	/* Anonymous memory that is wanted, too: start, end; ends with 0, 0. */
	const uint64_t (*ranges)[2];
};

#endif
