/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracepoints that the core calls. Two modules cannot both define events of the trace
 * system `mmapdemo'. So a module that has the core built in (MMAPDEMO_CORE_ALONE) has none.
 */
#ifndef MMAPDEMO_TRACING_H
#define MMAPDEMO_TRACING_H

#ifndef MMAPDEMO_CORE_ALONE

#include "trace.h"

#else

/* Never called. It makes the compiler check the arguments. */
static inline void mmapdemo_tracing_none(const char *name, ...)
{
}

#define MMAPDEMO_TRACING_NONE(...)						\
	do {									\
		if (0)								\
			mmapdemo_tracing_none(__VA_ARGS__);			\
	} while (0)

#define trace_mmap		MMAPDEMO_TRACING_NONE
#define trace_vma_open		MMAPDEMO_TRACING_NONE
#define trace_vma_close		MMAPDEMO_TRACING_NONE
#define trace_fault		MMAPDEMO_TRACING_NONE
#define trace_huge_fault	MMAPDEMO_TRACING_NONE
#define trace_map_pages		MMAPDEMO_TRACING_NONE
#define trace_resize		MMAPDEMO_TRACING_NONE
#define trace_notify		MMAPDEMO_TRACING_NONE

#endif
#endif
