/* SPDX-License-Identifier: GPL-2.0-only */
/* A run of tests against a target, and the views of its results. */
#ifndef RUN_H
#define RUN_H

#include <stddef.h>

#include "runner.h"

struct run {
	const char *target; /* as it was named */
	struct test *tests;
	struct outcome *outcomes;
	size_t count;
	bool verbose;
};

/* begin() before all, tested() after each test, end() after all; each may be unset. */
struct view {
	void (*begin)(const struct run *run);
	void (*tested)(const struct run *run, size_t test);
	void (*end)(const struct run *run);
};

/* Chooses the tests that match the globs; each may take so many seconds, if not 0. */
void run_choose(struct run *run, const char *globs, double timeout);
void run_free(struct run *run);

extern const struct view view_table, view_json, view_tap;

/* yes, no (it cannot), differs (it does something else), not applicable */
const char *verdict_word(enum verdict verdict);

/* How many of some tests had which verdict. */
struct tally {
	size_t of[NOT_APPLICABLE + 1];
	size_t all;
};

/* The tally of the row that begins with this test; the row ends where the tally does. */
struct tally run_tally_row(const struct run *run, size_t first);
/* no: nothing of the row holds; differs: some of it. */
enum verdict tally_verdict(const struct tally *tally);
/* The tally of the rows' verdicts. */
struct tally run_tally_rows(const struct run *run);

#endif
