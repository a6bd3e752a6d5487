// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"

/*
 * The process ends with its parent, and Check then ends the test with its process group. A process
 * that is left behind must not hold this program's output open, because a reader would wait for
 * it.
 */
static void separate(int output)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setpgid(0, 0);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
}

void guard_begin(struct guarded *guarded, void (*call)(void *argument, int to), void *argument)
{
	int reports[2], output[2];

	/* A process that prints much does not wait for this one to read it. */
	if (pipe2(reports, O_CLOEXEC) || pipe2(output, O_CLOEXEC | O_NONBLOCK))
		err(2, "pipe");
	fflush(NULL);
	*guarded = (struct guarded){.pid = fork(), .reports = reports[0], .output = output[0]};
	if (guarded->pid < 0)
		err(2, "fork");
	if (!guarded->pid) {
		close(reports[0]);
		separate(output[1]);
		call(argument, reports[1]);
		fflush(NULL);
		_exit(0);
	}
	close(reports[1]);
	close(output[1]);
}

static void show_output(const struct guarded *guarded)
{
	char text[4096];
	ssize_t length;

	while ((length = read(guarded->output, text, sizeof(text))) > 0)
		fwrite(text, length, 1, guarded->show ? guarded->show : stderr);
}

static void forget(struct guarded *guarded)
{
	close(guarded->reports);
	close(guarded->output);
	guarded->pid = 0;
}

ssize_t guard_hear(struct guarded *guarded, void *report, size_t size, double timeout)
{
	struct pollfd poll_fd = {.fd = guarded->reports, .events = POLLIN};
	int ready;

	do
		ready = poll(&poll_fd, 1, timeout * 1000);
	while (ready < 0 && errno == EINTR);
	show_output(guarded);
	if (ready > 0)
		return read(guarded->reports, report, size);
	kill(guarded->pid, SIGKILL);
	forget(guarded);
	return -1;
}

int guard_end(struct guarded *guarded)
{
	int status;

	while (waitpid(guarded->pid, &status, 0) < 0)
		if (errno != EINTR)
			err(2, "waitpid");
	show_output(guarded);
	forget(guarded);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
