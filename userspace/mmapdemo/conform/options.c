// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <stdint.h>
#include <string.h>

#include "common/number.h"
#include "handed.h"
#include "options.h"
#include "support/target.h"
#include "support/target_init.h"

enum { DEVICE = 'd', OLD_TESTS = 'r', SIZE = 's', VERBOSE = 'v' };
enum { TESTS = 256, LIST, WRITE, SYSTEM, TIMEOUT, TABLE, JSON, TAP };
enum { AS = 512, SETUP, FILL, BASELINE, COMPARE, REPORT, HTML, WORDS, NO_READ };

static const struct argp_option argp_options[] = {
	{"device", DEVICE, "TARGET", 0, "the same as TARGET alone", 0},
	{"tests", TESTS, "GLOBS", 0,
	 "run only these rows or tests: 'S* M1 S5.child-*'; 'D.*' are the tests for any driver", 0},
	{"rows", OLD_TESTS, "GLOBS", OPTION_HIDDEN, NULL, 0},
	{"list", LIST, NULL, 0, "list the tests with what each states, and run none", 0},
	{"size", SIZE, "N[K|M|G]", 0,
	 "size of a target that is made, or that does not report its size", 0},
	{"write", WRITE, NULL, 0, "allow the tests to overwrite the target", 0},
	{"as", AS, "PROFILE", 0,
	 "the kind of target: memory, dma, registers, ring or readonly (default: guessed, and "
	 "reported)",
	 0},
	{"setup", SETUP, "CMD", 0,
	 "run a command first: its argument is the target's path, and its descriptor 3 is the open "
	 "target, which the tests then use",
	 0},
	{"fill", FILL, "none", 0, "do not write() before mmap()", 0},
	{"no-read", NO_READ, NULL, 0, "do not call read(), which can take data away", 0},
	{"baseline", BASELINE, "FILE", 0,
	 "accept the findings in FILE, which --json wrote: exit with 1 if there are others, or one "
	 "is gone",
	 0},
	{"compare", COMPARE, "FILE", 0,
	 "test nothing, and print how the findings in the file TARGET differ from those in FILE",
	 0},
	{"words", WORDS, NULL, OPTION_HIDDEN, NULL, 0},
	{"system", SYSTEM, NULL, 0,
	 "allow tests to disturb the system: they change settings and control groups, drop caches "
	 "and use much memory; some retire frames for good by MADV_HWPOISON",
	 0},
	{"timeout", TIMEOUT, "SECONDS", 0,
	 "limit each test to this time (default: its own limit, mostly 30)", 0},
	{"json", JSON, NULL, 0, "print the results as JSON", 1},
	{"html", HTML, NULL, 0, "print the findings as an HTML page", 1},
	{"report", REPORT, NULL, 0, "print the findings as text to attach to a patch", 1},
	{"table", TABLE, NULL, 0, "test only the rows of the contract, and print a table", 1},
	{"tap", TAP, NULL, 0, "test only the rows, and print TAP", 1},
	{"verbose", VERBOSE, NULL, 0,
	 "list the tests behind each finding, the tests that hold, and the rows", 1},
	{},
};

static const char doc[] =
	"Examines a driver with mmap() and lists what is broken, what is missing and what is a "
	"choice, with the likely cause and the cure of each finding.\n\n"
	"TARGET:\n" TARGET_SPECS HANDED_SPECS "\v"
	"Without --write, a run opens, maps, loads and at last read()s the target, which can have "
	"side effects and take data away. It stores and write()s only to targets that it made and "
	"to devices of the module. Each test runs in its own process, so that a driver that "
	"crashes "
	"or hangs is a finding. Tests of frame numbers, mounts and most limits need root.\n\n"
	"--table and --tap test only the rows of the contract, which a mapped file keeps. A row is "
	"yes, no, differs, or not applicable. mmapdemo-rows does the same in a VM: it prints TAP, "
	"its default TARGET is /dev/mmapdemo, and --write and --system are always on.\n\n"
	"Exit status: 0 nothing is broken (with --table or --tap: every row is yes or not "
	"applicable; with --baseline: nothing differs); 1 something is; 2 it could not be tested.";

static void set_target(struct options *options, const char *target, struct argp_state *state)
{
	if (options->target)
		argp_error(state, "more than one TARGET");
	options->target = target;
}

static void set_size(struct options *options, const char *text, struct argp_state *state)
{
	uint64_t size;

	if (!parse_number(text, &size) || !size || size > INT64_MAX)
		argp_error(state, "--size %s: not a number of bytes", text);
	options->size = size;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case DEVICE:
	case ARGP_KEY_ARG:
		/* The arguments after -- are a command. */
		if (!strcmp(state->argv[state->next - 2], "--")) {
			set_target(options, arg, state);
			options->command = &state->argv[state->next - 1];
			state->next = state->argc;
			return 0;
		}
		set_target(options, arg, state);
		return 0;
	case TESTS:
	case OLD_TESTS:
		options->globs = arg;
		return 0;
	case LIST:
		options->list = true;
		return 0;
	case SIZE:
		set_size(options, arg, state);
		return 0;
	case WRITE:
		options->may_write = true;
		return 0;
	case SYSTEM:
		may_disturb_system = true;
		return 0;
	case TIMEOUT:
		if (!parse_seconds(arg, 0.1, &options->timeout))
			argp_error(state, "--timeout %s: not a number of seconds", arg);
		return 0;
	case AS:
		if (!profile_named(arg, &options->profile))
			argp_error(state, "--as %s: not memory, dma, registers, ring or readonly",
				   arg);
		options->profile_given = true;
		return 0;
	case SETUP:
		options->setup = arg;
		return 0;
	case FILL:
		if (strcmp(arg, "none"))
			argp_error(state, "--fill %s: the only value is none", arg);
		options->no_fill = true;
		return 0;
	case NO_READ:
		options->no_read = true;
		return 0;
	case BASELINE:
		options->baseline = arg;
		return 0;
	case COMPARE:
		options->compare = arg;
		return 0;
	case WORDS:
		options->words = true;
		return 0;
	case TABLE:
		options->view = &view_table;
		options->examine = false;
		return 0;
	case JSON:
		options->view = &view_json;
		options->form = FORM_JSON;
		return 0;
	case TAP:
		options->view = &view_tap;
		options->examine = false;
		return 0;
	case HTML:
		options->form = FORM_PAGE;
		options->examine = true;
		return 0;
	case REPORT:
		options->form = FORM_REPORT;
		options->examine = true;
		return 0;
	case VERBOSE:
		options->verbose = true;
		return 0;
	case ARGP_KEY_END:
		if (!options->target)
			options->target = options->default_target;
		if (!options->target && !options->list && !options->words)
			argp_error(state, "no TARGET");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

void options_parse(struct options *options, int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "TARGET\n-- COMMAND [ARGUMENT...]",
		.doc = doc,
	};

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
