// SPDX-License-Identifier: GPL-2.0-only
/* The processes: one of each disturbance, and the command. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"
#include "storm.h"

/*
 * After a round, a disturbance rests this many times as long as the round took,
 * so that the command gets most of the processors' time, however slow they are.
 */
#define REST	  20
#define REST_MOST 5000000 /* microseconds */

static pid_t *pids;
static pid_t command;
static bool broken; /* a disturbance's process ended by itself */

static uint64_t microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

_Noreturn static void disturb(const struct disturbance *disturbance, struct tally *tally)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, disturbance->name);
	/* The command may keep all processors busy. */
	setpriority(PRIO_PROCESS, 0, -10);
	for (;;) {
		uint64_t began = microseconds();
		uint64_t pause = disturbance->pause * 1000ULL;
		uint64_t rest;

		disturbance->round(tally);
		rest = (microseconds() - began) * (disturbance->rest ? disturbance->rest : REST);
		rest = rest > pause ? rest : pause;
		usleep(rest < REST_MOST ? rest : REST_MOST);
	}
}

static void prepare(const bool *chosen)
{
	bool good = true;

	for (size_t i = 0; i < disturbance_count; i++) {
		const char *why =
			chosen[i] && disturbances[i]->prepare ? disturbances[i]->prepare() : NULL;

		if (!why)
			continue;
		warnx("%s cannot work here: %s", disturbances[i]->name, why);
		good = false;
	}
	if (good)
		return;
	settings_restore();
	exit(NOT_BEGUN);
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0) {
		warn("fork");
		run_end();
		exit(NOT_BEGUN);
	}
	return pid;
}

const struct tally *run_begin(const bool *chosen)
{
	struct tally *tallies = mmap(NULL, disturbance_count * sizeof(*tallies),
				     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	pids = calloc(disturbance_count, sizeof(*pids));
	if (tallies == MAP_FAILED || !pids)
		err(NOT_BEGUN, "memory");
	/* Processes that lose their parent stay among those that the storm finds. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	processes_begin();
	settings_guard();
	prepare(chosen);
	for (size_t i = 0; i < disturbance_count; i++) {
		if (!chosen[i])
			continue;
		pids[i] = start();
		if (!pids[i])
			disturb(disturbances[i], &tallies[i]);
		processes_spare(pids[i]);
	}
	return tallies;
}

/* The command is told, and ends the storm by its end. */
static void pass_on(int signal)
{
	if (command > 0)
		kill(command, signal);
}

static void see_end(pid_t pid)
{
	for (size_t i = 0; i < disturbance_count; i++) {
		if (pids[i] != pid)
			continue;
		warnx("%s ended by itself", disturbances[i]->name);
		pids[i] = 0;
		broken = true;
	}
}

int run_command(char **argv)
{
	struct sigaction action = {.sa_handler = pass_on};
	int status = 0;
	pid_t pid;

	command = start();
	if (!command) {
		execvp(argv[0], argv);
		warn("%s", argv[0]);
		_exit(127);
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	do {
		pid = waitpid(-1, &status, 0);
		if (pid > 0 && pid != command)
			see_end(pid);
	} while (pid != command && (pid > 0 || errno == EINTR));
	command = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool run_end(void)
{
	for (size_t i = 0; i < disturbance_count; i++)
		if (pids[i])
			kill(pids[i], SIGKILL);
	for (size_t i = 0; i < disturbance_count; i++)
		while (pids[i] && waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
			;
	return settings_restore() && !broken;
}
