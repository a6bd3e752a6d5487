// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "row.h"
#include "weather.h"

/* The exit status of a process after a failed assertion, whose message Check has. */
#define CHECK_FAILED 1

bool fork_child(struct peer *peer)
{
	int down[2], up[2];

	ck_assert_int_eq(pipe(down), 0);
	ck_assert_int_eq(pipe(up), 0);
	peer->pid = fork();
	ck_assert_msg(peer->pid >= 0, "fork: %s", strerror(errno));

	/* Each side keeps its own ends only, so that it notices the end of the other. */
	if (peer->pid) {
		close(down[0]);
		close(up[1]);
		peer->from = up[0];
		peer->to = down[1];
		return false;
	}
	close(down[1]);
	close(up[0]);
	peer->from = down[0];
	peer->to = up[1];
	return true;
}

_Noreturn void child_done(void)
{
	_exit(0);
}

void tell(const struct peer *peer, uint64_t value)
{
	/* A process that waits for its peer notices and reports the peer's death. */
	signal(SIGPIPE, SIG_IGN);
	if (write(peer->to, &value, sizeof(value)) != sizeof(value))
		ck_assert_int_eq(errno, EPIPE);
}

uint64_t hear(struct peer *peer)
{
	uint64_t value;
	ssize_t got = read(peer->from, &value, sizeof(value));

	if (got == sizeof(value))
		return value;
	ck_assert_int_eq(got, 0);
	if (peer->pid)
		await_exit(peer);
	ck_abort_msg("the other process ended before its turn");
}

static int reap(struct peer *child)
{
	int status;

	ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
	close(child->from);
	close(child->to);
	/* The child's mappings are gone by now, unless somebody else holds its address space. */
	weather_settle_if_any();
	return status;
}

void await_exit(struct peer *child)
{
	int status = reap(child);

	if (WIFEXITED(status) && WEXITSTATUS(status) == CHECK_FAILED)
		_exit(CHECK_FAILED);
	ck_assert_msg(!WIFSIGNALED(status), "the child was killed by %s",
		      strsignal(WTERMSIG(status)));
	ck_assert_msg(!WEXITSTATUS(status), "the child ended with status %d", WEXITSTATUS(status));
}

_Noreturn void child_stays(struct peer *parent)
{
	pass_turn(parent);
	await_turn(parent);
	child_done();
}

void release_child(struct peer *child)
{
	pass_turn(child);
	await_exit(child);
}

void kill_child(struct peer *child)
{
	int status;

	ck_assert_int_eq(kill(child->pid, SIGKILL), 0);
	status = reap(child);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		      "the child ended before it was killed");
}

bool stay_on_processors(bool first)
{
	cpu_set_t all, some;
	int which = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	if (CPU_COUNT(&all) < 2)
		return false;
	while (!CPU_ISSET(which, &all))
		which++;
	CPU_ZERO(&some);
	CPU_SET(which, &some);
	if (!first)
		CPU_XOR(&some, &some, &all);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(some), &some), 0);
	return true;
}
