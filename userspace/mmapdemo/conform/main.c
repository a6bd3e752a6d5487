// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo-rows: holds a device to the contract, and says how it went in TAP. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/agent.h"
#include "runner.h"
#include "tap.h"
#include "support/target.h"
#include "support/target_init.h"

static const char usage[] =
	"usage: mmapdemo-rows [--device PATH] [--tests 'S5 V* S1.store-*'] [--list]\n"
	"  --device PATH  what to test (default /dev/mmapdemo); its contents are lost\n"
	"  --tests GLOBS  only the rows or tests that match one of these\n"
	"  --list         name the tests and what each states, run none\n"
	"exit status: 0 all passed, 1 some failed, 2 could not run\n";

static int run(const struct test *tests, size_t count)
{
	size_t failed = 0;

	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		struct outcome outcome = runner_run(&tests[i]);

		tap_print(i + 1, &tests[i], &outcome);
		failed += !outcome_is_good(&outcome);
		outcome_free(&outcome);
	}
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"device", required_argument, NULL, 'd'},
		{"tests", required_argument, NULL, 't'},
		{"list", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{"agent", required_argument, NULL, 'a'}, /* agent.h: ours alone */
		{}};
	const char *device = "/dev/mmapdemo";
	const char *globs = NULL;
	struct test *tests;
	bool list = false;
	size_t count;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			return agent_main(optarg);
		case 'd':
			device = optarg;
			break;
		case 't':
			globs = optarg;
			break;
		case 'l':
			list = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return 2;
	}

	setlinebuf(stdout);
	count = runner_select(globs, &tests);
	if (!count)
		errx(2, "no test matches '%s': --list names them all", globs);
	if (list) {
		for (size_t i = 0; i < count; i++)
			printf("%s\t%s\n", tests[i].name, tests[i].row->says);
		return 0;
	}
	target_init(device, 0);
	target_probe();
	may_disturb_system = true;
	return run(tests, count);
}
