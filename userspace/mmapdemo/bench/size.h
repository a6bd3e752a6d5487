/* SPDX-License-Identifier: GPL-2.0-only */
/* The sizes that subjects, works and figures have in common. */
#ifndef BENCH_SIZE_H
#define BENCH_SIZE_H

#include <stddef.h>

#define KIB	       ((size_t)1 << 10)
#define MIB	       ((size_t)1 << 20)
#define BENCH_PAGE     (4 * KIB) /* the unit of figures, whatever page size the subject has */
#define BENCH_HUGE     (2 * MIB)
#define BENCH_SMALLEST (64 * KIB) /* of the sizes for the slope */
/* Below this size, the system's own use of memory hides what a buffer costs beside itself. */
#define BENCH_LARGE  (256 * MIB)
#define BENCH_REASON 256 /* bytes of the reason why there is no figure */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
