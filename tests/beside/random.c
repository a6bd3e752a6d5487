// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../number.h"
#include "compare.h"
#include "known.h"
#include "object.h"
#include "ops.h"
#include "program.h"
#include "random.h"

/* No operation reaches further than that many pages: a write there does not pass the end. */
#define REACH 12

/* Operations that may be steps. */
static const struct op *choice[OPS_MAX];
static size_t choices;
static struct result *results[KINDS], *again[KINDS];
static uint64_t state;

static unsigned int below(unsigned int limit)
{
	return random_word(&state) % limit;
}

/* An operation that is known to differ anywhere would be a difference of each program. */
static bool may_be_step(const struct op *op)
{
	char name[80];
	bool wanted = false;

	if (op->flags & ALONE)
		return false;
	for (size_t i = 0; i < SETUPS; i++) {
		wanted |= op_wanted(op, &setups[i], name);
		if (op->setups & 1u << i && known_excludes(name))
			return false;
	}
	return wanted;
}

static void begin(void)
{
	for (size_t i = 0; i < ops_count; i++)
		if (may_be_step(ops[i]))
			choice[choices++] = ops[i];
	if (!choices)
		errx(2, "no operation is left for a program");
	for (size_t i = 0; i < KINDS; i++) {
		results[i] = result_new();
		again[i] = result_new();
	}
	compare_contents_only();
}

/* Half of the mappings are whole, so that all of an operation is often inside. */
static void add_map(struct program *program)
{
	unsigned int pages = program->huge ? OBJECT_PAGES_MAX : SMALL_PAGES;
	unsigned int first = below(2) ? 0 : below(pages - REACH);

	program->map[program->maps].first = first;
	program->map[program->maps].pages = pages - first + (below(2) ? PAST_END : 0);
	program->map[program->maps].shared = below(3) != 0;
	program->maps++;
}

/*
 * A file grows by a write that passes its end, which the device does not: operations on a
 * descriptor stay away from there. Most steps are near each other.
 */
static unsigned int choose_page(const struct program *program, const struct step *step)
{
	unsigned int pages = program->map[step->map].pages;
	bool memory = step->op >= ops_memory && step->op < ops_memory + ops_memory_count;

	if (!memory)
		pages = (program->huge ? OBJECT_PAGES_MAX : SMALL_PAGES) -
			program->map[step->map].first - REACH + 1;
	return below(below(2) && pages > 8 ? 8 : pages);
}

static bool splits(const struct op *op)
{
	char name[80];

	for (size_t i = 0; i < SETUPS; i++) {
		snprintf(name, sizeof(name), "%s[%s]", op->name, setups[i].name);
		if (op->setups & 1u << i && known_splits(name))
			return true;
	}
	return false;
}

/* mremap() takes a range of one VMA. Is the range known to lie in several of the device? */
static bool finds_split(const struct program *program, unsigned int step)
{
	const struct op *op = program->step[step].op;

	if (op->run != op_mremap && op->run != op_mremap_over)
		return false;
	for (unsigned int i = 0; i < step; i++)
		if (splits(program->step[i].op))
			return true;
	return false;
}

static void generate(struct program *program)
{
	*program = (struct program){.huge = object_has_huge() && below(4) == 0};
	for (unsigned int maps = 1 + below(MAPS_MAX); maps; maps--)
		add_map(program);
	program->steps = 2 + below(STEPS_MAX - 1);
	program->fork_at = below(2) ? below(program->steps) : STEPS_MAX;
	for (unsigned int i = 0; i < program->steps; i++) {
		struct step *step = &program->step[i];

		step->op = choice[below(choices)];
		if (finds_split(program, i)) {
			program->steps = i;
			break;
		}
		step->map = below(program->maps);
		step->page = choose_page(program, step);
		step->count = 1 + below(4);
		step->who = below(2);
	}
}

/* The file on tmpfs is a second opinion, as in the table. */
static bool differs(const struct program *program, struct result *into[KINDS], bool print)
{
	struct result *const both[KINDS] = {into[MEMFD], into[MEMFD], into[DEVICE]};

	program_run(program, MEMFD, into[MEMFD]);
	program_run(program, DEVICE, into[DEVICE]);
	if (compare("random", both, false))
		return false;
	program_run(program, TMPFS, into[TMPFS]);
	return !compare("random", into, print);
}

static bool without_step(const struct program *program, unsigned int step, struct program *less)
{
	if (program->steps == 1)
		return false;
	*less = *program;
	memmove(&less->step[step], &less->step[step + 1],
		(less->steps - step - 1) * sizeof(less->step[0]));
	less->steps--;
	if (less->fork_at > step && less->fork_at != STEPS_MAX)
		less->fork_at--;
	return true;
}

static bool without_map(const struct program *program, unsigned int map, struct program *less)
{
	if (program->maps == 1)
		return false;
	*less = *program;
	memmove(&less->map[map], &less->map[map + 1],
		(less->maps - map - 1) * sizeof(less->map[0]));
	less->maps--;
	for (unsigned int i = 0; i < less->steps; i++)
		if (less->step[i].map && less->step[i].map >= map)
			less->step[i].map--;
	return true;
}

static bool smaller(const struct program *program, unsigned int way, struct program *less)
{
	if (way < STEPS_MAX)
		return way < program->steps &&
		       without_step(program, program->steps - 1 - way, less);
	way -= STEPS_MAX;
	if (way < MAPS_MAX)
		return way < program->maps && without_map(program, way, less);
	*less = *program;
	less->fork_at = STEPS_MAX;
	return program->fork_at != STEPS_MAX;
}

/* Leaves things out as long as the rest still differs. */
static void shrink(struct program *program)
{
	struct program less;
	bool found = true;

	while (found) {
		found = false;
		for (unsigned int way = 0; way <= STEPS_MAX + MAPS_MAX; way++) {
			if (!smaller(program, way, &less) || !differs(&less, again, false))
				continue;
			*program = less;
			found = true;
		}
	}
}

/* The first results are printed if they do not come again. */
static void explain(struct program *program)
{
	if (!differs(program, again, false)) {
		printf("# This was seen once, and not again:\n");
		program_print(program, "# ");
		compare("random", results, true);
		return;
	}
	shrink(program);
	program_print(program, "# ");
	if (!differs(program, again, true))
		printf("# It was seen some times, and not at last.\n");
}

static bool run_program(struct program *program, const char *name, int number)
{
	bool good = !differs(program, results, false);

	printf("%sok %d - %s\n", good ? "" : "not ", number, name);
	if (!good)
		explain(program);
	fflush(stdout);
	return good;
}

bool random_run(uint64_t seed, uint64_t programs, int last)
{
	struct program program;
	bool good = true;
	char name[80];

	begin();
	for (uint64_t i = 1; i <= programs; i++) {
		state = seed * 1000003 + i;
		generate(&program);
		snprintf(name, sizeof(name), "beside.random[seed=%lu,program=%lu]", seed, i);
		good &= run_program(&program, name, last + i);
	}
	return good;
}

bool random_replay(const char *path, int number)
{
	FILE *file = fopen(path, "r");
	struct program program;

	if (!file)
		err(2, "%s", path);
	program_read(file, &program);
	fclose(file);
	begin();
	return run_program(&program, "beside.replay", number);
}
