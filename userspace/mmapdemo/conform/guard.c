// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/memory.h"
#include "guard.h"

/* For Check, which ends a test in time where SIGKILL ends it, and for a slow machine. */
#define GRACE 10.0

struct guarded {
	pid_t pid;
	int from; /* becomes readable when it has a result, or has ended */
};

/* Who reads our output waits for all who could still write there. */
static void let_go_of_output(int errors)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(nowhere, STDOUT_FILENO);
	dup2(errors < 0 ? nowhere : errors, STDERR_FILENO);
	close(nowhere);
}

/* True in the child, which gets the other end. */
static bool begin(struct guarded *guarded, int *to)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		err(2, "pipe");
	fflush(NULL);
	guarded->pid = fork();
	if (guarded->pid < 0)
		err(2, "fork");
	close(ends[!guarded->pid ? 0 : 1]);
	guarded->from = ends[0];
	*to = ends[1];
	return !guarded->pid;
}

static bool await(const struct guarded *guarded, double timeout)
{
	struct pollfd poll_fd = {.fd = guarded->from, .events = POLLIN};
	int ready;

	do
		ready = poll(&poll_fd, 1, timeout * 1000);
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* Nobody waits for it: it may not end. */
static void leave_behind(const struct guarded *guarded)
{
	kill(guarded->pid, SIGKILL);
	close(guarded->from);
}

static int reap(const struct guarded *guarded)
{
	int status;

	close(guarded->from);
	while (waitpid(guarded->pid, &status, 0) < 0)
		if (errno != EINTR)
			err(2, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int guard_call(void (*call)(void *), void *argument, double timeout)
{
	struct guarded guarded;
	char said[1024];
	ssize_t length;
	int to;

	if (begin(&guarded, &to)) {
		let_go_of_output(to);
		close(to);
		call(argument);
		exit(0);
	}
	do {
		if (!await(&guarded, timeout)) {
			leave_behind(&guarded);
			return -1;
		}
		length = read(guarded.from, said, sizeof(said));
		if (length > 0)
			fwrite(said, length, 1, stderr);
	} while (length > 0);
	return reap(&guarded);
}

/* An outcome on its way: this, and then its two texts, each with its zero. */
struct message {
	enum verdict verdict;
	int line;
	size_t file, message; /* lengths */
};

static void send_outcome(int to, const struct outcome *outcome)
{
	const char *file = outcome->file ? outcome->file : "";
	const char *message = outcome->message ? outcome->message : "";
	struct message head = {outcome->verdict, outcome->line, strlen(file) + 1,
			       strlen(message) + 1};

	/* To a parent that reads, or that is gone. */
	(void)!write(to, &head, sizeof(head));
	(void)!write(to, file, head.file);
	(void)!write(to, message, head.message);
}

static bool receive(int from, void *to, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t got = read(from, (char *)to + done, len - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += got;
	}
	return true;
}

static char *receive_text(int from, size_t len)
{
	char *text = new_array(len, 1);

	if (receive(from, text, len))
		return text;
	free(text);
	return NULL;
}

static bool receive_outcome(int from, struct outcome *outcome)
{
	struct message head;

	if (!receive(from, &head, sizeof(head)))
		return false;
	outcome->verdict = head.verdict;
	outcome->line = head.line;
	outcome->file = receive_text(from, head.file);
	outcome->message = receive_text(from, head.message);
	return outcome->file && outcome->message;
}

static void spoil(struct outcome *outcome, const struct test *test, const char *message)
{
	outcome->verdict = FAILED;
	outcome->line = test->row->test.line;
	outcome->file = copy_text(test->row->test.file);
	outcome->message = copy_text(message);
}

bool guard_run(const struct test *test, struct outcome *outcome)
{
	struct guarded guarded;
	bool whole;
	int to;

	if (begin(&guarded, &to)) {
		let_go_of_output(-1);
		*outcome = runner_run(test);
		send_outcome(to, outcome);
		_exit(0);
	}
	if (!await(&guarded, test->timeout + GRACE)) {
		leave_behind(&guarded);
		spoil(outcome, test, "its process hangs, and SIGKILL does not end it");
		return false;
	}
	whole = receive_outcome(guarded.from, outcome);
	reap(&guarded);
	if (!whole)
		spoil(outcome, test, "the test's runner ended without a result");
	return true;
}
