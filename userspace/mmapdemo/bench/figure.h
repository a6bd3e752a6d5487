/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures are the results of works on subjects. */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "subject.h"
#include "work.h"

struct bench_figure {
	const struct bench_work *work;
	const struct bench_subject *subject;
	size_t size;
	double median, min, max; /* in the unit of the work, unless: */
	char reason[BENCH_REASON];
};

struct bench {
	struct bench_subject *subjects;
	size_t subject_count;
	const struct bench_work **works;
	size_t work_count;
	size_t size, slope; /* slope: the largest of the sizes, or 0 */
	unsigned int repeats;
	bool instructions;
	struct bench_figure *figures;
	size_t figure_count;
};

/* The one that was measured, or NULL. */
const struct bench_figure *bench_find(const struct bench *bench, const char *work,
				      const char *subject, size_t size);
/* (max - min) / median; of memory max - min, as a part of the buffer */
double bench_spread(const struct bench_figure *figure);
const char *bench_unit(const struct bench *bench, enum bench_per per);
/* The size that a work is done with, apart from those for the slope. */
size_t bench_work_size(const struct bench *bench, const struct bench_work *work);

/* A target for the module's device, such as 1.00x of hugetlb. */
struct bench_target {
	const char *work, *versus;
	double limit;
	bool times_fewer; /* at least limit times fewer; otherwise at most limit times as many */
	double ratio;
	bool reached;
};

/* The targets of this kernel for which there are figures. */
size_t bench_targets(const struct bench *bench, struct bench_target **targets);

#endif
