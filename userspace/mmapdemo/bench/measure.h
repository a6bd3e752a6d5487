/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "figure.h"

#define BENCH_REPEATS 99 /* the most */

/* Runs all works on all subjects, and adds the figures. */
void bench_run(struct bench *bench);

#endif
