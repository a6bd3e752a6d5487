/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of the contract as a part of an examination. */
#ifndef ROWS_H
#define ROWS_H

#include "options.h"
#include "probing.h"
#include "run.h"

/* Finds or makes the target and learns how it reads and writes, for rows: a guarded call. */
void prepare_rows(void *options, int to);

/* Why no row can be run here, whatever the target is, or NULL. */
const char *rows_lack(void);

/*
 * What a failure says of a system call that is refused for all memory is nothing about the target.
 * A crash or a hang stays one. denied_find() comes before.
 */
void rows_forgive(const struct test *test, struct outcome *outcome);

/*
 * Chooses rows that suit the target, and adds their outcomes. why: NULL, or why none is run. The
 * run is left with what was run.
 */
void examine_rows(const struct options *options, struct run *run, struct probing *probing,
		  const char *why);

#endif
