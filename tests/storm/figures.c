// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own counters, and those of the storm. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../number.h"
#include "storm.h"

static uint64_t sum_of(const char *path, const char *prefix, bool whole)
{
	size_t length = strlen(prefix);
	FILE *file = fopen(path, "re");
	uint64_t sum = 0, value;
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, prefix, length) && (!whole || line[length] == ' ') &&
		    sscanf(line, "%*s %" SCNu64, &value) == 1)
			sum += value;
	fclose(file);
	return sum;
}

uint64_t figure_of(const char *path, const char *key)
{
	return sum_of(path, key, true);
}

uint64_t vmstat(const char *key)
{
	return sum_of("/proc/vmstat", key, true);
}

uint64_t vmstat_sum(const char *prefix)
{
	return sum_of("/proc/vmstat", prefix, false);
}

/* SplitMix64; each process begins at another place. */
uint64_t random_below(uint64_t below)
{
	static uint64_t state;

	if (!state)
		state = (uint64_t)getpid() << 32;
	return random_word(&state) % below;
}

void tally_round(struct tally *tally, uint64_t amount, int error)
{
	tally->tried++;
	tally->done += amount > 0;
	tally->amount += amount;
	if (error)
		tally->error = error;
}
