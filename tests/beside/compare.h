/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdbool.h>

#include "beside.h"
#include "result.h"

/*
 * Compares what the device did with what the files did. A fact is as it should be if one of the two
 * files has the same. Each other one is printed as a comment unless it is known. Returns whether
 * all are as they should be, or known.
 */
bool compare(const char *operation, struct result *const results[KINDS], bool print);

/* The same without the facts of page tables alone. Prints nothing. */
bool compare_contents(const char *operation, struct result *const results[KINDS]);

/* From now on what concerns page tables alone is not compared: it depends on what is mapped. */
void compare_contents_only(void);

#endif
