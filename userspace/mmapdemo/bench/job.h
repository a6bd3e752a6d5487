/* SPDX-License-Identifier: GPL-2.0-only */
/* A job is one work on one subject. It runs in a process of its own. */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "subject.h"

struct bench_job {
	const struct bench_subject *subject;
	size_t size;
	off_t offset;
	size_t chunk; /* of one read or write; 0: all */
};

/* In a job's process: ends it, with this text as the reason why there is no figure. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Sets the buffer of BENCH_REASON bytes that bench_fail() writes to. */
void bench_fail_to(char *reason);

#endif
