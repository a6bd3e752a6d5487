// SPDX-License-Identifier: GPL-2.0-only
/* A diagnosis as text: for a terminal, and to attach to a patch. */
#include <argp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/terminal.h"
#include "support/target.h"
#include "diagnosis.h"
#include "kernel_log.h"

/* The output does not depend on the terminal, because reports are compared. */
static const struct terminal terminal = {.width = 79};

static void show_found(const struct found *found)
{
	char text[1200];

	snprintf(text, sizeof(text), "%s: %s", found->finding->says, found->shows);
	printf("%s: %s: ", class_word(found->class), found->finding->slug);
	terminal_words(&terminal,
		       strlen(class_word(found->class)) + strlen(found->finding->slug) + 4, 4,
		       text);
	printf("    likely cause: ");
	terminal_words(&terminal, 18, 6, found->finding->cause);
	printf("    cure: docs/drivers.md, \"%s\"\n", found->finding->cure);
}

static void show_tests(const struct found *found)
{
	char *text = NULL;
	size_t size;
	FILE *file = text_stream(&text, &size);

	for (size_t i = 0; i < found->count; i++)
		fprintf(file, "%s%s", i ? ", " : "", found->tests[i]);
	fclose(file);
	printf("    found by: ");
	terminal_words(&terminal, 14, 6, text);
	free(text);
}

static void show_summary(const struct diagnosis *diagnosis)
{
	printf("broken          %3zu   breaks POSIX or a rule of the kernel\n",
	       diagnosis->of[BROKEN]);
	printf("missing         %3zu   programs lose something by it\n", diagnosis->of[MISSING]);
	printf("choice          %3zu   differs from a file, and is allowed to\n",
	       diagnosis->of[CHOICE]);
	printf("fine            %3zu   tests hold\n", diagnosis->fine);
	printf("not applicable  %3zu   tests, because of what it is or of how it was run\n",
	       diagnosis->not_applicable);
}

static void show_log(const struct diagnosis *diagnosis)
{
	const char *line = diagnosis->probing->kernel_log;

	if (!kernel_log_is_open())
		printf("\n/dev/kmsg cannot be read: what the kernel logs is not known (root may "
		       "read it)\n");
	if (!line)
		return;
	printf("\nthe kernel's lines:\n");
	while (*line) {
		size_t length = strcspn(line, "\n");

		printf("    %.*s\n", (int)length, line);
		line += length + (line[length] == '\n');
	}
}

static void show_all_found(const struct diagnosis *diagnosis, bool tests)
{
	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct found *found = &diagnosis->found[i];

		if (found->class == FINE && !diagnosis->verbose)
			continue;
		putchar('\n');
		show_found(found);
		if (tests)
			show_tests(found);
	}
	show_log(diagnosis);
}

/* Tests that did not run for the same reason share one entry. */
static void show_not_applicable(const struct probing *probing)
{
	bool first = true;

	for (size_t i = 0; i < probing->count; i++) {
		const struct outcome_words *outcome = &probing->outcomes[i];
		size_t same = 0, before = 0;
		char text[800];

		for (size_t j = 0; outcome->not_applicable && j < probing->count; j++) {
			if (!probing->outcomes[j].not_applicable ||
			    strcmp(probing->outcomes[j].shows, outcome->shows))
				continue;
			same++;
			before += j < i;
		}
		if (!outcome->not_applicable || before)
			continue;
		if (first)
			printf("\nnot applicable:\n");
		first = false;
		if (same > 1)
			snprintf(text, sizeof(text), "%s and %zu more, because %s", outcome->test,
				 same - 1, outcome->shows);
		else
			snprintf(text, sizeof(text), "%s, because %s", outcome->test,
				 outcome->shows);
		printf("    ");
		terminal_words(&terminal, 4, 6, text);
	}
}

void show_text(const struct diagnosis *diagnosis)
{
	char size[120];

	printf("%s: %s; %s; profile %s, because %s\n\n", diagnosis->target, size_words(size),
	       diagnosis->system, profile_word(facts->profile), diagnosis->profile_why);
	show_summary(diagnosis);
	show_all_found(diagnosis, diagnosis->verbose);
	if (diagnosis->verbose)
		show_not_applicable(diagnosis->probing);
}

void show_report(const struct diagnosis *diagnosis)
{
	char size[120];

	printf("%s\n", argp_program_version ? argp_program_version : "mmapdemo-rows");
	printf("target:  %s, %s\n", diagnosis->target, size_words(size));
	printf("driver:  %s\n", *diagnosis->driver ? diagnosis->driver : "unknown");
	printf("kernel:  %s\n", diagnosis->system);
	printf("profile: %s, because %s\n", profile_word(facts->profile), diagnosis->profile_why);
	printf("stores:  %s\n\n", facts->may_write ? "allowed (--write)" : "none");
	show_summary(diagnosis);
	show_all_found(diagnosis, true);
	show_not_applicable(diagnosis->probing);
}
