/* SPDX-License-Identifier: GPL-2.0-only */
/* Chooses rows and runs them; the caller shows the results. */
#ifndef RUNNER_H
#define RUNNER_H

#include <stdbool.h>

#include "guard.h"
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
	char *message; /* why; empty when passed */
};

/*
 * The tests that match one of the globs (separated by spaces; each is held
 * against the row's id and the test's name; NULL: all), in the order of the
 * contract. Returns how many.
 */
size_t runner_select(const char *globs, struct test **tests);

/* The remaining tests: a process runs them one after the other, and reports each outcome. */
struct runner {
	const struct test *tests;
	size_t count, next;
	struct guarded guarded;
};

/* The next test's outcome. False: its process is stuck, and that of a next one would be too. */
bool runner_next(struct runner *runner, struct outcome *outcome);
void runner_end(struct runner *runner);
void outcome_free(struct outcome *outcome);

#endif
