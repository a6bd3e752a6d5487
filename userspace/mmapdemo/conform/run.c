// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

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
