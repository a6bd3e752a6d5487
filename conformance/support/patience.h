/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a test waits. */
#ifndef PATIENCE_H
#define PATIENCE_H

/* Seconds on a clock that nobody sets. */
double seconds_now(void);

/* The factor of all limits, MMAPDEMO_TIMEOUT_SCALE, for a slow machine. */
unsigned int busy_factor(void);

#endif
