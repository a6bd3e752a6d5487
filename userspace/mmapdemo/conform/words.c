// SPDX-License-Identifier: GPL-2.0-only
/* The table of findings.c, for the test that nothing is without words. */
#include <stdio.h>
#include <stdlib.h>

#include "examine.h"
#include "run.h"

static void show_test(const char *name, const char *const *keys)
{
	for (; *keys; keys++) {
		const struct finding *finding = finding_of(name, *keys);

		printf("test\t%s\t%s\t%s\n", name, *keys, finding ? finding->slug : "NONE");
	}
}

static void show_probes(const struct probe *probes)
{
	static const char *const keys[] = {"timeout", "stuck",	      "killed",		"sigbus",
					   "sigsegv", "kernel-crash", "kernel-warning", NULL};

	for (; probes->name; probes++)
		show_test(probes->name, keys);
}

static void show_rows(void)
{
	static const char *const keys[] = {"failed",  "unsupported", "signal", "refused",
					   "timeout", "stuck",	     NULL};
	struct run run = {};

	run_choose(&run, NULL, 0);
	for (size_t i = 0; i < run.count; i++)
		show_test(run.tests[i].name, keys);
	run_free(&run);
}

void show_words(void)
{
	for (size_t i = 0; i < findings_count(); i++) {
		const struct finding *finding = finding_at(i);

		printf("finding\t%s\t%s\t%s\n", finding->slug, class_word(finding->as[AS_MEMORY]),
		       finding->cure);
	}
	show_probes(survey_probes);
	for (size_t i = 0; surveyed_probes[i]; i++)
		show_probes(surveyed_probes[i]);
	show_probes(read_probes);
	show_probes(last_probes);
	show_rows();
}
