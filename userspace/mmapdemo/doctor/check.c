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

static void set(struct finding *finding, enum state state, const char *format, va_list ap)
{
	*finding = (struct finding){.state = state};
	vsnprintf(finding->says, sizeof(finding->says), format, ap);
}

void fine(struct finding *finding, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set(finding, FINE, format, ap);
	va_end(ap);
}

void unknown(struct finding *finding, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set(finding, UNKNOWN, format, ap);
	va_end(ap);
}

void wrong(struct finding *finding, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set(finding, WRONG, format, ap);
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
	const char *as = geteuid() ? "as root: " : "";
	va_list ap;

	strcpy(finding->cure, as);
	va_start(ap, format);
	vsnprintf(finding->cure + strlen(as), sizeof(finding->cure) - strlen(as), format, ap);
	va_end(ap);
}

const char *state_word(enum state state)
{
	static const char *const words[] = {
		[FINE] = "fine", [WRONG] = "wrong", [UNKNOWN] = "unknown"};

	return words[state];
}

/* A finding is shorter than what a pipe takes at once. */
static void answer(const struct check *check, const struct patient *patient, int fd)
{
	struct finding finding = {};

	check->look(patient, &finding);
	_exit(write(fd, &finding, sizeof(finding)) != sizeof(finding));
}

static bool hear(int fd, struct finding *finding)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, PATIENCE * 1000) > 0 &&
	       read(fd, finding, sizeof(*finding)) == sizeof(*finding);
}

static void explain_silence(struct finding *finding, int status, bool ended)
{
	if (!ended)
		unknown(finding, "not looked at: no answer came within %d s", PATIENCE);
	else if (WIFSIGNALED(status))
		unknown(finding, "not looked at: the attempt ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		unknown(finding, "not looked at: the attempt ended without a word");
}

/* Logs and paths have any bytes. */
static void clean(struct finding *finding)
{
	utf8_clean(finding->says);
	utf8_clean(finding->cure);
}

void check_run(const struct check *check, const struct patient *patient, struct finding *finding)
{
	int ends[2], status = 0;
	bool heard, ended;
	pid_t pid = -1;

	if (pipe2(ends, O_CLOEXEC)) {
		unknown(finding, "not looked at: pipe: %s", strerror(errno));
		return;
	}
	pid = fork();
	if (!pid)
		answer(check, patient, ends[1]);
	close(ends[1]);
	/* A sandbox or a limit: it is done here then. */
	if (pid < 0) {
		close(ends[0]);
		check->look(patient, finding);
		clean(finding);
		return;
	}
	heard = hear(ends[0], finding);
	close(ends[0]);
	ended = waitpid(pid, &status, heard ? 0 : WNOHANG) == pid;
	if (!ended)
		kill(pid, SIGKILL);
	if (!heard)
		explain_silence(finding, status, ended);
	clean(finding);
}
