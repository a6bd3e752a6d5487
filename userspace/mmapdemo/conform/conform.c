// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo conform: the tests that our own device has to pass, on anything that can be mapped. */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "common/memory.h"
#include "conform.h"
#include "guard.h"
#include "run.h"
#include "support/target.h"
#include "support/target_init.h"

static void refuse_to_overwrite(void)
{
	errx(2,
	     "%s: the tests would overwrite its first %d pages (%zu bytes), its last two, and some "
	     "might change others of its %jd bytes: --write says that it may be lost",
	     target.name, TEST_PAGES, pages(TEST_PAGES), (intmax_t)target.size);
}

static void prepare(void *argument, int to)
{
	const struct options *options = argument;

	(void)to;
	target_init(options->target, options->size);
	if (!target.ours && !target.made && !options->may_write)
		refuse_to_overwrite();
	target_probe();
}

static void try_to_prepare(struct options *options)
{
	double timeout = options->timeout ? options->timeout : 30;
	struct guarded guarded;
	int status;

	guard_begin(&guarded, prepare, options);
	if (guard_hear(&guarded, NULL, 0, timeout) < 0)
		errx(2, "%s: no answer to open, map, read or write within %g s", options->target,
		     timeout);
	status = guard_end(&guarded);
	if (status > 2)
		errx(2, "%s: open, map, read or write ends in signal %d", options->target,
		     status - 128);
	if (status)
		exit(status);
}

static void choose_tests(const struct options *options, struct run *run)
{
	run->count = runner_select(options->globs, &run->tests);
	if (!run->count)
		errx(2, "no row or test matches '%s': --list names them all", options->globs);
	run->outcomes = new_array(run->count, sizeof(*run->outcomes));
	for (size_t i = 0; options->timeout && i < run->count; i++)
		run->tests[i].timeout = options->timeout;
}

static void list_tests(const struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		printf("%s\t%s\n", run->tests[i].name, run->tests[i].row->says);
}

/* What is left when a process is stuck is not asked, and counts for nothing. */
static void run_tests(struct run *run, const struct view *view)
{
	struct runner runner = {.tests = run->tests, .count = run->count};

	for (size_t i = 0; i < run->count; i++) {
		bool stuck = !runner_next(&runner, &run->outcomes[i]);

		if (stuck)
			run->count = i + 1;
		if (view->tested)
			view->tested(run, i);
		fflush(stdout);
	}
	runner_end(&runner);
}

static int show_run(struct run *run, const struct view *view)
{
	size_t chosen = run->count;
	struct tally rows;

	if (view->begin)
		view->begin(run);
	run_tests(run, view);
	if (view->end)
		view->end(run);
	if (run->count < chosen)
		errx(2, "a process is stuck in %s: the %zu tests after it were not run",
		     run->target, chosen - run->count);
	rows = run_tally_rows(run);
	return rows.of[FAILED] || rows.of[UNSUPPORTED];
}

static void free_run(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		outcome_free(&run->outcomes[i]);
	free(run->outcomes);
	free(run->tests);
}

int conform(int argc, char **argv, struct options options)
{
	struct run run = {};
	int status = 0;

	memory_status = 2;
	options_parse(&options, argc, argv);
	run.target = options.target;
	run.verbose = options.verbose;
	choose_tests(&options, &run);
	if (options.list) {
		list_tests(&run);
	} else {
		if (strchr(options.target, '/'))
			try_to_prepare(&options);
		prepare(&options, -1);
		status = show_run(&run, options.view);
	}
	free_run(&run);
	return status;
}

int conform_main(int argc, char **argv)
{
	return conform(argc, argv, (struct options){.view = &view_table});
}
