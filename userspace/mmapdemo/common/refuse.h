/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that report why something cannot be done. */
#ifndef REFUSE_H
#define REFUSE_H

#include <stdbool.h>

/* Writes the reason, and returns false. */
bool refuse(char reason[256], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the program, status 1, and prints "mmapdemo map: WHY". */
void fail(const char *command, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif
