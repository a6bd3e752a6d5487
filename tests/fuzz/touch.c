// SPDX-License-Identifier: GPL-2.0-only
/* Loads and stores that may end in a signal. */
#define _GNU_SOURCE
#include <err.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

static __thread sigjmp_buf before;
static __thread volatile sig_atomic_t expected;
static __thread volatile struct fault caught;
static __thread void *volatile address;

static void on_signal(int signo, siginfo_t *info, void *context)
{
	(void)context;
	if (!expected) { /* our own mistake, or the kernel's */
		signal(signo, SIG_DFL);
		return;
	}
	caught.signo = signo;
	caught.code = info->si_code;
	address = info->si_addr;
	siglongjmp(before, 1);
}

/* Without SA_NODEFER, each would take a system call to undo. */
void touch_init(void)
{
	struct sigaction handler = {
		.sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	if (sigaction(SIGSEGV, &handler, NULL) || sigaction(SIGBUS, &handler, NULL))
		err(2, "sigaction");
}

/* All in one page. */
static struct fault touch(void *to, const void *from, size_t length, const void *where)
{
	caught.signo = caught.code = 0;
	if (!sigsetjmp(before, 0)) {
		expected = 1;
		memcpy(to, from, length);
		atomic_signal_fence(memory_order_seq_cst);
	}
	expected = 0;
	if (caught.signo && ((uintptr_t)address ^ (uintptr_t)where) / world->page)
		mismatch("a signal for %p tells of address %p", where, address);
	return caught;
}

struct fault touch_load(const unsigned char *from, void *to, size_t length)
{
	return touch(to, from, length, from);
}

struct fault touch_store(unsigned char *to, const void *from, size_t length)
{
	return touch(to, from, length, to);
}
