/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The target may block a process for ever, and SIGKILL does not always end that. So the program
 * touches the target only in a process that it can leave behind.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct guarded {
	pid_t pid; /* 0: there is no process, or it was left behind */
	int reports, output;
	FILE *show; /* what the process printed goes there; NULL: standard error */
};

/* Calls the function in such a process, which writes reports of PIPE_BUF bytes at most to `to`. */
void guard_begin(struct guarded *guarded, void (*call)(void *argument, int to), void *argument);

/*
 * Waits for a report, and shows what the process printed. Returns the report's
 * size, 0 if the process has ended, or -1 if it does neither in time: it is then left behind.
 */
ssize_t guard_hear(struct guarded *guarded, void *report, size_t size, double timeout);

/* Waits for the end. Returns the exit status, or 128 + the signal that ended the process. */
int guard_end(struct guarded *guarded);

#endif
