/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is tested may hold a process for ever, where not even SIGKILL helps. So
 * whatever touches it does so in a process that can be left behind.
 */
#ifndef GUARD_H
#define GUARD_H

#include "runner.h"

/* Runs a test. False: its process is stuck, and a next one would be too. */
bool guard_run(const struct test *test, struct outcome *outcome);

/*
 * Calls it in a process of its own, whose errors are shown; returns its exit
 * status, or -1 if it is stuck.
 */
int guard_call(void (*call)(void *), void *argument, double timeout);

#endif
