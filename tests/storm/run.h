/* SPDX-License-Identifier: GPL-2.0-only */
/* The storm's processes: main() calls these in this order. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>

#include "storm.h"

/* Exit statuses; a command that fails passes its own status through. */
enum {
	CALM = 90,	  /* a disturbance had no effect */
	NOT_BEGUN = 91,	  /* usage, or a disturbance cannot work here */
	NOT_RESTORED = 92 /* a setting did not get its value back */
};

/* Prepares and starts the chosen disturbances, or exits and says which one cannot work. */
const struct tally *run_begin(const bool *chosen);
/* Runs the command and waits for its end. Returns its status as a shell shows it. */
int run_command(char **argv);
/* Ends the disturbances. Returns whether all settings have their values back. */
bool run_end(void);

#endif
