/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the probes, and keeps their reports. */
#ifndef PROBING_H
#define PROBING_H

#include <stdbool.h>
#include <stddef.h>

#include "probe.h"

/* One outcome of one test: of a probe, or of a row. */
struct outcome_words {
	const char *test;
	const struct finding *finding; /* NULL: it holds, or is not applicable */
	char *shows;		       /* what shows it; or why it is not applicable */
	bool not_applicable;
};

struct probing {
	struct outcome_words *outcomes;
	size_t count;
	char *kernel_log; /* of a crash, or NULL */
	bool stuck;	  /* a process of it does not end: no more tests run */
	bool crashed;	  /* the kernel crashed, which later results may follow from */
};

/* The probes of a table, which ends with a probe without a name. */
void probing_run(struct probing *probing, const struct probe *probes);
/* One outcome more. The finding is looked up by the test's name and the key; key NULL: it holds. */
void probing_add(struct probing *probing, const char *test, const char *key, const char *shows);
void probing_skip(struct probing *probing, const char *test, const char *why);
/* Adds the kernel's log since the last call; true if it has an oops or a warning. */
bool probing_look_at_log(struct probing *probing, const char *test);
void probing_free(struct probing *probing);

#endif
