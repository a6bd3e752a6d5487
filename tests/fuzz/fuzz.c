// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo-fuzz: random steps against a model, in rounds that a seed repeats. */
#define _GNU_SOURCE
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../number.h"
#include "fuzz.h"

#define LAST 12 /* steps that are shown of a failure */

static struct options {
	const char *device, *replay;
	uint64_t seed, ops;
	unsigned int seconds, processes;
	bool shrink, chaos, weather, named;
} options = {.device = "/dev/mmapdemo", .processes = 3, .shrink = true};

/* The first one counts: what follows may come of it. */
void mismatch(const char *format, ...)
{
	va_list arguments;

	if (world->failed)
		return;
	va_start(arguments, format);
	vsnprintf(world->why, sizeof(world->why), format, arguments);
	va_end(arguments);
	world->failed = true;
}

static void describe(long value, char text[64])
{
	if (value < 0)
		snprintf(text, 64, "%s", strerrorname_np(-value) ? strerrorname_np(-value) : "?");
	else
		snprintf(text, 64, "%ld", value);
}

bool expect(const char *what, long wanted, long seen)
{
	char a[64], b[64];

	if (wanted == seen)
		return true;
	describe(seen, a);
	describe(wanted, b);
	mismatch("%s: %s, should be %s", what, a, b);
	return false;
}

/*** Options */

static const struct argp_option argp_options[] = {
	{"device", 'd', "PATH", 0, "what to test; its contents are lost (/dev/mmapdemo)", 0},
	{"seed", 's', "S", 0, "of the random numbers (default: one of the clock)", 0},
	{"ops", 'n', "N", 0, "end after N steps", 0},
	{"seconds", 't', "T", 0, "end after T seconds (default: 10)", 0},
	{"processes", 'p', "N", 0, "to begin with, up to 8 (3)", 0},
	{"replay", 'r', "FILE", 0, "do the steps of FILE, as a failure shows them", 0},
	{"no-shrink", 'k', NULL, 0, "of a failure, do not look for the steps that it takes", 0},
	{"weather", 'w', NULL, 0, "in a storm: processes that ended may count a moment longer", 0},
	{"named", 'm', NULL, 0, "instead of a device: a node made for it, and destroyed", 0},
	{"chaos", 'c', NULL, 0, "all processes at once; what holds at any time is checked", 0},
	{}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'd':
		options.device = arg;
		break;
	case 's':
		options.seed = number(state, arg, 0, UINT64_MAX);
		break;
	case 'n':
		options.ops = number(state, arg, 1, UINT64_MAX);
		break;
	case 't':
		options.seconds = number(state, arg, 1, 10000000);
		break;
	case 'p':
		options.processes = number(state, arg, 1, WORKERS);
		break;
	case 'r':
		options.replay = arg;
		break;
	case 'k':
		options.shrink = false;
		break;
	case 'w':
		options.weather = true;
		break;
	case 'm':
		options.named = true;
		break;
	case 'c':
		options.chaos = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Does random things to a device of the module from several processes, and compares "
	       "each byte and count with what they must be.\v"
	       "Exit status: 0 all was as it must be, 1 not so, 2 it could not run.",
};

/*** Failures */

static void show_steps(uint32_t from, uint32_t to)
{
	char text[256];

	for (; from < to; from++) {
		step_print(&world->steps[from], text, sizeof(text));
		printf("%s\n", text);
	}
}

static void show_failure(uint64_t seed)
{
	printf("step %u: %s\n", world->next - 1, world->why);
	if (world->generating) {
		printf("again: mmapdemo-fuzz --seed %#llx --ops %u --processes %u%s\n",
		       (unsigned long long)seed, ROUND, world->processes,
		       options.named ? " --named" : "");
		printf("the last steps were:\n");
		show_steps(world->next < LAST ? 0 : world->next - LAST, world->next);
	}
}

static void show_script(void)
{
	printf("%u steps will do, for --replay:\n", world->count);
	printf("start processes=%u pages=%u\n", world->processes, world->start_pages);
	show_steps(0, world->count);
	printf("step %u: %s\n", world->next - 1, world->why);
}

/*** Runs */

static void read_script(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];
	unsigned int processes, pages;

	if (!file)
		err(2, "%s", path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (strspn(line, " ") == strlen(line) || *line == '#')
			continue;
		if (sscanf(line, "start processes=%u pages=%u", &processes, &pages) == 2) {
			if (!processes || processes > WORKERS || !pages || pages > DEVICE_PAGES)
				errx(2, "%s: out of range: '%s'", path, line);
			world->processes = processes;
			world->start_pages = pages;
			continue;
		}
		if (world->count == ROUND)
			errx(2, "%s: more than %u steps", path, ROUND);
		if (step_parse(line, &world->steps[world->count++]))
			exit(2);
	}
	fclose(file);
}

static int replay(const char *path)
{
	bool good;

	read_script(path);
	good = round_run();
	printf("%u of %u steps were possible\n", world->done, world->count);
	if (!good)
		show_failure(0);
	return good ? 0 : 1;
}

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - began->tv_sec + (now.tv_nsec - began->tv_nsec) / 1e9;
}

static bool one_round(uint64_t seed, uint32_t steps)
{
	bool good;

	world->random = seed;
	world->generating = true;
	world->count = steps;
	memset(world->steps, 0, sizeof(world->steps));
	good = round_run();
	if (good)
		return true;
	show_failure(seed);
	world->generating = false;
	if (options.shrink) {
		fflush(stdout);
		if (shrink(60))
			show_script();
		else
			printf("the same steps once more went well: it is a matter of time\n");
	}
	return false;
}

/* The first round's seed is as given, so that a later round can be had alone. */
static int model(void)
{
	uint64_t seed = options.seed, ops = 0, possible = 0;
	unsigned int rounds = 0;
	struct timespec began;
	bool good = true;

	clock_gettime(CLOCK_MONOTONIC, &began);
	while (good && (!options.ops || ops < options.ops) &&
	       (!options.seconds || seconds_since(&began) < options.seconds)) {
		uint64_t left = options.ops ? options.ops - ops : ROUND;
		uint32_t steps = left < ROUND ? left : ROUND;

		good = one_round(seed, steps);
		ops += good ? steps : world->next;
		possible += world->done;
		rounds++;
		seed = options.seed + rounds * 0x10001ULL;
	}
	printf("seed %#llx: %llu steps (%llu of them possible) in %.0f s, %.0f a second\n",
	       (unsigned long long)options.seed, (unsigned long long)ops,
	       (unsigned long long)possible, seconds_since(&began),
	       possible / seconds_since(&began));
	return good ? 0 : 1;
}

static int run_chaos(void)
{
	struct timespec began;
	uint64_t done = 0;
	bool good;

	clock_gettime(CLOCK_MONOTONIC, &began);
	device_begin();
	good = chaos(options.processes, options.seed, options.seconds, options.ops, &done);
	printf("chaos, seed %#llx: %llu steps in %.0f s, %.0f a second\n",
	       (unsigned long long)options.seed, (unsigned long long)done, seconds_since(&began),
	       done / seconds_since(&began));
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct timespec now;
	int status;

	clock_gettime(CLOCK_REALTIME, &now);
	options.seed = now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
	argp_err_exit_status = 2;
	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return 2;
	if (!options.ops && !options.seconds)
		options.seconds = 10;
	setlinebuf(stdout);
	world_make(options.named ? NULL : options.device, options.processes);
	world->weather = options.weather;
	if (!options.replay)
		printf("seed %#llx\n", (unsigned long long)options.seed);
	if (options.replay)
		status = replay(options.replay);
	else if (options.chaos)
		status = run_chaos();
	else
		status = model();
	device_restore();
	return status;
}
