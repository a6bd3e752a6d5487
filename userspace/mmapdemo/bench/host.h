/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures this machine's processors at once, for a report. */
#ifndef BENCH_HOST_H
#define BENCH_HOST_H

#include "crowd.h"

extern const struct crowd_work host_works[];
extern const size_t host_work_count;

/*
 * Measures the works that are chosen on each subject, on 1, 2, 4, ... processors, by processes and
 * by threads of one, and prints the machine, a table, and what is left out. Returns how many
 * figures there are.
 */
size_t host_run(struct bench_subject *subjects, size_t count, unsigned int repeats,
		bool (*is_chosen)(const char *work, void *data), void *data);

#endif
