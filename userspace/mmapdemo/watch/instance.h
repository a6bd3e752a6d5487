/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's tracepoints, through a separate trace instance, so that no other tracing changes. */
#ifndef TRACING_H
#define TRACING_H

#include <stdbool.h>
#include <stdint.h>

#include "reader.h"

/*
 * Sets up "mmapdemo-USER-PID", with no tracepoint on, to be put back when the
 * program ends; one that a killed program of that USER left behind goes. There is
 * one in a program. NULL with the reason.
 */
struct reader *tracing_begin(const char *user, char reason[256]);

/* One, or with NULL all of them. False, and errno. */
bool tracing_enable(const char *event);
void tracing_stop(void);

#endif
