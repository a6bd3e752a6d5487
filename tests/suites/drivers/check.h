/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions that the programs of this folder share. */
#ifndef DRIVERS_CHECK_H
#define DRIVERS_CHECK_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                   \
	do {                                                                               \
		if (!(condition)) {                                                        \
			printf("%s:%d: not so: %s (%s)\n", __FILE__, __LINE__, #condition, \
			       strerror(errno));                                           \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

static long page;

static inline void fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static sigjmp_buf resume;

static inline void on_signal(int signal)
{
	siglongjmp(resume, signal);
}

static inline void begin(void)
{
	page = sysconf(_SC_PAGESIZE);
	signal(SIGBUS, on_signal);
}

/* The signal that a load raises, or 0. The load is of 32 bits, as registers want it. */
static inline int load(const volatile void *at, unsigned int *value)
{
	int signal = sigsetjmp(resume, 1);

	if (!signal)
		*value = *(const volatile unsigned int *)at;
	return signal;
}

/* Whether a load is SIGBUS. */
static inline int dies(const volatile void *at)
{
	unsigned int value;

	return load(at, &value) == SIGBUS;
}

#endif
