/* SPDX-License-Identifier: GPL-2.0-only */
/* Chooses rows and runs them; how results are shown is the caller's affair. */
#ifndef RUNNER_H
#define RUNNER_H

#include <stdbool.h>

#include "support/row.h"

struct test {
	const struct row *row;
	int variant;
	double timeout; /* seconds */
	char name[128]; /* S5.child-store-copies[written] */
};

enum verdict { PASSED, FAILED, UNSUPPORTED, NOT_APPLICABLE };

struct outcome {
	enum verdict verdict;
	char *file; /* where, and */
	int line;
	char *message; /* why; both unset when passed */
};

/*
 * The tests that match one of the globs (separated by spaces; each is held
 * against the row's id and the test's name; NULL: all), in the order of the
 * contract. Returns how many.
 */
size_t runner_select(const char *globs, struct test **tests);

struct outcome runner_run(const struct test *test);
/* Passed, or had nothing to say of this target. */
bool outcome_is_good(const struct outcome *outcome);
void outcome_free(struct outcome *outcome);

#endif
