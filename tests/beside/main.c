// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "compare.h"
#include "known.h"
#include "object.h"
#include "random.h"
#include "run.h"

size_t page_size;

static const char usage[] =
	"usage: mmapdemo-beside [OPTION]...\n"
	"\n"
	"Does operations to a memfd, to a file on tmpfs and to the device, and compares what a\n"
	"program sees. Prints TAP.\n"
	"\n"
	"  --device PATH    default: /dev/mmapdemo\n"
	"  --known FILE     list of known differences (default: /known)\n"
	"  --tests GLOBS    only these operations, as in 'madvise.* mremap.move[huge]'\n"
	"  --without GLOBS  all but these\n"
	"  --list           names of the operations\n"
	"  --show           print what each object did, too\n"
	"  --random SEED    random programs of these operations instead\n"
	"  --table          no, besides\n"
	"  --programs N     this many programs (default: 100)\n"
	"  --replay FILE    the program that a failure has printed\n"
	"\n"
	"Exit status: 0 no unknown difference, 1 some, 2 usage error or nothing to work on\n";

static const char *tests = "*", *without = "";
static bool show;

/* Is the text matched by one of these globs, with spaces between them? */
static bool one_matches(const char *globs, const char *text)
{
	char *copy = strdup(globs), *rest = NULL;
	bool matches = false;

	if (!copy)
		err(2, "strdup");
	for (char *glob = strtok_r(copy, " ", &rest); glob && !matches;
	     glob = strtok_r(NULL, " ", &rest))
		matches = glob_matches(glob, text);
	free(copy);
	return matches;
}

bool op_wanted(const struct op *op, const struct setup *setup, char name[80])
{
	unsigned int bit = 1u << (setup - setups);

	snprintf(name, 80, "%s[%s]", op->name, setup->name);
	if (!(op->setups & bit) || (setup->huge && !object_has_huge()))
		return false;
	if (op->flags & NAMED && !strcmp(tests, "*"))
		return false;
	return (one_matches(tests, name) || one_matches(tests, op->name)) &&
	       !one_matches(without, name) && !one_matches(without, op->name);
}

static void show_results(struct result *const results[KINDS])
{
	for (size_t i = 0; i < KINDS; i++) {
		printf("# --- %s\n", kind_name(i));
		for (char *rest = NULL, *line = strtok_r(strdup(results[i]->text), "\n", &rest);
		     line; line = strtok_r(NULL, "\n", &rest))
			printf("# %s\n", line);
	}
}

/* The file on tmpfs is a second opinion. It costs time and is asked where the first one differs. */
static bool same_once(const struct op *op, const struct setup *setup, const char *name,
		      struct result *const results[KINDS])
{
	struct result *const first[KINDS] = {
		[MEMFD] = results[MEMFD], [TMPFS] = results[MEMFD], [DEVICE] = results[DEVICE]};

	run_op(op, setup, MEMFD, results[MEMFD]);
	run_op(op, setup, DEVICE, results[DEVICE]);
	if (compare(name, first, false) && !show)
		return true;
	run_op(op, setup, TMPFS, results[TMPFS]);
	return compare(name, results, false);
}

/*
 * Page tables that differ are compared again. The kernel compacts memory at any time and locks
 * pages for it, and a page fault nearby does not map a locked page (next_uptodate_folio() in
 * mm/filemap.c). Every other fact has to be the same the first time.
 */
static bool same(const struct op *op, const struct setup *setup, const char *name,
		 struct result *const results[KINDS])
{
	for (int tries = 0; tries < 3; tries++) {
		if (same_once(op, setup, name, results))
			return true;
		if (!compare_contents(name, results))
			break;
		printf("# %s: page tables differ, run %d\n", name, tries + 1);
	}
	return false;
}

static bool run_one(const struct op *op, const struct setup *setup, const char *name, int number,
		    struct result *const results[KINDS])
{
	bool good = same(op, setup, name, results);

	printf("%sok %d - beside.%s\n", good ? "" : "not ", number, name);
	if (!good)
		compare(name, results, true);
	if (show)
		show_results(results);
	fflush(stdout);
	return good;
}

/* Is each operation that a line speaks of done in this run? */
static bool all_wanted(const char *operation)
{
	char name[80];

	for (size_t i = 0; i < ops_count; i++) {
		for (size_t j = 0; j < SETUPS; j++) {
			bool wanted = op_wanted(ops[i], &setups[j], name);

			if (ops[i]->setups & 1u << j && !(ops[i]->flags & NAMED) && !wanted &&
			    glob_matches(operation, name))
				return false;
		}
	}
	return true;
}

/* A line of the list that speaks of no difference is as wrong as a difference without a line. */
static bool all_seen(int number)
{
	const char *operation, *line;
	bool good = true;

	while ((line = known_unseen(&operation))) {
		if (!all_wanted(operation))
			continue;
		if (good)
			printf("not ok %d - beside.known-differences-occur\n", number);
		good = false;
		printf("# does not differ: %s\n", line);
	}
	if (good)
		printf("ok %d - beside.known-differences-occur\n", number);
	return good;
}

static int wanted_count(void)
{
	int count = 0;
	char name[80];

	for (size_t i = 0; i < ops_count; i++)
		for (size_t j = 0; j < SETUPS; j++)
			count += op_wanted(ops[i], &setups[j], name);
	return count;
}

static bool run_table(int *number)
{
	struct result *results[KINDS];
	bool good = true;
	char name[80];

	for (size_t i = 0; i < KINDS; i++)
		results[i] = result_new();
	for (size_t i = 0; i < ops_count; i++)
		for (size_t j = 0; j < SETUPS; j++)
			if (op_wanted(ops[i], &setups[j], name))
				good &= run_one(ops[i], &setups[j], name, ++*number, results);
	return all_seen(++*number) && good;
}

static void list(void)
{
	for (size_t i = 0; i < ops_count; i++)
		for (size_t j = 0; j < SETUPS; j++)
			if (ops[i]->setups & 1u << j)
				printf("%s[%s]\n", ops[i]->name, setups[j].name);
}

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 0);

	if (!*text || *end)
		errx(2, "'%s' is not a number", text);
	return number;
}

static bool table;
static uint64_t programs = 100;
static const char *device = "/dev/mmapdemo", *known = "/known", *replay, *seed;

static const struct option options[] = {
	{"device", 1, NULL, 'd'},  {"known", 1, NULL, 'k'}, {"tests", 1, NULL, 't'},
	{"without", 1, NULL, 'w'}, {"list", 0, NULL, 'l'},  {"show", 0, NULL, 's'},
	{"random", 1, NULL, 'r'},  {"table", 0, NULL, 'T'}, {"programs", 1, NULL, 'n'},
	{"replay", 1, NULL, 'p'},  {"help", 0, NULL, 'h'},  {0},
};

/* Options with a value that is kept as it is. */
static const char **text_option(int letter)
{
	switch (letter) {
	case 'd':
		return &device;
	case 'k':
		return &known;
	case 't':
		return &tests;
	case 'w':
		return &without;
	case 'r':
		return &seed;
	case 'p':
		return &replay;
	}
	return NULL;
}

static void take_option(int letter)
{
	switch (letter) {
	case 'l':
		list();
		exit(0);
	case 'h':
		fputs(usage, stdout);
		exit(0);
	case 's':
		show = true;
		break;
	case 'T':
		table = true;
		break;
	case 'n':
		programs = number_of(optarg);
		break;
	default:
		fputs(usage, stderr);
		exit(2);
	}
}

static void take_options(int argc, char **argv)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
		const char **text = text_option(letter);

		if (text)
			*text = optarg;
		else
			take_option(letter);
	}
	if (optind < argc)
		errx(2, "unknown argument '%s' (--help)", argv[optind]);
}

static bool run_all(void)
{
	bool good = true;
	int number = 0;

	if (replay) {
		printf("1..1\n");
		return random_replay(replay, 1);
	}
	table |= !seed;
	if (!wanted_count())
		errx(2, "no operation of the table is among '%s' and can be done here", tests);
	printf("1..%lu\n", (table ? wanted_count() + 1 : 0) + (seed ? programs : 0));
	if (table)
		good = run_table(&number);
	if (seed)
		good &= random_run(number_of(seed), programs, number);
	return good;
}

int main(int argc, char **argv)
{
	const char *scale = getenv("MMAPDEMO_TIMEOUT_SCALE");
	bool good;

	page_size = sysconf(_SC_PAGESIZE);
	ops_init();
	take_options(argc, argv);
	run_limit *= scale ? number_of(scale) : 1;
	known_read(known);
	run_init();
	object_init(device);
	good = run_all();
	object_exit();
	return good ? 0 : 1;
}
