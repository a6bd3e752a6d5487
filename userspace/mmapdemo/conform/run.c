// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "run.h"

const char *verdict_word(enum verdict verdict)
{
	static const char *const words[] = {
		[PASSED] = "yes",
		[FAILED] = "differs",
		[UNSUPPORTED] = "no",
		[NOT_APPLICABLE] = "not applicable",
	};

	return words[verdict];
}

struct tally run_tally_row(const struct run *run, size_t first)
{
	const char *id = run->tests[first].row->id;
	struct tally tally = {};

	for (size_t i = first; i < run->count && !strcmp(run->tests[i].row->id, id); i++) {
		tally.of[run->outcomes[i].verdict]++;
		tally.all++;
	}
	return tally;
}

enum verdict tally_verdict(const struct tally *tally)
{
	if (tally->of[NOT_APPLICABLE] == tally->all)
		return NOT_APPLICABLE;
	if (!tally->of[FAILED] && !tally->of[UNSUPPORTED])
		return PASSED;
	return tally->of[PASSED] ? FAILED : UNSUPPORTED;
}

struct tally run_tally_rows(const struct run *run)
{
	struct tally rows = {};

	for (size_t i = 0; i < run->count;) {
		struct tally row = run_tally_row(run, i);

		rows.of[tally_verdict(&row)]++;
		rows.all++;
		i += row.all;
	}
	return rows;
}

void run_choose(struct run *run, const char *globs, double timeout)
{
	run->count = runner_select(globs, &run->tests);
	if (!run->count)
		errx(2, "no row or test matches '%s': --list names them all", globs);
	run->outcomes = new_array(run->count, sizeof(*run->outcomes));
	for (size_t i = 0; timeout && i < run->count; i++)
		run->tests[i].timeout = timeout;
}

void run_free(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		outcome_free(&run->outcomes[i]);
	free(run->outcomes);
	free(run->tests);
}
