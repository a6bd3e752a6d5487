/* SPDX-License-Identifier: GPL-2.0-only */
/* Random programs of the table's operations. */
#ifndef RANDOM_H
#define RANDOM_H

#include "beside.h"

/* True if no program differs. Tests are numbered from the number on that comes after the last. */
bool random_run(uint64_t seed, uint64_t programs, int last);
bool random_replay(const char *path, int number);

/* main.c: is the operation to be done in this setup, of which this is the name? */
bool op_wanted(const struct op *op, const struct setup *setup, char name[80]);

#endif
