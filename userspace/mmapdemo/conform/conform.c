// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo conform: runs the module's tests on anything that can be mapped. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "common/memory.h"
#include "conform.h"
#include "denied.h"
#include "examine.h"
#include "guard.h"
#include "handed.h"
#include "rows.h"

static void try_to_prepare(struct options *options)
{
	double timeout = options->timeout ? options->timeout : 30;
	struct guarded guarded;
	int status;

	guard_begin(&guarded, prepare_rows, options);
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

static void list_tests(const struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		printf("%s\t%s\n", run->tests[i].name, run->tests[i].row->says);
}

/* After a process is stuck, the remaining tests do not run and do not count. */
static void run_tests(struct run *run, const struct view *view)
{
	struct runner runner = {.tests = run->tests, .count = run->count};

	for (size_t i = 0; i < run->count; i++) {
		bool stuck = !runner_next(&runner, &run->outcomes[i]);

		rows_forgive(&run->tests[i], &run->outcomes[i]);
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

static int conform_rows(struct options *options)
{
	struct run run = {.target = options->target, .verbose = options->verbose};
	int status = 0;

	run_choose(&run, options->globs, options->timeout);
	if (options->list) {
		list_tests(&run);
	} else {
		const char *why = rows_lack();

		if (why)
			errx(2, "rows cannot be run: %s", why);
		if (options->command || is_handed(options->target))
			errx(2, "%s: it cannot be opened again, so rows cannot be run",
			     options->target);
		options->target = path_of_target(options->target);
		if (strchr(options->target, '/'))
			try_to_prepare(options);
		prepare_rows(options, -1);
		denied_find();
		status = show_run(&run, options->view);
	}
	run_free(&run);
	return status;
}

int conform(int argc, char **argv, struct options options)
{
	memory_status = 2;
	options_parse(&options, argc, argv);
	if (options.words) {
		show_words();
		return 0;
	}
	if (options.compare)
		return compare_files(options.compare, options.target) != 0;
	if (options.examine && !options.list)
		return examine(&options);
	return conform_rows(&options);
}

int conform_main(int argc, char **argv)
{
	return conform(argc, argv, (struct options){.view = &view_table, .examine = true});
}
