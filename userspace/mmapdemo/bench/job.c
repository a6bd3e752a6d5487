// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "job.h"

static char *fail_reason;

void bench_fail_to(char *reason)
{
	fail_reason = reason;
}

void bench_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fail_reason, BENCH_REASON, format, args);
	va_end(args);
	_exit(1);
}
