/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts about a machine that decide how long operations take. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

/* Prints it, a line for each fact. */
void machine_show(void);

#endif
