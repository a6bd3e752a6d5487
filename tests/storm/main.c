// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo-storm: options, and what the storm says when it is over. */
#define _GNU_SOURCE
#include <argp.h>
#include <err.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../number.h"
#include "run.h"
#include "storm.h"

const struct disturbance *const disturbances[] = {
	&storm_numa,	&storm_migrate,	   &storm_move,		&storm_compact,
	&storm_reclaim, &storm_pressure,   &storm_drop_caches,	&storm_swappiness,
	&storm_split,	&storm_khugepaged, &storm_soft_offline, &storm_memory,
	&storm_cpu,	&storm_poison,	   &storm_nodes,
};
const size_t disturbance_count = ARRAY_SIZE(disturbances);

struct storm_options storm_options = {
	.device = "/dev/mmapdemo",
	.poison_page = -1,
	.most_pages = 32,
};

static bool chosen[ARRAY_SIZE(disturbances)];
static bool only; /* nothing is chosen by default */

static const struct argp_option argp_options[] = {
	{"only", 'o', "NAME,...", 0, "these disturbances (default: all but poison)", 0},
	{"except", 'x', "NAME,...", 0, "not these", 0},
	{"list", 'l', NULL, 0, "print the disturbances, then exit", 0},
	{"device", 'd', "PATH", 0, "whose mappings are disturbed (/dev/mmapdemo)", 0},
	{"maps", 'm', NULL, 0,
	 "the storm maps the device itself, too, to reach pages that no process maps; its counts "
	 "of mappings and descriptors are then others",
	 0},
	{"pages", 'p', "N", 0, "page frames that soft-offline may use up (32)", 0},
	{"poison-page", 'b', "N", 0,
	 "the page of the device that poison breaks; chooses poison, too", 0},
	{}};

static void choose(struct argp_state *state, char *names, bool choice)
{
	char *name;

	while ((name = strsep(&names, ","))) {
		size_t i = 0;

		while (i < disturbance_count && strcmp(disturbances[i]->name, name))
			i++;
		if (i == disturbance_count)
			argp_error(state, "no disturbance '%s' (--list prints them)", name);
		chosen[i] = choice;
	}
}

static void leave_out(void)
{
	for (size_t i = 0; i < disturbance_count; i++) {
		if (only || !chosen[i] || !disturbances[i]->needs ||
		    !access(disturbances[i]->needs, F_OK))
			continue;
		warnx("%s is left out: no %s", disturbances[i]->name, disturbances[i]->needs);
		chosen[i] = false;
	}
}

_Noreturn static void list(void)
{
	for (size_t i = 0; i < disturbance_count; i++)
		printf("%-14s%s%s\n", disturbances[i]->name, disturbances[i]->says,
		       disturbances[i]->on_demand ? " (only by --poison-page)" : "");
	exit(0);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	char poison[] = "poison";

	switch (key) {
	case 'o':
		only = true;
		memset(chosen, 0, sizeof(chosen));
		choose(state, arg, true);
		break;
	case 'x':
		choose(state, arg, false);
		break;
	case 'l':
		list();
	case 'd':
		storm_options.device = arg;
		break;
	case 'm':
		storm_options.maps = true;
		break;
	case 'p':
		storm_options.most_pages = number(state, arg, 0, UINT_MAX);
		break;
	case 'b':
		storm_options.poison_page = number(state, arg, 0, LONG_MAX);
		choose(state, poison, true);
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no command");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const char doc[] =
	"Runs COMMAND while the kernel disturbs the memory of its processes.\v"
	"Prints on stderr what each disturbance did. The settings of the machine get their values "
	"back when the storm ends.\n\n"
	"Exit status: that of COMMAND (128 + N where signal N ended it), or\n"
	"  90  COMMAND succeeded, but a disturbance had no effect at all\n"
	"  91  COMMAND did not start: usage, or a disturbance cannot work on this machine\n"
	"  92  COMMAND succeeded, but a setting did not get its value back\n";

static void print_tally(const struct disturbance *disturbance, const struct tally *tally)
{
	int error = tally->error;

	fprintf(stderr,
		"storm: %-13s %" PRIu64 " of %" PRIu64 " rounds had an effect: %" PRIu64 " %s",
		disturbance->name, tally->done, tally->tried, tally->amount, disturbance->unit);
	if (error)
		fprintf(stderr, " (last error: %s)", strerror(error));
	fputc('\n', stderr);
}

/* Prints all tallies. Returns whether every disturbance did something. */
static bool report(const struct tally *tallies)
{
	bool good = true;

	for (size_t i = 0; i < disturbance_count; i++)
		if (chosen[i])
			print_tally(disturbances[i], &tallies[i]);
	for (size_t i = 0; i < disturbance_count; i++) {
		if (!chosen[i] || tallies[i].done)
			continue;
		warnx("%s had no effect", disturbances[i]->name);
		good = false;
	}
	return good;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse, "COMMAND [ARGUMENT...]", doc, NULL,
					 NULL,	       NULL};
	const struct tally *tallies;
	int first, status;
	bool good;

	argp_err_exit_status = NOT_BEGUN;
	for (size_t i = 0; i < disturbance_count; i++)
		chosen[i] = !disturbances[i]->on_demand;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, &first, NULL);
	leave_out();
	tallies = run_begin(chosen);
	status = run_command(argv + first);
	good = run_end();
	if (!report(tallies) && !status)
		status = CALM;
	if (!good && !status)
		status = NOT_RESTORED;
	return status;
}
