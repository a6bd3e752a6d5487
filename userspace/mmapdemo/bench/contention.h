/* SPDX-License-Identifier: GPL-2.0-only */
/* Works that several processors do at once, for the meter of tools/contention. */
#ifndef BENCH_CONTENTION_H
#define BENCH_CONTENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "crowd.h"

extern const struct crowd_work contention_works[];
extern const size_t contention_work_count;

/*
 * Does the works that are chosen on each subject, on 1, 2, 4, ... processors, and prints a line of
 * JSON for each that cannot be done. The meter writes the counts. Returns how many were done.
 */
size_t contention_run(struct bench_subject *subjects, size_t count,
		      bool (*is_chosen)(const char *work, void *data), void *data);

#endif
