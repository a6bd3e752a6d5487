/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses that may end in a signal. guard_install() is for the process; each access then returns
 * as the signal that ended it:
 *
 *	if (GUARD_BEGIN()) {
 *		at[0] = 1;
 *		GUARD_END();
 *	}
 *	say_signal("store", at);
 */
#ifndef GUARD_H
#define GUARD_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct guard {
	sigjmp_buf point;
	volatile sig_atomic_t armed;
	volatile int signo, code, lsb;
	volatile unsigned char *volatile addr;
};

extern struct guard guard;

/* Signal masks are not saved, which would be a system call for each page. */
#define GUARD_BEGIN() (guard.signo = 0, guard.armed = 1, !sigsetjmp(guard.point, 0))
#define GUARD_END()   (guard.armed = 0)

void guard_install(void);
/* How the access ended; the address of a signal as a distance from base. */
void say_signal(const char *key, const volatile void *base);
const char *guard_text(const volatile void *base);

bool guarded_load(const volatile void *at, unsigned char *value);
bool guarded_store(volatile void *at, unsigned char value);
bool guarded_copy(void *to, const void *from, size_t length);

#endif
