/* SPDX-License-Identifier: GPL-2.0-only */
/* The sub-commands. Each gets its own name as argv[0], and returns the exit status. */
#ifndef COMMAND_H
#define COMMAND_H

int bench_main(int argc, char **argv);
int conform_main(int argc, char **argv);

#endif
