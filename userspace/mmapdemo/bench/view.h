/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways to show figures. Each of those with a file returns whether it was written. */
#ifndef BENCH_VIEW_H
#define BENCH_VIEW_H

#include <stdio.h>

#include "figure.h"

void bench_table(const struct bench *bench);
bool bench_json(const struct bench *bench, FILE *file);
bool bench_svg(const struct bench *bench, FILE *file);

#endif
