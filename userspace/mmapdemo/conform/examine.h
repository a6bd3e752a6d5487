/* SPDX-License-Identifier: GPL-2.0-only */
/* A driver's examination: probes, then rows where they make sense, then the diagnosis. */
#ifndef EXAMINE_H
#define EXAMINE_H

#include "options.h"
#include "diagnosis.h"

/* Ends the program, with status 2, where the target is none that tests may touch. */
void refuse_target(const char *path);

/* Examines the target, shows the diagnosis, and returns the exit status. */
int examine(const struct options *options);

/* Prints what the test of findings.c itself wants to know. */
void show_words(void);

#endif
