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

#define STEPS	300 /* of a round */
#define SEALS	40  /* of these, from which on there may be seals */
#define LAST	15  /* steps that are shown of a failure */
#define SMALL	(64 * 4096ULL)
#define LARGE	(5ULL << 20) /* huge folios have more blocks than a memfd's pages */
#define LONGEST (3 * 4096)

static struct options {
	const char *device;
	uint64_t seed, rounds;
	enum plant plant;
} options = {.device = "/dev/mmapdemo", .seed = 1, .rounds = 10};

static const struct argp_option argp_options[] = {
	{"device", 'd', "PATH", 0, "whose CREATE makes the buffers (/dev/mmapdemo)", 0},
	{"seed", 's', "S", 0, "of the first round's random numbers; each round adds 1 (1)", 0},
	{"rounds", 'n', "N", 0, "of 300 steps (10)", 0},
	{"plant", 'p', "N", 0, "have the buffer go wrong: 1 a byte, 2 its size, 3 a seal", 0},
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
	       "Exit status: 0 they were the same, 1 they differ, 2 it could not run.",
};

static uint64_t state;

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

static struct step generate(unsigned int done, uint64_t most)
{
	struct step step = {
		.op = choose(done),
		.desc = below(3) ? 0 : below(DESCS),
		.map = below(MAPS),
		.which = below(1 << 16),
		.at = place(most),
		.to = place(below(4) ? 8 * 4096 : most),
	};
	bool maps = !strcmp(operations[step.op].name, "map");

	step.length = maps ? 8 * 4096 : 1 + place(LONGEST - 1);
	if (maps && below(4) == 0 && most == LARGE)
		step.length = 2 << 20;
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

static bool round_run(int device, uint64_t seed)
{
	uint64_t most = seed % 4 ? SMALL : LARGE;
	struct step steps[STEPS];
	const char *why = NULL;
	unsigned int done = 0;

	state = seed;
	if (!twins_make(device, most))
		err(2, "%s: CREATE, or a memfd", options.device);
	while (!why && done < STEPS) {
		struct step *step = &steps[done];

		*step = generate(done, most);
		done++;
		if (!twins_excused(step))
			why = twins_step(step, most == SMALL);
		if (done == STEPS / 2)
			twins_plant(options.plant);
		if (!why && (done % 8 == 0 || done == STEPS))
			why = twins_contents();
	}
	twins_drop();
	return !why || failed(steps, done, seed, why);
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
	printf("seed %#llx: %llu rounds of %u steps went well\n", (unsigned long long)options.seed,
	       (unsigned long long)rounds, STEPS);
	return rounds == options.rounds ? 0 : 1;
}
