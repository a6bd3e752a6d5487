// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo conform: the tests that our own device has to pass, on anything that can be mapped. */
#include <argp.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "common/memory.h"
#include "common/number.h"
#include "guard.h"
#include "run.h"
#include "tap.h"
#include "support/target.h"
#include "support/target_init.h"

static void tap_begin(const struct run *run)
{
	printf("1..%zu\n", run->count);
}

static void tap_tested(const struct run *run, size_t test)
{
	tap_print(test + 1, &run->tests[test], &run->outcomes[test]);
	fflush(stdout);
}

const struct shape shape_tap = {.begin = tap_begin, .tested = tap_tested};

struct options {
	const char *spec;
	const char *rows;
	off_t size;
	double timeout;
	bool may_write;
	bool verbose;
	const struct shape *shape;
};

enum { SIZE = 's', ROWS = 'r', VERBOSE = 'v', JSON = 256, TAP, WRITE, SYSTEM, TIMEOUT };

static const struct argp_option argp_options[] = {
	{"size", SIZE, "N[K|M|G]", 0, "of what is made, or does not say how large it is", 0},
	{"rows", ROWS, "GLOBS", 0, "only these rows or tests: 'S* M1 S5.child-*'", 0},
	{"write", WRITE, NULL, 0, "the target may be overwritten", 0},
	{"system", SYSTEM, NULL, 0,
	 "tests may disturb the system: settings, caches, control groups, much of its memory; "
	 "some retire frames by MADV_HWPOISON, which the kernel never uses again",
	 0},
	{"verbose", VERBOSE, NULL, 0, "list the tests that hold, too", 0},
	{"json", JSON, NULL, 0, "results as JSON", 1},
	{"tap", TAP, NULL, 0, "results as TAP", 1},
	{"timeout", TIMEOUT, "SECONDS", 0, "for each test (default: its own, mostly 30)", 1},
	{},
};

static const char doc[] =
	"Holds TARGET to the contract of a mapped file, test by test, and says of each row "
	"whether all of it holds (yes), none (no), some (differs), or it does not apply.\n"
	"\n"
	"TARGET:\n" TARGET_SPECS "\v"
	"Each test runs in a process of its own, so a target that crashes or hangs is a "
	"result. Frame numbers, mounts and most limits take root to test.\n"
	"\n"
	"Exit status: 0 every row is yes or not applicable; 1 one is not; 2 it could not "
	"be tested.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	uint64_t size;

	switch (key) {
	case SIZE:
		if (!parse_number(arg, &size) || !size || size > INT64_MAX)
			argp_error(state, "--size %s: not a number of bytes", arg);
		options->size = size;
		return 0;
	case ROWS:
		options->rows = arg;
		return 0;
	case WRITE:
		options->may_write = true;
		return 0;
	case SYSTEM:
		may_disturb_system = true;
		return 0;
	case VERBOSE:
		options->verbose = true;
		return 0;
	case JSON:
		options->shape = &shape_json;
		return 0;
	case TAP:
		options->shape = &shape_tap;
		return 0;
	case TIMEOUT:
		if (!parse_seconds(arg, 0.1, &options->timeout))
			argp_error(state, "--timeout %s: not a number of seconds", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (options->spec)
			argp_error(state, "more than one TARGET");
		options->spec = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no TARGET");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void refuse_to_overwrite(void)
{
	errx(2,
	     "%s: the tests would overwrite its first %d pages (%zu bytes), its last two, and some "
	     "might change others of its %jd bytes: --write says that it may be lost",
	     target.name, TEST_PAGES, pages(TEST_PAGES), (intmax_t)target.size);
}

static void prepare(void *argument)
{
	const struct options *options = argument;

	target_init(options->spec, options->size);
	if (!target.ours && !target.made && !options->may_write)
		refuse_to_overwrite();
	target_probe();
}

/* Tried where it may hang; what is made for the run is not, and is made once. */
static void try_to_prepare(struct options *options)
{
	double timeout = options->timeout ? options->timeout : 30;
	int status = 0;

	if (strchr(options->spec, '/'))
		status = guard_call(prepare, options, timeout);
	if (status < 0)
		errx(2, "%s: no answer to open, map, read or write within %g s", options->spec,
		     timeout);
	if (status > 2)
		errx(2, "%s: open, map, read or write ends in signal %d", options->spec,
		     status - 128);
	if (status)
		exit(status);
	prepare(options);
}

static void choose_tests(const struct options *options, struct run *run)
{
	run->count = runner_select(options->rows, &run->tests);
	if (!run->count)
		errx(2, "no row or test matches '%s'", options->rows);
	run->outcomes = new_array(run->count, sizeof(*run->outcomes));
	for (size_t i = 0; options->timeout && i < run->count; i++)
		run->tests[i].timeout = options->timeout;
}

/* What is left when a process is stuck is not asked, and counts for nothing. */
static void run_tests(struct run *run, const struct shape *shape)
{
	for (size_t i = 0; i < run->count; i++) {
		bool stuck = !guard_run(&run->tests[i], &run->outcomes[i]);

		if (stuck)
			run->count = i + 1;
		if (shape->tested)
			shape->tested(run, i);
	}
}

static void free_run(struct run *run, size_t chosen)
{
	for (size_t i = 0; i < chosen; i++)
		outcome_free(&run->outcomes[i]);
	free(run->outcomes);
	free(run->tests);
}

int conform_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "TARGET",
		.doc = doc,
	};
	struct options options = {.shape = &shape_table};
	struct run run = {};
	struct tally rows;
	size_t chosen;

	memory_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	run.spec = options.spec;
	run.verbose = options.verbose;
	choose_tests(&options, &run);
	try_to_prepare(&options);

	chosen = run.count;
	if (options.shape->begin)
		options.shape->begin(&run);
	run_tests(&run, options.shape);
	if (options.shape->end)
		options.shape->end(&run);
	if (run.count < chosen)
		errx(2, "a process is stuck in %s: the %zu tests after it were not run", run.spec,
		     chosen - run.count);
	rows = run_tally_rows(&run);
	free_run(&run, chosen);
	return rows.of[FAILED] || rows.of[UNSUPPORTED];
}
