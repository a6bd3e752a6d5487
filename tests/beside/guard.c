// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"
#include "result.h"

struct guard guard;

static void on_signal(int signo, siginfo_t *info, void *context)
{
	(void)context;
	guard.signo = signo;
	guard.code = info->si_code;
	guard.addr = info->si_addr;
	guard.lsb = 0;
	if (signo == SIGBUS && (info->si_code == BUS_MCEERR_AR || info->si_code == BUS_MCEERR_AO))
		guard.lsb = info->si_addr_lsb;
	if (guard.armed) {
		guard.armed = 0;
		siglongjmp(guard.point, 1);
	}
	/* BUS_MCEERR_AO is an early warning, and not about an access. */
	if (info->si_code == BUS_MCEERR_AO) {
		say("warned", "%d/%d", signo, info->si_code);
		return;
	}
	say("crashed", "%s/%d", sigabbrev_np(signo), info->si_code);
	_exit(3);
}

void guard_install(void)
{
	struct sigaction handler = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER};

	if (sigaction(SIGSEGV, &handler, NULL) || sigaction(SIGBUS, &handler, NULL) ||
	    sigaction(SIGILL, &handler, NULL))
		err(2, "sigaction");
}

const char *guard_text(const volatile void *base)
{
	static char text[80];
	const volatile unsigned char *from = base;
	int length;

	if (!guard.signo)
		return "works";
	length = snprintf(text, sizeof(text), "SIG%s/%d@%td", sigabbrev_np(guard.signo), guard.code,
			  guard.addr - from);
	if (guard.lsb)
		snprintf(text + length, sizeof(text) - length, ",lsb=%d", guard.lsb);
	return text;
}

void say_signal(const char *key, const volatile void *base)
{
	say(key, "%s", guard_text(base));
}

bool guarded_load(const volatile void *at, unsigned char *value)
{
	if (GUARD_BEGIN()) {
		*value = *(const volatile unsigned char *)at;
		GUARD_END();
	}
	return !guard.signo;
}

bool guarded_store(volatile void *at, unsigned char value)
{
	if (GUARD_BEGIN()) {
		*(volatile unsigned char *)at = value;
		GUARD_END();
	}
	return !guard.signo;
}

bool guarded_copy(void *to, const void *from, size_t length)
{
	if (GUARD_BEGIN()) {
		memcpy(to, from, length);
		GUARD_END();
	}
	return !guard.signo;
}
