/* SPDX-License-Identifier: GPL-2.0-only */
/* The diagnosis of a target: the findings, from the worst on, and the tests that did not run. */
#ifndef DIAGNOSIS_H
#define DIAGNOSIS_H

#include <stdbool.h>
#include <stdio.h>

#include "probing.h"
#include "run.h"

struct found {
	const struct finding *finding;
	enum class class;
	const char *shows;  /* by the first test that found it */
	const char **tests; /* all of them */
	size_t count;
};

struct diagnosis {
	const char *target;
	char driver[96]; /* its name and version, as far as the kernel tells */
	char system[160];
	const char *profile_why;
	const struct probing *probing;
	const struct run *run; /* the rows, or NULL */
	struct found *found;   /* by class */
	size_t count;
	size_t of[CLASSES];    /* how many findings of a class */
	size_t fine;	       /* tests that hold */
	size_t not_applicable; /* tests */
	bool verbose;
};

void diagnosis_make(struct diagnosis *diagnosis, const struct probing *probing,
		    enum profile profile);
void diagnosis_free(struct diagnosis *diagnosis);

/* Each shows all of it. */
void show_text(const struct diagnosis *diagnosis);
void show_report(const struct diagnosis *diagnosis);
void show_page(const struct diagnosis *diagnosis);
void show_json(const struct diagnosis *diagnosis);

/* "shared memory of 128 KiB": what the size is and where it comes from */
const char *size_words(char words[120]);

/*
 * Prints the differences between the findings of two files that --json wrote, or of one and a
 * diagnosis. Returns their number. A file that cannot be read ends the program.
 */
size_t compare_files(const char *before, const char *after);
size_t compare_diagnosis(const char *before, const struct diagnosis *diagnosis, FILE *to);

#endif
