// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "refuse.h"

bool refuse(char reason[256], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, 256, format, ap);
	va_end(ap);
	return false;
}

void fail(const char *command, const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: ", command);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}
