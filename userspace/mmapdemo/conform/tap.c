// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "tap.h"

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

void tap_print(size_t number, const struct test *test, const struct outcome *outcome)
{
	bool ok = outcome_is_good(outcome);

	printf("%s %zu - %s", ok ? "ok" : "not ok", number, test->name);
	if (outcome->verdict == NOT_APPLICABLE)
		printf(" # SKIP %s", outcome->message);
	putchar('\n');
	if (!ok) {
		printf("# %s\n", test->row->says);
		if (outcome->verdict == UNSUPPORTED)
			printf("# not supported:\n");
		print_comment(outcome);
	}
}
