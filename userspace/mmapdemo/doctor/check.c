// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "common/utf8.h"

enum { PATIENCE = 5 }; /* seconds */

void conclude(struct finding *finding, enum state state, const char *format, ...)
{
	va_list ap;

	*finding = (struct finding){.state = state};
	va_start(ap, format);
	vsnprintf(finding->says, sizeof(finding->says), format, ap);
	va_end(ap);
}

void cured_by(struct finding *finding, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(finding->cure, sizeof(finding->cure), format, ap);
	va_end(ap);
}

void cured_by_root(struct finding *finding, const char *format, ...)
{
	va_list ap;

	finding->wants_root = true;
	va_start(ap, format);
	vsnprintf(finding->cure, sizeof(finding->cure), format, ap);
	va_end(ap);
}

void hint(struct finding *finding, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(finding->hint, sizeof(finding->hint), format, ap);
	va_end(ap);
}

const char *state_word(enum state state)
{
	static const char *const words[] = {
		[FINE] = "fine", [NOTE] = "note", [WRONG] = "wrong", [UNKNOWN] = "unknown"};

	return words[state];
}

/* A finding is shorter than PIPE_BUF. */
static void answer(const struct check *check, const struct patient *patient, int fd)
{
	struct finding finding = {};

	check->look(patient, &finding);
	_exit(write(fd, &finding, sizeof(finding)) != sizeof(finding));
}

enum heard { NOTHING_YET, A_FINDING, THE_END };

static enum heard hear(int fd, struct finding *finding)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	if (poll(&poll_fd, 1, PATIENCE * 1000) <= 0)
		return NOTHING_YET;
	return read(fd, finding, sizeof(*finding)) == sizeof(*finding) ? A_FINDING : THE_END;
}

/* Waits for one that was killed, but not for one that the kernel cannot end (state D). */
static void bury(pid_t pid, int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	kill(pid, SIGKILL);
	if (poll(&poll_fd, 1, 1000) > 0)
		waitpid(pid, NULL, 0);
}

static void explain_end(struct finding *finding, int status)
{
	if (WIFSIGNALED(status))
		unknown(finding, "not checked: the check ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		unknown(finding, "not checked: the check exited without a result");
}

/* A word that a shell takes as it is. */
static void quote(const char *word, char quoted[300])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./+:@%=,-";

	snprintf(quoted, 300, word[strspn(word, plain)] ? "'%s'" : "%s", word);
}

/* A cure for another system runs in that system. */
static void move_cure(const struct patient *patient, struct finding *finding)
{
	char command[sizeof(finding->cure)], root[300];
	bool is_list = strpbrk(finding->cure, "&>;|");

	if (!*patient->root || !*finding->cure)
		return;
	finding->wants_root = true;
	strcpy(command, finding->cure);
	quote(patient->root, root);
	/* Neither a root with such a sign nor a command that was cut off can be pasted. */
	if (strchr(patient->root, '\'') ||
	    snprintf(finding->cure, sizeof(finding->cure),
		     is_list ? "chroot %s sh -c '%s'" : "chroot %s %s", root,
		     command) >= (int)sizeof(finding->cure))
		*finding->cure = '\0';
}

/* Logs and paths have any bytes. */
static void finish(const struct patient *patient, struct finding *finding)
{
	move_cure(patient, finding);
	utf8_clean(finding->says);
	utf8_clean(finding->cure);
	utf8_clean(finding->hint);
}

void check_run(const struct check *check, const struct patient *patient, struct finding *finding)
{
	int ends[2], status = 0;
	enum heard heard;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC)) {
		unknown(finding, "not checked: pipe: %s", strerror(errno));
		return;
	}
	pid = fork();
	if (!pid)
		answer(check, patient, ends[1]);
	close(ends[1]);
	/* If a sandbox or a limit allows no other process, this one makes the check. */
	if (pid < 0) {
		check->look(patient, finding);
	} else {
		heard = hear(ends[0], finding);
		if (heard == NOTHING_YET) {
			bury(pid, ends[0]);
			unknown(finding, "not checked: no answer came within %d s", PATIENCE);
		} else if (waitpid(pid, &status, 0) == pid && heard == THE_END) {
			explain_end(finding, status);
		}
	}
	close(ends[0]);
	finish(patient, finding);
}
