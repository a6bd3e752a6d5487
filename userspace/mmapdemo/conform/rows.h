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
 * A failure of a system call that is refused for all memory does not concern the target. A crash
 * or a hang stays one. Call denied_find() before.
 */
void rows_forgive(const struct test *test, struct outcome *outcome);

/*
 * Chooses rows that suit the target, and adds their outcomes. why: NULL, or why none runs. The run
 * then has the rows that ran.
 */
void examine_rows(const struct options *options, struct run *run, struct probing *probing,
		  const char *why);

#endif
