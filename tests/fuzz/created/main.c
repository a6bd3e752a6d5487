// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo-fuzz-created: random steps to created buffers and memfds, in rounds that a seed repeats.
 */
#define _GNU_SOURCE
#include <argp.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../number.h"
#include "twins.h"

#define STEPS		300 /* of a round */
#define SEALS		40  /* of these, from which on there may be seals */
#define LAST		15  /* steps that are shown of a failure */
#define SMALL		(64 * 4096ULL)
#define LARGE		(5ULL << 20) /* huge folios have more blocks than a memfd's pages */
#define LONGEST		(3 * 4096)
#define OPERATIONS_MOST 32
#define MANY		50 /* rounds, in which each operation must have an effect */

static struct options {
	const char *device;
	uint64_t seed, rounds;
	enum plant plant;
} options = {.device = "/dev/mmapdemo", .seed = 1, .rounds = 10};

static const struct argp_option argp_options[] = {
	{"device", 'd', "PATH", 0, "whose CREATE makes the buffers (/dev/mmapdemo)", 0},
	{"seed", 's', "S", 0, "of the first round's random numbers; each round adds 1 (1)", 0},
	{"rounds", 'n', "N", 0, "of 300 steps (10)", 0},
	{"plant", 'p', "N", 0,
	 "make a mistake in the buffer: 1 a byte, 2 its size, 3 a seal, 4 the bytes of private "
	 "mappings, 5 its blocks, 6 its end",
	 0},
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
		options.rounds = number(state, arg, 1, UINT64_MAX);
		break;
	case 'p':
		options.plant = number(state, arg, 1, PLANTS - 1);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Does the same random things to a created buffer and to a memfd, and compares "
	       "results, contents, size and blocks.\v"
	       "Exit status: 0 they were the same, 1 they differ, or an operation had no effect in "
	       "50 rounds or more, 2 it could not run.",
};

static uint64_t state;

/* How often each operation was tried, and how often it had an effect */
static uint64_t tried[OPERATIONS_MOST], effects[OPERATIONS_MOST];

static uint64_t below(uint64_t limit)
{
	return limit ? random_word(&state) % limit : 0;
}

/* Near a page's bounds, most of them. */
static uint64_t place(uint64_t most)
{
	uint64_t at = below(most);

	switch (below(4)) {
	case 0:
		return at;
	case 1:
		return (at & ~4095ULL) + below(3);
	case 2:
		return at | 4095;
	default:
		return at & ~4095ULL;
	}
}

static unsigned int choose(unsigned int done)
{
	unsigned int all = 0, left;
	/* The last operation seals. */
	size_t count = operation_count - (done < STEPS - SEALS);

	for (size_t i = 0; i < count; i++)
		all += operations[i].weight;
	left = below(all);
	for (size_t i = 0;; i++) {
		if (left < operations[i].weight)
			return i;
		left -= operations[i].weight;
	}
}

/* One of a number, which exists nine times in ten, if any does. */
static uint32_t pick(bool (*exists)(uint32_t), uint32_t first, uint32_t count)
{
	uint32_t start = first + below(count);

	if (below(10) == 0)
		return start;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = first + (start - first + i) % count;

		if (exists(at))
			return at;
	}
	return start;
}

/* Seldom chooses a target on which the operation has no effect. */
static void aim(struct step *step)
{
	unsigned int flags = operations[step->op].flags;
	uint32_t length;

	if (flags & INTO_DESC)
		step->which = pick(twins_has_desc, 0, DESCS);
	if (flags & CLOSES)
		step->which = pick(twins_has_desc, 1, DESCS - 1) - 1;
	if (flags & MAKES_MAP && below(10))
		step->at %= twins_size() + 1;
	if (!(flags & IN_MAP))
		return;
	step->map = pick(twins_has_map, 0, MAPS);
	length = twins_map_length(step->map, below(10));
	if (!length)
		return;
	step->to %= length;
	if (step->length > length - step->to)
		step->length = length - step->to;
}

static struct step generate(unsigned int done, uint64_t most)
{
	struct step step = {
		.op = choose(done),
		.desc = below(3) ? 0 : pick(twins_has_desc, 0, DESCS),
		.map = below(MAPS),
		.which = below(1 << 16),
		.at = place(most),
		.to = place(below(4) ? 8 * 4096 : most),
	};
	bool maps = operations[step.op].flags & MAKES_MAP;

	step.length = maps ? 8 * 4096 : 1 + place(LONGEST - 1);
	if (maps && below(4) == 0 && most == LARGE)
		step.length = 2 << 20;
	aim(&step);
	return step;
}

static void show(const struct step *step)
{
	printf("%s desc=%u map=%u which=%u at=%#llx to=%#llx length=%u\n",
	       operations[step->op].name, step->desc, step->map, step->which,
	       (unsigned long long)step->at, (unsigned long long)step->to, step->length);
}

static bool failed(const struct step *steps, unsigned int count, uint64_t seed, const char *why)
{
	for (unsigned int i = count > LAST ? count - LAST : 0; i < count; i++)
		show(&steps[i]);
	printf("step %u: %s\n", count - 1, why);
	printf("again: mmapdemo-fuzz-created --rounds 1 --seed %#llx\n", (unsigned long long)seed);
	return false;
}

/*
 * The contents of a small buffer are compared after each eighth step. A mistake that this
 * comparison is to find is planted right before it, and one that others are to find, after it.
 */
static unsigned int planted_after(void)
{
	return options.plant == PLANT_BYTE || options.plant == PLANT_END ? 152 : 153;
}

static const char *step_run(const struct step *step, uint64_t most)
{
	const char *why;
	bool effect;

	if (twins_excused(step))
		return NULL;
	why = twins_step(step, most == SMALL, &effect);
	tried[step->op]++;
	effects[step->op] += effect;
	return why;
}

static bool round_run(int device, uint64_t seed)
{
	uint64_t most = seed % 4 ? SMALL : LARGE;
	struct step steps[STEPS];
	const char *why = NULL;
	unsigned int compared = most == SMALL ? 8 : 40; /* to compare much takes long */
	unsigned int done = 0;

	state = seed;
	if (!twins_make(device, most, seed % 4 > 1))
		err(2, "%s: CREATE, or a memfd", options.device);
	while (!why && done < STEPS) {
		struct step *step = &steps[done];

		*step = generate(done, most);
		done++;
		why = step_run(step, most);
		if (!why && done == planted_after())
			twins_plant(options.plant);
		if (!why && (done % compared == 0 || done == STEPS))
			why = twins_contents();
	}
	if (why)
		twins_show();
	twins_drop();
	return !why || failed(steps, done, seed, why);
}

/* Prints how often each operation had an effect. Returns whether each had one. */
static bool show_effects(void)
{
	bool each = true;

	for (size_t i = 0; i < operation_count; i++) {
		printf("%s: %llu of %llu had an effect\n", operations[i].name,
		       (unsigned long long)effects[i], (unsigned long long)tried[i]);
		each = each && effects[i];
	}
	return each;
}

int main(int argc, char **argv)
{
	uint64_t rounds = 0;
	int device;

	argp_err_exit_status = 2;
	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return 2;
	device = open(options.device, O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(2, "%s", options.device);
	setlinebuf(stdout);
	while (rounds < options.rounds && round_run(device, options.seed + rounds))
		rounds++;
	if (rounds < options.rounds)
		return 1;
	if (!show_effects() && rounds >= MANY) {
		printf("an operation had no effect\n");
		return 1;
	}
	printf("seed %#llx: %llu rounds of %u steps went well\n", (unsigned long long)options.seed,
	       (unsigned long long)rounds, STEPS);
	return 0;
}
