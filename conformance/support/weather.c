// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "patience.h"
#include "weather.h"

static struct counts {
	uint64_t moves, unmaps;
} before;

static bool begins_with(const char *line, const char *word)
{
	return !strncmp(line, word, strlen(word));
}

/* All 0 where there is no such file. */
static struct counts look(void)
{
	FILE *file = fopen("/proc/vmstat", "re");
	struct counts counts = {};
	uint64_t value;
	char line[128];

	if (!file)
		return counts;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %" SCNu64, &value) != 1)
			continue;
		/* Attempts count as well: a page is unmapped for each. */
		if (begins_with(line, "pgmigrate_"))
			counts.moves += value;
		else if (begins_with(line, "pgscan_") || begins_with(line, "thp_split_"))
			counts.unmaps += value;
	}
	fclose(file);
	return counts;
}

void weather_begin(void)
{
	before = look();
	weather_settle();
}

bool weather_moves(void)
{
	return look().moves != before.moves;
}

bool weather_unmaps(void)
{
	struct counts now = look();

	return now.moves != before.moves || now.unmaps != before.unmaps;
}

/* If the machine's kernel has never done so, it does not wait. */
static bool may_come(bool frame_changed)
{
	return before.moves || (!frame_changed && before.unmaps);
}

bool weather_explains(bool frame_changed)
{
	unsigned int looks = 0;

	while (!(frame_changed ? weather_moves() : weather_unmaps()))
		if (!may_come(frame_changed) || ++looks > 200 * busy_factor() || usleep(10000))
			return false;
	return true;
}

bool weather_wait(unsigned int *since)
{
	unsigned int now = seconds_now() * 1000, waited;

	if (!*since)
		*since = now;
	waited = now - *since;
	/* Most often the page is back soon; but migrate_pages() unmaps hundreds at once. */
	usleep(waited < 20 ? 500 : 10000);
	return waited < 10000 * busy_factor();
}

void weather_settle_if_any(void)
{
	if (may_come(false) || weather_unmaps())
		weather_settle();
}

void weather_settle(void)
{
	unsigned int since = 0;

	if (!has_counter("vmas"))
		return;
	/* The first look takes no walk through /proc, as most tests begin without mappings. */
	while (counter("vmas") && counter("vmas") != vmas_in_maps() && weather_wait(&since))
		;
}
