/* SPDX-License-Identifier: GPL-2.0-only */
/* The cache lines of a window, and who stored to them. */
#ifndef CONTENTION_LINES_H
#define CONTENTION_LINES_H

#include <stdint.h>
#include <stdio.h>

void lines_clear(void);
void lines_load(unsigned int vcpu, uint64_t physical);
/* The code is what stores; the caller called its function, or is 0. */
void lines_store(unsigned int vcpu, uint64_t physical, uint64_t virtual, uint64_t code,
		 uint64_t caller);
/* Writes the counts since lines_clear() as a line of JSON; run is JSON too, of that many bytes. */
void lines_write(FILE *file, const char *run, int run_length);

#endif
