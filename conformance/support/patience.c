// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <time.h>

#include "patience.h"

double seconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

unsigned int busy_factor(void)
{
	const char *scale = getenv("MMAPDEMO_TIMEOUT_SCALE");
	int factor = scale ? atoi(scale) : 1;

	return factor > 1 ? factor : 1;
}
