/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that the programs of the tutorial share: each expectation is a line of TAP. */
#ifndef TUTORIAL_H
#define TUTORIAL_H

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

static int failed;

/* Compares a number with the expected one. */
static inline void verdict(const char *name, const char *what, long expected, long seen)
{
	printf("%s - %s\n", seen == expected ? "ok" : "not ok", name);
	if (seen == expected)
		return;
	printf("# %s: expected %ld, saw %ld\n", what, expected, seen);
	failed = 1;
}

/* Compares a number that the driver shows in /sys/class/misc/tutorial/. */
static inline void expect(const char *name, const char *file, long expected)
{
	char path[64];
	FILE *sysfs;
	long seen;

	snprintf(path, sizeof(path), "/sys/class/misc/tutorial/%s", file);
	sysfs = fopen(path, "r");
	if (!sysfs || fscanf(sysfs, "%ld", &seen) != 1) {
		printf("not ok - %s\n# %s: cannot be read\n", name, path);
		failed = 1;
	} else {
		verdict(name, path, expected, seen);
	}
	if (sysfs)
		fclose(sysfs);
}

#endif
