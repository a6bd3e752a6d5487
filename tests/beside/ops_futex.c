// SPDX-License-Identifier: GPL-2.0-only
/* Futexes in the mapping: contract M5, M17. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "facts.h"
#include "guard.h"
#include "newer.h"
#include "ops.h"
#include "result.h"
#include "run.h"

static long futex(void *at, int op, uint32_t value, const struct timespec *limit)
{
	return syscall(SYS_futex, at, op, value, limit, NULL, 0);
}

static const struct timespec moment = {.tv_nsec = 10000000};

/* arg is the operation and the expected value. No second process takes part. */
void op_futex(struct world *w, const long *arg)
{
	say_ret("ret", futex(world_at(w) + 64, arg[0], arg[1], &moment));
	say_ret("odd", futex(world_at(w) + 65, arg[0], arg[1], &moment));
}

static void sleep_a_moment(void)
{
	nanosleep(&moment, NULL);
}

/*
 * A child waits in the mapping that it has inherited. The parent wakes it in another mapping of the
 * same page. A wait that nobody ends takes 0.3 s, or longer on a busy machine.
 */
void op_futex_wake(struct world *w, const long *arg)
{
	long most = 30 * run_limit; /* milliseconds */
	struct timespec limit = {most / 1000, most % 1000 * 1000000};
	unsigned char *other = mmap(place_of(PLACE_FACTS), world_bytes(w), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_FIXED, w->fd, world_offset(w));
	long woken = 0;
	uint32_t value;
	pid_t child;

	if (other == MAP_FAILED || !guarded_copy(&value, world_at(w) + 64, sizeof(value))) {
		say("ret", "no access");
		return;
	}
	child = fork();
	if (!child) {
		say_done("wait", !futex(world_at(w) + 64, FUTEX_WAIT | arg[0], value, &limit));
		_exit(0);
	}
	for (int i = 0; i < most / 5 && !woken; i++) {
		sleep_a_moment();
		woken = futex(other + 64, FUTEX_WAKE | arg[0], 1, NULL);
		if (waitpid(child, NULL, WNOHANG) == child)
			break;
	}
	say_ret("woken", woken);
	waitpid(child, NULL, 0);
}

void op_futex_waitv(struct world *w, const long *arg)
{
	struct futex_waitv words[2] = {
		{.val = arg[0], .uaddr = (uintptr_t)(world_at(w) + 64), .flags = arg[1]},
		{.val = arg[0], .uaddr = (uintptr_t)(world_at(w) + page_size), .flags = arg[1]},
	};
	struct timespec limit;

	clock_gettime(CLOCK_MONOTONIC, &limit);
	say_ret("ret", syscall(SYS_FUTEX_WAITV, words, 2, 0, &limit, CLOCK_MONOTONIC));
}

/* Linux 6.7 added futex_wake() and futex_wait(). */
void op_futex2(struct world *w, const long *arg)
{
	struct timespec limit;

	clock_gettime(CLOCK_MONOTONIC, &limit);
	say_ret("wake", syscall(SYS_FUTEX_WAKE, world_at(w) + 64, ~0ul, 1, arg[0]));
	say_ret("wait", syscall(SYS_FUTEX_WAIT, world_at(w) + 64, 1ul, ~0ul, arg[0], &limit,
				CLOCK_MONOTONIC));
}
