/* SPDX-License-Identifier: GPL-2.0-only */
/* A driver's examination: probes, then rows if they make sense, then the diagnosis. */
#ifndef EXAMINE_H
#define EXAMINE_H

#include "options.h"
#include "diagnosis.h"

/* Ends the program with status 2 if tests must not touch the target. */
void refuse_target(const char *path);

/* Examines the target, shows the diagnosis, and returns the exit status. */
int examine(const struct options *options);

/* Prints findings.c's table, for its own test. */
void show_words(void);

#endif
