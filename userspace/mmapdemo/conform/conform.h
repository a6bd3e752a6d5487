/* SPDX-License-Identifier: GPL-2.0-only */
/* One front for two programs, which differ in what they do by default. */
#ifndef CONFORM_H
#define CONFORM_H

#include "options.h"

/* Runs the command line's tests, and returns the exit status. */
int conform(int argc, char **argv, struct options options);

#endif
