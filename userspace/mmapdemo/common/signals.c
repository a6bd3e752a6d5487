// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stddef.h>

#include "signals.h"

volatile sig_atomic_t stopped_by;

static void stop(int signal)
{
	stopped_by = signal;
}

void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = stop};
	const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaction(ends[i], &action, NULL);
}
