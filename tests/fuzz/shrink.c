// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds a few steps that still lead to a failure. Without those before, a step may
 * be impossible: it is left out then, as any step is.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"

static struct step best[ROUND];
static uint32_t best_count;
static char best_why[sizeof(world->why)];
static uint32_t best_next;
static time_t over;

/* Does it fail with these steps only? Then what came after the failing one is cut, too. */
static bool fails(const struct step *steps, uint32_t count)
{
	memmove(world->steps, steps, count * sizeof(*steps));
	world->count = count;
	if (round_run())
		return false;
	best_count = world->next;
	best_next = world->next;
	memcpy(best, world->steps, best_count * sizeof(*steps));
	memcpy(best_why, world->why, sizeof(best_why));
	return true;
}

/* The end of what happened may be all it takes. */
static void shrink_to_end(void)
{
	static struct step end[ROUND];

	for (uint32_t count = 32; count < best_count && time(NULL) < over; count *= 4) {
		memcpy(end, best + best_count - count, count * sizeof(*end));
		if (fails(end, count))
			return;
	}
}

static bool without(uint32_t from, uint32_t count)
{
	static struct step rest[ROUND];

	memcpy(rest, best, from * sizeof(*rest));
	memcpy(rest + from, best + from + count, (best_count - from - count) * sizeof(*rest));
	return fails(rest, best_count - count);
}

/* Parts of half the steps, of a quarter, and so on to single ones, until none can go. */
static void shrink_parts(void)
{
	uint32_t part = best_count / 2;
	bool fewer = false;

	while (part && time(NULL) < over) {
		for (uint32_t from = 0; from + part <= best_count && time(NULL) < over;) {
			if (without(from, part))
				fewer = true;
			else
				from += part;
		}
		if (part > 1)
			part /= 2;
		else if (fewer)
			fewer = false;
		else
			break;
	}
}

bool shrink(unsigned int seconds)
{
	static struct step all[ROUND];

	world->shrinking = true;
	over = time(NULL) + seconds;
	best_count = best_next = world->next;
	memcpy(best, world->steps, sizeof(best));
	memcpy(best_why, world->why, sizeof(best_why));
	memcpy(all, best, sizeof(all));
	if (!fails(all, best_count))
		return false;
	shrink_to_end();
	shrink_parts();
	memcpy(world->steps, best, best_count * sizeof(*best));
	memcpy(world->why, best_why, sizeof(best_why));
	world->count = best_count;
	world->next = best_next;
	return true;
}
