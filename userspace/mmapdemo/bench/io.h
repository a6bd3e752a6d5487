/* SPDX-License-Identifier: GPL-2.0-only */
/* The works that read and write. They return nanoseconds. */
#ifndef BENCH_IO_H
#define BENCH_IO_H

#include "job.h"

int64_t bench_read(const struct bench_job *job);
int64_t bench_write(const struct bench_job *job);

#endif
