/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>

/* The signal that asks the program to end; 0: none has come. */
extern volatile sig_atomic_t stopped_by;

/* From now on SIGINT, SIGTERM, SIGHUP and SIGPIPE set that, and do not end the program. */
void catch_signals(void);

#endif
