// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "facts.h"
#include "guard.h"
#include "object.h"
#include "run.h"

unsigned int run_limit = 10;

const struct setup setups[SETUPS] = {
	{"shared", false, true, 4},
	{"private", false, false, 4},
	{"hole", false, true, SMALL_HOLE - 2},
	{"private-hole", false, false, SMALL_HOLE - 2},
	{"end", false, true, SMALL_PAGES - 2},
	{"huge", true, true, 4},
	{"huge-private", true, false, 4},
};

/* Orphans come to this process, which ends them. On one processor, memory is of one node. */
void run_init(void)
{
	cpu_set_t first;
	sigset_t child;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first))
		warn("sched_setaffinity");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		err(2, "PR_SET_CHILD_SUBREAPER");
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, NULL))
		err(2, "sigprocmask");
}

static long left_ms(const struct timespec *until)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (until->tv_sec - now.tv_sec) * 1000 + (until->tv_nsec - now.tv_nsec) / 1000000;
}

/* True if the child ended in time. */
static bool await(pid_t child, int *status)
{
	struct timespec until;
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += run_limit;
	for (;;) {
		long left = left_ms(&until);
		struct timespec wait = {left / 1000, left % 1000 * 1000000};

		if (waitpid(child, status, WNOHANG) == child)
			return true;
		if (left <= 0)
			return false;
		sigtimedwait(&wanted, NULL, &wait);
	}
}

static void kill_all(pid_t child)
{
	kill(-child, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void in_child(struct result *result, void (*function)(void *arg), void *arg)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	result_select(result);
	guard_install();
	place_init();
	function(arg);
	_exit(0);
}

void run_child(struct result *result, void (*function)(void *arg), void *arg)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child < 0)
		err(2, "fork");
	if (!child)
		in_child(result, function, arg);
	setpgid(child, child);
	result_select(result);
	if (!await(child, &status)) {
		say("end", "after %u s still running", run_limit);
		kill(child, SIGKILL);
	} else if (WIFSIGNALED(status)) {
		say("end", "signal %s", sigabbrev_np(WTERMSIG(status)));
	} else if (WEXITSTATUS(status)) {
		say("end", "status %d", WEXITSTATUS(status));
	}
	kill_all(child);
}

void run_map(struct world *w, size_t i, size_t first, size_t pages, bool shared)
{
	unsigned char *at =
		mmap(place_of(i), pages * page_size, PROT_READ | PROT_WRITE,
		     (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED, w->fd, first * page_size);

	if (at == MAP_FAILED) {
		say("mmap", "%s", errno_name(errno));
		_exit(4);
	}
	w->maps[i] = (struct mapping){at, pages, first, shared};
}

struct job {
	const struct op *op;
	const struct setup *setup;
	struct world w;
};

/* The first page of the range was read, the second was written to by a store. */
static void do_op(void *arg)
{
	struct job *job = arg;
	struct world *w = &job->w;
	unsigned char byte;

	run_map(w, 0, 0, w->pages + PAST_END, job->setup->shared);
	w->map = &w->maps[0];
	w->page = job->setup->page;
	w->count = 4;
	guarded_load(world_at(w), &byte);
	guarded_store(world_at(w) + page_size + 8, 0xa5);
	job->op->run(w, job->op->arg);
	facts_say(w);
}

void run_op(const struct op *op, const struct setup *setup, enum kind kind, struct result *result)
{
	struct job job = {.op = op, .setup = setup};

	result->length = 0;
	result->text[0] = '\0';
	object_make(&job.w, kind, setup->huge ? HUGE : PAGES);
	run_child(result, do_op, &job);
	object_drop(&job.w);
}
