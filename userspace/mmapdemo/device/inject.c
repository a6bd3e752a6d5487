// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo poison, slow and heal: rules that make memory fail on purpose. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "common/json.h"
#include "common/number.h"
#include "control.h"

enum { HWPOISON = 256, ENOMEM_, ONCE, EVERY, CHANCE, SEED, DELAY };

/* For argp: struct control first. */
struct poison {
	struct control control;
	struct mmapdemo_injection rule;
};

static const struct argp_option poison_options[] = {
	{"hwpoison", HWPOISON, NULL, 0, "raise SIGBUS (BUS_MCEERR_AR), as broken memory does", 0},
	{"enomem", ENOMEM_, NULL, 0,
	 "fail as if no memory were free: read, write and MADV_POPULATE_READ return ENOMEM, and "
	 "a program that loads or stores there waits until `mmapdemo heal'",
	 0},
	{"once", ONCE, NULL, 0, "fail only the first access", 1},
	{"every", EVERY, "N", 0, "fail every N-th access", 1},
	{"chance", CHANCE, "P", 0, "fail each access with probability P, for example 0.25", 1},
	{"seed", SEED, "N", 0,
	 "seed of --chance (default: 0): the same seed makes the same accesses fail", 1},
	{"delay", DELAY, "MICROSECONDS", 0, "delay each access, too", 1},
	{},
};

static const char poison_doc[] =
	"Makes a range of whole pages fail: a load or store there raises SIGBUS (BUS_ADRERR), "
	"and read and write return EIO.\v"
	"The rule acts at once on all mappings, but not on private copies made before. It "
	"replaces an earlier rule for the same pages.\n\n" CONTROL_STATUS;

static bool parse_u32(const char *text, uint32_t *number)
{
	uint64_t wide;

	if (!parse_number(text, &wide) || wide > UINT32_MAX)
		return false;
	*number = wide;
	return true;
}

/* The chance is a share of 2^32. */
static bool parse_chance(const char *text, uint32_t *chance)
{
	char *end;
	double p = strtod(text, &end);

	if (end == text || *end || !(p >= 0 && p < 1))
		return false;
	*chance = p * 4294967296.0;
	return true;
}

static void parse_delay(const char *text, uint32_t *delay, struct argp_state *state)
{
	if (!parse_u32(text, delay) || *delay > MMAPDEMO_INJECT_DELAY_MAX)
		argp_error(state, "'%s': not a number of microseconds up to %u", text,
			   MMAPDEMO_INJECT_DELAY_MAX);
}

static void set_when(struct mmapdemo_injection *rule, uint32_t when, struct argp_state *state)
{
	if (rule->when != MMAPDEMO_INJECT_ALWAYS)
		argp_error(state, "only one of --once, --every and --chance");
	rule->when = when;
}

static error_t parse_poison(int key, char *arg, struct argp_state *state)
{
	struct poison *poison = state->input;
	struct mmapdemo_injection *rule = &poison->rule;
	uint64_t seed;

	switch (key) {
	case ARGP_KEY_INIT:
		return control_init(state);
	case HWPOISON:
	case ENOMEM_:
		if (rule->action != MMAPDEMO_INJECT_SIGBUS)
			argp_error(state, "only one of --hwpoison and --enomem");
		rule->action = key == HWPOISON ? MMAPDEMO_INJECT_HWPOISON : MMAPDEMO_INJECT_ENOMEM;
		return 0;
	case ONCE:
		set_when(rule, MMAPDEMO_INJECT_ONCE, state);
		return 0;
	case EVERY:
		set_when(rule, MMAPDEMO_INJECT_NTH, state);
		if (!parse_u32(arg, &rule->n) || !rule->n)
			argp_error(state, "--every '%s': not a number above 0", arg);
		return 0;
	case CHANCE:
		set_when(rule, MMAPDEMO_INJECT_RANDOM, state);
		if (!parse_chance(arg, &rule->n))
			argp_error(state, "--chance '%s': not a number from 0 to below 1", arg);
		return 0;
	case SEED:
		if (!parse_number(arg, &seed))
			argp_error(state, "--seed '%s' is not a number: %s", arg, NUMBER_SAYS);
		rule->seed = seed;
		return 0;
	case DELAY:
		parse_delay(arg, &rule->delay, state);
		return 0;
	case ARGP_KEY_END:
		if (rule->seed && rule->when != MMAPDEMO_INJECT_RANDOM)
			argp_error(state, "--seed is for --chance");
		return ARGP_ERR_UNKNOWN;
	}
	return ARGP_ERR_UNKNOWN;
}

/* The operands give the range. */
static void set_rule(const struct control *control, struct mmapdemo_injection *rule)
{
	static const struct advice advice[] = {
		{ENOSPC, "no more rules are possible: heal some (mmapdemo rules)"},
		{},
	};

	rule->size = sizeof(*rule);
	rule->offset = control->operands[0];
	rule->length = control->operands[1];
	control_change(control, MMAPDEMO_IOCTL_INJECT_SET, rule, WHOLE_PAGES, advice);
}

int poison_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = poison_options,
		.parser = parse_poison,
		.args_doc = "OFFSET LENGTH",
		.doc = poison_doc,
		.children = control_argp,
	};
	struct poison poison = {.rule.action = MMAPDEMO_INJECT_SIGBUS};

	control_parse(&poison.control, &argp, argc, argv);
	set_rule(&poison.control, &poison.rule);
	return 0;
}

int slow_main(int argc, char **argv)
{
	struct control control = control_plain(
		argc, argv, control_argp, "OFFSET LENGTH MICROSECONDS",
		"Delays and counts each access to a range of whole pages.\v"
		"An access is a page fault, or a part of a read or write. With 0 MICROSECONDS it "
		"only counts them (mmapdemo rules).\n\n" CONTROL_STATUS);
	struct mmapdemo_injection rule = {.action = MMAPDEMO_INJECT_COUNT};

	if (control.operands[2] > MMAPDEMO_INJECT_DELAY_MAX)
		errx(2, "slow: MICROSECONDS is %ju: %u is the most", control.operands[2],
		     MMAPDEMO_INJECT_DELAY_MAX);
	rule.delay = control.operands[2];
	set_rule(&control, &rule);
	return 0;
}

int heal_main(int argc, char **argv)
{
	struct control control = control_plain(
		argc, argv, control_argp, "[OFFSET LENGTH]",
		"Removes the rules of poison and slow from a range of whole pages (default: all).\v"
		"The pages still have their contents.\n\n" CONTROL_STATUS);
	struct mmapdemo_injection rule = {.action = MMAPDEMO_INJECT_NONE};

	if (!control.given)
		control.operands[1] = INT64_MAX & ~(sysconf(_SC_PAGESIZE) - 1);
	set_rule(&control, &rule);
	return 0;
}
