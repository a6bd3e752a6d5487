// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <stdint.h>

#include "common/number.h"
#include "options.h"
#include "support/target.h"
#include "support/target_init.h"

enum { DEVICE = 'd', OLD_TESTS = 'r', SIZE = 's', VERBOSE = 'v' };
enum { TESTS = 256, LIST, WRITE, SYSTEM, TIMEOUT, TABLE, JSON, TAP };

static const struct argp_option argp_options[] = {
	{"device", DEVICE, "TARGET", 0, "the same as TARGET alone", 0},
	{"tests", TESTS, "GLOBS", 0, "only these rows or tests: 'S* M1 S5.child-*'", 0},
	{"rows", OLD_TESTS, "GLOBS", OPTION_HIDDEN, NULL, 0},
	{"list", LIST, NULL, 0, "name the tests and what each states, run none", 0},
	{"size", SIZE, "N[K|M|G]", 0, "of what is made, or does not say how large it is", 0},
	{"write", WRITE, NULL, 0, "the target may be overwritten", 0},
	{"system", SYSTEM, NULL, 0,
	 "tests may disturb the system: settings, caches, control groups, much of its memory; "
	 "some retire frames by MADV_HWPOISON, which the kernel never uses again",
	 0},
	{"timeout", TIMEOUT, "SECONDS", 0, "for each test (default: its own, mostly 30)", 0},
	{"table", TABLE, NULL, 0, "results as a table", 1},
	{"json", JSON, NULL, 0, "results as JSON", 1},
	{"tap", TAP, NULL, 0, "results as TAP", 1},
	{"verbose", VERBOSE, NULL, 0, "list in the table the tests that hold, too", 1},
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
	"`mmapdemo conform' shows a table. mmapdemo-rows is the same program for tests in a VM: "
	"it shows TAP, its TARGET is /dev/mmapdemo if none is named, and --write and --system "
	"are always on.\n"
	"\n"
	"Exit status: 0 every row is yes or not applicable; 1 one is not; 2 it could not "
	"be tested.";

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
	case TABLE:
		options->view = &view_table;
		return 0;
	case JSON:
		options->view = &view_json;
		return 0;
	case TAP:
		options->view = &view_tap;
		return 0;
	case VERBOSE:
		options->verbose = true;
		return 0;
	case ARGP_KEY_END:
		if (!options->target)
			options->target = options->default_target;
		if (!options->target && !options->list)
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
		.args_doc = "TARGET",
		.doc = doc,
	};

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
