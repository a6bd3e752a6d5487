/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations in processes of their own. */
#ifndef RUN_H
#define RUN_H

#include "beside.h"
#include "result.h"

/* Seconds that a process may take. */
extern unsigned int run_limit;

void run_init(void);
/*
 * Runs a function in a child process, with a timeout. All that the child leaves is killed. How it
 * ended is in the result if it did not exit with 0.
 */
void run_child(struct result *result, void (*function)(void *arg), void *arg);

/* One operation of the table on a fresh object. */
void run_op(const struct op *op, const struct setup *setup, enum kind kind, struct result *result);

/* Maps the object at place number i. */
void run_map(struct world *w, size_t i, size_t first, size_t pages, bool shared);

#endif
