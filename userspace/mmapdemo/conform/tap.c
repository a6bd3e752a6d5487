// SPDX-License-Identifier: GPL-2.0-only
/* Results as TAP, with comments where a test is not ok. */
#include <stdio.h>

#include "run.h"

static void print_comment(const struct outcome *outcome)
{
	printf("# %s:%d: ", outcome->file, outcome->line);
	for (const char *c = outcome->message; *c; c++) {
		putchar(*c);
		if (*c == '\n')
			printf("# ");
	}
	putchar('\n');
}

static void begin(const struct run *run)
{
	printf("1..%zu\n", run->count);
}

static void tested(const struct run *run, size_t i)
{
	const struct outcome *outcome = &run->outcomes[i];
	bool ok = outcome->verdict == PASSED || outcome->verdict == NOT_APPLICABLE;

	printf("%s %zu - %s", ok ? "ok" : "not ok", i + 1, run->tests[i].name);
	if (outcome->verdict == NOT_APPLICABLE)
		printf(" # SKIP %s", outcome->message);
	putchar('\n');
	if (!ok) {
		printf("# %s\n", run->tests[i].row->says);
		if (outcome->verdict == UNSUPPORTED)
			printf("# not supported:\n");
		print_comment(outcome);
	}
}

const struct view view_tap = {.begin = begin, .tested = tested};
