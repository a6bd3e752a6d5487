/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls that a sandbox or a limit refuses for all memory. */
#ifndef DENIED_H
#define DENIED_H

/* Tries each on memory of the program's own. */
void denied_find(void);
/* Why the test of this name cannot run, or NULL. */
const char *denied_to(const char *test);
/* Why this call, such as "mprotect()", cannot be made, or NULL. */
const char *denied_call(const char *name);

#endif
