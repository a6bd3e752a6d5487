// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/memory.h"
#include "denied.h"
#include "guard.h"
#include "kernel_log.h"
#include "probing.h"
#include "support/row.h"

/* So many seconds a process has to end that was sent SIGKILL. */
#define KILL_PATIENCE 3

void probing_add(struct probing *probing, const char *test, const char *key, const char *shows)
{
	struct outcome_words *outcome;

	probing->outcomes =
		array_with_one_more(probing->outcomes, probing->count, sizeof(*probing->outcomes));
	outcome = &probing->outcomes[probing->count++];
	outcome->test = test;
	outcome->shows = copy_text(shows);
	if (key) {
		outcome->finding = finding_of(test, key);
		if (!outcome->finding)
			errx(2, "%s: no words for the outcome '%s' (%s)", test, key, shows);
	}
}

void probing_skip(struct probing *probing, const char *test, const char *why)
{
	probing_add(probing, test, NULL, why);
	probing->outcomes[probing->count - 1].not_applicable = true;
}

bool probing_look_at_log(struct probing *probing, const char *test)
{
	enum kernel_says says;
	char *lines = kernel_log_new(&says);
	char shows[400];

	if (says == KERNEL_IS_CALM) {
		free(lines);
		return false;
	}
	snprintf(shows, sizeof(shows), "its log says \"%.*s\" while %s runs",
		 (int)strcspn(lines, "\n"), lines, test);
	probing_add(probing, test, says == KERNEL_CRASHED ? "kernel-crash" : "kernel-warning",
		    shows);
	probing->crashed |= says == KERNEL_CRASHED;
	if (probing->kernel_log)
		free(lines);
	else
		probing->kernel_log = lines;
	return true;
}

static const char *why_not(const struct probing *probing, const struct probe *probe)
{
	unsigned int stores = NEEDS_STORES | NEEDS_KEPT, maps = stores | NEEDS_SHARED;

	if (probing->stuck)
		return "a process of an earlier test does not end";
	if (probing->crashed)
		return "the kernel crashed in an earlier test";
	if (probe->needs & (stores | NEEDS_WRITE) && !facts->may_write)
		return "--write is not given";
	if (probe->needs & (maps | NEEDS_PRIVATE) && facts->shared_ro && facts->shared_rw &&
	    facts->private_ro)
		return "it cannot be mapped";
	if (probe->needs & maps && facts->shared_ro)
		return "it has no shared mappings";
	if (probe->needs & LOADS_ALL && facts->profile == AS_REGISTERS)
		return "a load from a register may have a side effect";
	if (probe->needs & LOADS_ALL && facts->may_be_registers)
		return "a load from what may be registers may have a side effect: say --as dma or "
		       "--as registers";
	if (probe->needs & maps && !facts->loads)
		return "a load from its first page fails";
	if (probe->needs & stores && facts->shared_rw)
		return "a store to a shared mapping of it fails";
	if (probe->needs & stores && !is_memory())
		return "it is not memory, by its profile";
	if (probe->needs & stores && facts->may_be_registers)
		return "its mapping may be registers: say --as dma or --as registers";
	if (probe->needs & stores && facts->live)
		return "its content changes although the test stores nothing: the device or "
		       "another "
		       "program writes it";
	if (probe->needs & NEEDS_KEPT && !facts->keeps)
		return "stores to it are lost";
	if (probe->needs & NEEDS_KEPT && facts->freed)
		return "its memory is freed while it is mapped";
	if (probe->needs & NEEDS_TWO && facts->only_whole)
		return "only the whole of it can be mapped";
	if (probe->needs & NEEDS_ONE && facts->own)
		return "each mapping is memory of its own";
	if (probe->needs & NEEDS_TWO && facts->size_from == SIZE_ENDLESS)
		return "no end was found, and its first page may be followed by other memory "
		       "(--size)";
	if (probe->needs & NEEDS_TWO && facts->pages < 2)
		return "it has one page";
	if (probe->needs & NEEDS_OFFSETS && facts->profile == AS_RING)
		return "the offset of a ring may name a part of it";
	if (probe->needs & NEEDS_SIZE && facts->size_from >= SIZE_TRIED)
		return "it does not report its size (--size)";
	if (probe->needs & NEEDS_PRIVATE && facts->private_rw)
		return "a store to a private mapping of it fails";
	if (probe->needs & NEEDS_REOPEN && !facts->opens_twice)
		return "it cannot be opened twice";
	return NULL;
}

static void run_probe(void *argument, int to)
{
	const struct probe *probe = argument;

	probe_answers = to;
	probe->run();
}

/* True if the process has ended. Everything that the probe started is in its process group. */
static bool kill_all(pid_t pid)
{
	kill(-pid, SIGKILL);
	for (int i = 0; i < KILL_PATIENCE * 100; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		usleep(10000);
	}
	return false;
}

/* The finding for the end of the probe's process; key NULL: there is none. */
static const char *end_of(struct probing *probing, const struct probe *probe,
			  struct guarded *guarded, pid_t pid, bool late, char shows[200])
{
	int status;

	if (!late) {
		status = guard_end(guarded);
		snprintf(shows, 200, "the test that %s ends in %s", probe->says,
			 signal_word(status > 128 ? status - 128 : 0));
		return status > 128 ? "killed" : NULL;
	}
	probing->stuck = !kill_all(pid);
	snprintf(shows, 200, "%s%s does not end within %g s%s",
		 *facts->doing ? facts->doing : "the test that ", *facts->doing ? "" : probe->says,
		 facts->deadline, probing->stuck ? ", and SIGKILL does not end its process" : "");
	return probing->stuck ? "stuck" : "timeout";
}

static void hear_answers(struct probing *probing, const struct probe *probe)
{
	struct guarded guarded;
	struct answer answer;
	size_t before = probing->count;
	const char *key;
	char shows[200];
	ssize_t heard;
	pid_t pid;

	*facts->doing = '\0';
	guard_begin(&guarded, run_probe, (void *)probe);
	pid = guarded.pid;
	while ((heard = guard_hear(&guarded, &answer, sizeof(answer), facts->deadline)) > 0) {
		if (answer.not_applicable)
			probing_skip(probing, probe->name, answer.shows);
		else
			probing_add(probing, probe->name, answer.key, answer.shows);
	}
	key = end_of(probing, probe, &guarded, pid, heard < 0, shows);
	if (key && !strcmp(key, "timeout") && probe->needs & MAY_BE_LATE) {
		probing_skip(probing, probe->name, "it does not end in time");
		key = NULL;
	}
	/* A crash of the kernel explains how the process ended. */
	if (!probing_look_at_log(probing, probe->name) && key && probing->count == before)
		probing_add(probing, probe->name, key, shows);
	if (probing->count == before)
		probing_add(probing, probe->name, NULL, "");
}

void probing_run(struct probing *probing, const struct probe *probes)
{
	for (const struct probe *probe = probes; probe->name; probe++) {
		const char *why = why_not(probing, probe);

		if (!why)
			why = denied_to(probe->name);
		if (why)
			probing_skip(probing, probe->name, why);
		else
			hear_answers(probing, probe);
	}
}

void probing_free(struct probing *probing)
{
	for (size_t i = 0; i < probing->count; i++)
		free(probing->outcomes[i].shows);
	free(probing->outcomes);
	free(probing->kernel_log);
}
