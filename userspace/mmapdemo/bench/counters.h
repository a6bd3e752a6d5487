/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor's counters of the calling thread, by perf_event_open(2). */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>

enum { COUNT_CYCLES, COUNT_DTLB_LOADS, COUNT_DTLB_STORES, COUNTS };

struct counters {
	int fds[COUNTS]; /* -1: there is no such counter */
};

struct counts {
	double of[COUNTS]; /* negative: not counted */
};

struct counters counters_open(void);
struct counts counters_read(const struct counters *counters);
/* Counted between two readings. */
double counts_between(const struct counts *begin, const struct counts *end, int which);
/* The counters that there are, or why there are none and what cures that. */
void counters_say(char *text, size_t size);

#endif
