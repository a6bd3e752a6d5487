// SPDX-License-Identifier: GPL-2.0-only
/* Results for a person, on a terminal of 80 columns: row by row, as they come. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/memory.h"
#include "common/number.h"
#include "common/terminal.h"
#include "run.h"
#include "support/contract.h"
#include "support/target.h"

/* The output does not depend on the terminal, because tables are compared. */
static const struct terminal terminal = {.width = 79};

/* S5.child-store-copies[read] without what comes before and after. */
static void base_name(const struct test *test, char name[128])
{
	const char *begin = strchr(test->name, '.') + 1;

	snprintf(name, 128, "%.*s", (int)strcspn(begin, "["), begin);
}

static bool belong_together(const struct run *run, size_t a, size_t b)
{
	const struct outcome *left = &run->outcomes[a], *right = &run->outcomes[b];

	return left->verdict == right->verdict &&
	       (run->tests[a].row == run->tests[b].row || !strcmp(left->message, right->message));
}

/* The names of a group's tests, each once: a, b[variant], c (3 of 4) */
static void print_names(const struct run *run, const size_t *group, size_t count)
{
	char *text = NULL, name[128];
	size_t size;
	FILE *file = text_stream(&text, &size);

	for (size_t i = 0; i < count;) {
		const struct test *test = &run->tests[group[i]];
		size_t same = 0;

		while (i + same < count && run->tests[group[i + same]].row == test->row)
			same++;
		base_name(test, name);
		fprintf(file, "%s%s", i ? ", " : "", name);
		if (test->row->variant_count && same == 1)
			fputs(strchr(test->name, '['), file);
		else if (test->row->variant_count && same < test->row->variant_count)
			fprintf(file, " (%zu of %zu)", same, test->row->variant_count);
		i += same;
	}
	fclose(file);
	printf("       ");
	terminal_words(&terminal, 7, 7, text);
	free(text);
}

/* Tests that differ in the same way share one entry, with their names. */
static void print_details(const struct run *run, size_t first, size_t count)
{
	bool *told = new_array(count, sizeof(*told));
	size_t *group = new_array(count, sizeof(*group));

	for (size_t i = 0; i < count; i++) {
		const struct outcome *outcome = &run->outcomes[first + i];
		size_t size = 0;

		if (told[i] || (outcome->verdict == PASSED && !run->verbose))
			continue;
		for (size_t j = i; j < count; j++) {
			if (told[j] || (j != i && !belong_together(run, first + i, first + j)))
				continue;
			told[j] = true;
			group[size++] = first + j;
		}
		printf("     %s: ", verdict_word(outcome->verdict));
		terminal_words(&terminal, 7 + strlen(verdict_word(outcome->verdict)), 7,
			       outcome->verdict == PASSED ? run->tests[first + i].row->says
							  : outcome->message);
		print_names(run, group, size);
	}
	free(told);
	free(group);
}

static void begin(const struct run *run)
{
	struct utsname system = {};
	char size[32], page[32];

	uname(&system);
	printf("%s, %s, pages of %s; %s %s %s\n\n", run->target, number_words(target.size, size),
	       number_words(target.page, page), system.sysname, system.release, system.machine);
	printf("%-4s %-14s %s\n", "row", "answer", "what is stated");
}

static void tested(const struct run *run, size_t test)
{
	const char *id = run->tests[test].row->id;
	size_t first = test;
	struct tally tally;

	/* A row is printed when its last test is over. */
	if (test + 1 < run->count && !strcmp(run->tests[test + 1].row->id, id))
		return;
	while (first && !strcmp(run->tests[first - 1].row->id, id))
		first--;
	tally = run_tally_row(run, first);
	printf("%-4s %-14s %s\n", id, verdict_word(tally_verdict(&tally)), contract_says(id));
	print_details(run, first, tally.all);
	fflush(stdout);
}

static void end(const struct run *run)
{
	struct tally rows = run_tally_rows(run);

	printf("\n%zu rows: %zu yes, %zu no, %zu differ, %zu not applicable\n", rows.all,
	       rows.of[PASSED], rows.of[UNSUPPORTED], rows.of[FAILED], rows.of[NOT_APPLICABLE]);
}

const struct view view_table = {begin, tested, end};
