// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sweep.h"

/* A loop that fails for ever has no end of places. */
#define MOST_PLACES 5000

/* The place to go on at once a signal has ended an access. */
static sigjmp_buf access_ended;

static void on_bus_error(int signo)
{
	(void)signo;
	siglongjmp(access_ended, 1);
}

int touch(char *at, bool store)
{
	struct sigaction action = {.sa_handler = on_bus_error};

	sigaction(SIGBUS, &action, NULL);
	if (sigsetjmp(access_ended, 1))
		return EIO;
	if (store)
		*(volatile char *)at = MARK;
	else
		(void)*(volatile char *)at;
	return 0;
}

/* How an attempt went, in memory that its process shares with us. */
struct attempt {
	bool prepared;
	bool over;  /* all of it was done */
	bool fired; /* something was made to fail */
	int prepare_error;
	int error;
	int retry_error;
	char wrong[160];
};

static struct attempt *attempt;

static void write_setting(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value))
		err(2, "%s", path);
	close(fd);
}

void sweep_init(void)
{
	static const char *const kinds[] = {"failslab", "fail_page_alloc", "fail_usercopy"};
	static const struct {
		const char *path, *value;
	} settings[] = {
		/* allocations that may wait are nearly all there are */
		{"/sys/kernel/debug/failslab/ignore-gfp-wait", "N"},
		{"/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N"},
		{"/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N"},
		{"/sys/kernel/debug/fail_page_alloc/min-order", "0"},
	};
	char path[80];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", kinds[i]);
		write_setting(path, "0");
	}
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		write_setting(settings[i].path, settings[i].value);

	attempt = mmap(NULL, sizeof(*attempt), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (attempt == MAP_FAILED)
		err(2, "mmap");
}

static int open_fail_nth(const struct operation *operation)
{
	const char *path = operation->in_init ? "/sys/module/in_init/parameters/nth"
					      : "/proc/thread-self/fail-nth";
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

static void arm(const struct operation *operation, unsigned int nth)
{
	int fail_nth = open_fail_nth(operation);
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	/* not closed, which would be the first thing to fail */
	if (pwrite(fail_nth, text, length, 0) != length)
		err(2, "fail-nth");
}

/*
 * Did it fire? The rest of N says so; but to read it and to end it are system
 * calls as others, that N may strike: then it had not done so before.
 */
static bool disarm(int fail_nth)
{
	char left[16] = "";
	bool fired = true;

	if (pread(fail_nth, left, sizeof(left) - 1, 0) < 0)
		fired = false;
	else
		fired = !strcmp(left, "0\n");
	while (pwrite(fail_nth, "0", 1, 0) != 1)
		if (errno != EFAULT)
			err(2, "fail-nth");
	return fired;
}

/* In a process of its own, which what it has left open or mapped goes with. */
static void make_attempt(const struct operation *operation, struct subject subject,
			 unsigned int nth)
{
	int fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	const char *wrong = NULL;
	int error;

	if (fail_nth < 0)
		err(2, "/proc/thread-self/fail-nth");
	attempt->prepare_error = operation->prepare ? operation->prepare(&subject) : 0;
	if (attempt->prepare_error)
		return;
	attempt->prepared = true;

	arm(operation, nth);
	error = operation->act(&subject);
	attempt->fired = disarm(fail_nth);
	attempt->error = error;
	arm(operation, 0);

	subject.fired = attempt->fired && !error;
	if (error)
		attempt->retry_error = operation->act(&subject);
	if (!attempt->retry_error && operation->check)
		wrong = operation->check(&subject);
	if (wrong)
		snprintf(attempt->wrong, sizeof(attempt->wrong), "%s", wrong);
	attempt->over = true;
}

static bool may_say(const struct operation *operation, int error)
{
	if (!error)
		return true;
	if (!attempt->fired || operation->must_work)
		return false;
	return error == ENOMEM || error == EFAULT || error == operation->may_say;
}

/* Why the attempt failed, or NULL. */
static const char *judge(const struct operation *operation, int status)
{
	static char reason[256];

	if (WIFSIGNALED(status))
		snprintf(reason, sizeof(reason), "%s: %s",
			 attempt->prepared ? "killed" : "killed in its preparation",
			 strsignal(WTERMSIG(status)));
	else if (attempt->prepare_error)
		snprintf(reason, sizeof(reason), "cannot prepare: %s",
			 strerror(attempt->prepare_error));
	else if (WEXITSTATUS(status) || !attempt->over)
		snprintf(reason, sizeof(reason), "exit status %d", WEXITSTATUS(status));
	else if (!may_say(operation, attempt->error))
		snprintf(reason, sizeof(reason), "says %s%s", strerror(attempt->error),
			 attempt->fired ? "" : ", though nothing was made to fail");
	else if (attempt->retry_error)
		snprintf(reason, sizeof(reason), "says %s, and when tried again, %s",
			 strerror(attempt->error), strerror(attempt->retry_error));
	else if (*attempt->wrong)
		snprintf(reason, sizeof(reason), "%s", attempt->wrong);
	else
		return NULL;
	return reason;
}

static const char *run_attempt(const struct operation *operation, const struct subject *subject,
			       unsigned int nth)
{
	int status;
	pid_t pid;

	memset(attempt, 0, sizeof(*attempt));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		make_attempt(operation, *subject, nth);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		err(2, "waitpid");
	return judge(operation, status);
}

bool sweep(const struct operation *operation, const struct subject *subject,
	   int (*reset)(const struct subject *subject),
	   const char *(*settled)(const struct subject *subject), unsigned int number)
{
	unsigned int nth = 0, failed = 0;
	const char *wrong;
	char name[64];
	int error;

	snprintf(name, sizeof(name), "fail-nth.%s[%s]", operation->name,
		 subject->node ? subject->node : "module");
	do {
		nth++;
		error = reset(subject);
		if (error) {
			printf("not ok %u - %s\n# place %u: cannot begin anew: %s\n", number, name,
			       nth, strerror(error));
			return false;
		}
		wrong = run_attempt(operation, subject, nth);
		if (attempt->prepare_error == EOPNOTSUPP && nth == 1) {
			printf("ok %u - %s # SKIP such a node does nothing of the kind\n", number,
			       name);
			return true;
		}
		if (!wrong)
			wrong = settled(subject);
		if (!wrong && nth == MOST_PLACES)
			wrong = "there is no end of places";
		if (wrong) {
			printf("not ok %u - %s\n# place %u: %s\n", number, name, nth, wrong);
			return false;
		}
		failed += attempt->error != 0;
	} while (attempt->fired);

	printf("ok %u - %s\n# %u places, %u of which made it fail\n", number, name, nth - 1,
	       failed);
	return true;
}
