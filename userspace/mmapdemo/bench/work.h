/* SPDX-License-Identifier: GPL-2.0-only */
/* The works of a benchmark. */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include <stdbool.h>

#include "job.h"

enum bench_per { PER_PAGE, PER_CALL, PER_BUFFER };

/* Calls of an operation in one run of a work that is per call. */
#define BENCH_CALLS 64

enum bench_needs {
	NEEDS_RESIDENT = 1, /* resident memory, which stays between mappings */
	NEEDS_FRESH = 2,    /* memory that is not allocated yet */
	NEEDS_COPIES = 4,   /* private mappings show the subject's bytes until written to */
	NEEDS_FILE = 8,	    /* read and write */
	NEEDS_LARGE = 16,   /* a buffer of BENCH_LARGE bytes */
	NEEDS_CREATE = 32,  /* new files of its kind, as many as are wanted */
};

struct bench_work {
	const char *name;
	const char *says;
	enum bench_per per;
	unsigned int needs;
	size_t chunk;
	/* Nanoseconds, or, per buffer, bytes. */
	int64_t (*run)(const struct bench_job *job);
};

extern const struct bench_work bench_works[];
extern const size_t bench_work_count;

/* Is it measured for the slope, too? */
bool bench_work_grows(const struct bench_work *work);

#endif
