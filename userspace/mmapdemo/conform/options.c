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
	 "only these rows or tests: 'S* M1 S5.child-*'; 'D.*' is what any driver is asked", 0},
	{"rows", OLD_TESTS, "GLOBS", OPTION_HIDDEN, NULL, 0},
	{"list", LIST, NULL, 0, "name the tests and what each states, run none", 0},
	{"size", SIZE, "N[K|M|G]", 0, "of what is made, or does not say how large it is", 0},
	{"write", WRITE, NULL, 0, "the target may be overwritten", 0},
	{"as", AS, "PROFILE", 0,
	 "what it is: memory, dma, registers, ring or readonly (default: guessed, and said)", 0},
	{"setup", SETUP, "CMD", 0,
	 "a command to run first: it gets the target's path, and descriptor 3 open, which the "
	 "tests go on with",
	 0},
	{"fill", FILL, "none", 0, "do not write() anything before it is mapped", 0},
	{"no-read", NO_READ, NULL, 0, "do not call read(), which can take data away", 0},
	{"baseline", BASELINE, "FILE", 0,
	 "findings that are known, as --json wrote them: exit 1 if others are found, or one is "
	 "gone",
	 0},
	{"compare", COMPARE, "FILE", 0,
	 "test nothing: say how the findings in the file TARGET differ from those in FILE", 0},
	{"words", WORDS, NULL, OPTION_HIDDEN, NULL, 0},
	{"system", SYSTEM, NULL, 0,
	 "tests may disturb the system: settings, caches, control groups, much of its memory; some "
	 "retire frames by MADV_HWPOISON, which the kernel never uses again",
	 0},
	{"timeout", TIMEOUT, "SECONDS", 0, "for each test (default: its own, mostly 30)", 0},
	{"json", JSON, NULL, 0, "results as JSON", 1},
	{"html", HTML, NULL, 0, "findings as a page", 1},
	{"report", REPORT, NULL, 0, "findings as text to attach to a patch", 1},
	{"table", TABLE, NULL, 0, "the rows of the contract alone, as a table", 1},
	{"tap", TAP, NULL, 0, "the rows alone, as TAP", 1},
	{"verbose", VERBOSE, NULL, 0, "say which tests found what, what is fine, and the rows", 1},
	{},
};

static const char doc[] =
	"Says what is wrong with a driver that can be mapped: what is broken, what is missing, and "
	"what is a choice, with the likely cause and the cure of each.\n\n"
	"TARGET:\n" TARGET_SPECS HANDED_SPECS "\v"
	"Without --write, a run opens, maps, loads and at last read()s the target, which can have "
	"side effects and take data away, and stores and write()s only to what the command made or "
	"a device of the module. Each test runs in a process of its own, so a driver that crashes "
	"or hangs is a result. Frame numbers, mounts and most limits take root to test.\n\n"
	"With --table or --tap the rows of the contract of a mapped file are tested alone: yes, "
	"no, differs, or not applicable. mmapdemo-rows does that in a VM: it shows TAP, its TARGET "
	"is /dev/mmapdemo if none is named, and --write and --system are always on.\n\n"
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
		/* What follows -- is a command. */
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
			argp_error(state, "--fill %s: it can be none", arg);
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
