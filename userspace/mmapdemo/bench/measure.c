// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measuring: each work on each subject in a process of its own, some times, of
 * which the median counts. Nothing is subtracted, not even the clock's own cost.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/memory.h"
#include "job.h"
#include "measure.h"
#include "size.h"
#include "subjects.h"
#include "work.h"

/* QEMU's -icount shift=1: each instruction of the guest moves its clock by 2^1 ns. */
#define NS_PER_INSTRUCTION 2

/* The size from which buffers take long, and the time in ns that is enough for them. */
#define LARGE  (16 * MIB)
#define ENOUGH 200000000LL

/* In % of the buffer: runs that differ by more are no measurement of memory. */
#define MEMORY_SPREAD 0.1

/* The job's process writes it, and this one reads it. */
static struct report {
	double values[BENCH_REPEATS];
	unsigned int count;
	char reason[BENCH_REASON];
} * report;

/* Why the work makes no sense there; NULL if it does. */
static const char *misfit(const struct bench_work *work, const struct bench_subject *subject,
			  size_t size)
{
	bool anonymous = subject->fresh == FRESH_MAPPING;

	if (work->needs & NEEDS_COPIES && anonymous)
		return "a private mapping of it is anonymous memory";
	if (work->needs & NEEDS_FILE && !subject->is_file)
		return "not to be read and written";
	if (work->needs & NEEDS_RESIDENT && anonymous)
		return "each mapping is fresh memory";
	if (work->needs & NEEDS_CREATE && !subject->create)
		return "a program cannot make such files";
	if (work->needs & NEEDS_FRESH && subject->fresh == FRESH_NEVER)
		return "all its memory is there from the start";
	if (size % subject->page)
		return "no multiple of its pages' size";
	return NULL;
}

/* In the unit of the work. */
static double scale(const struct bench *bench, const struct bench_work *work, size_t size,
		    int64_t value)
{
	size_t pages = size / BENCH_PAGE;
	double cost = bench->instructions ? (double)value / NS_PER_INSTRUCTION : value;

	switch (work->per) {
	case PER_PAGE:
		return cost / pages;
	case PER_CALL:
		return cost / BENCH_CALLS;
	case PER_BUFFER:
		break;
	}
	return 100.0 * value / size;
}

static void make_resident(const struct bench_job *job)
{
	volatile char *memory = mmap(NULL, job->size, PROT_READ | PROT_WRITE, MAP_SHARED,
				     job->subject->fd, job->offset);

	if (memory == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	for (size_t i = 0; i < job->size; i += BENCH_PAGE)
		memory[i] = 1;
	munmap((void *)memory, job->size);
}

/*
 * One run more than counts, so that the first one warms up for the rest. Large ones need no
 * warm-up: they stop early, perhaps after one run. Memory is measured twice, because the rest of
 * the system uses and frees some, too.
 */
static void run(const struct bench *bench, const struct bench_work *work, struct bench_job *job)
{
	bool large = job->size > LARGE;
	unsigned int least = work->needs & NEEDS_LARGE ? 2 : 1;
	int64_t enough;

	if (work->needs & NEEDS_RESIDENT)
		make_resident(job);
	enough = clock_now() + ENOUGH;
	for (unsigned int i = large; i <= bench->repeats; i++) {
		int64_t value;

		if (work->needs & NEEDS_FRESH) {
			job->offset = bench_subject_fresh(job->subject, job->size);
			if (job->offset < 0)
				bench_fail("no unused memory left in it, or none to be found");
		}
		value = work->run(job);
		if (i)
			report->values[report->count++] = scale(bench, work, job->size, value);
		if (large && report->count >= least && clock_now() > enough)
			break;
	}
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void sum_up(struct bench_figure *figure)
{
	unsigned int last = report->count - 1;
	double *values = report->values;

	qsort(values, report->count, sizeof(*values), compare);
	figure->median = (values[last / 2] + values[(last + 1) / 2]) / 2;
	figure->min = values[0];
	figure->max = values[last];
	if (figure->work->per == PER_BUFFER && figure->max - figure->min > MEMORY_SPREAD)
		snprintf(figure->reason, sizeof(figure->reason),
			 "others use memory meanwhile: %.2f %% and %.2f %% of the buffer",
			 figure->min, figure->max);
}

/* After a boot, memory is not in the state that the first subject leaves for the others. */
static void settle(const struct bench *bench)
{
	size_t size = 4 * bench->size;
	pid_t child = fork();

	if (child < 0)
		err(1, "fork");
	if (!child) {
		char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				    -1, 0);

		if (memory == MAP_FAILED || madvise(memory, size, MADV_NOHUGEPAGE))
			_exit(1);
		memset(memory, 1, size);
		_exit(0);
	}
	if (waitpid(child, NULL, 0) != child)
		err(1, "waitpid");
}

static void measure(const struct bench *bench, struct bench_figure *figure)
{
	const struct bench_work *work = figure->work;
	struct bench_job job = {figure->subject, figure->size, 0, work->chunk};
	const char *why = *figure->subject->reason ? figure->subject->reason
						   : misfit(work, figure->subject, figure->size);
	int status;
	pid_t child;

	if (why) {
		snprintf(figure->reason, sizeof(figure->reason), "%s", why);
		return;
	}
	if (!report)
		report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		err(1, "mmap");
	memset(report, 0, sizeof(*report));
	fflush(NULL);
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		bench_fail_to(report->reason);
		run(bench, work, &job);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child)
		err(1, "waitpid");
	if (WIFSIGNALED(status))
		snprintf(figure->reason, sizeof(figure->reason), "ends in signal %d, %s",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (status)
		snprintf(figure->reason, sizeof(figure->reason), "%s", report->reason);
	else
		sum_up(figure);
}

static void add_figure(struct bench *bench, const struct bench_work *work,
		       const struct bench_subject *subject, size_t size)
{
	struct bench_figure *figure;

	bench->figures = array_with_one_more(bench->figures, bench->figure_count, sizeof(*figure));
	figure = &bench->figures[bench->figure_count++];
	*figure = (struct bench_figure){.work = work, .subject = subject, .size = size};
	measure(bench, figure);
}

static void measure_works(struct bench *bench, const struct bench_subject *subject, bool fresh)
{
	for (size_t i = 0; i < bench->work_count; i++)
		if (!(bench->works[i]->needs & NEEDS_LARGE) &&
		    fresh == !!(bench->works[i]->needs & NEEDS_FRESH))
			add_figure(bench, bench->works[i], subject, bench->size);
}

/* Memory that each mapping allocates has no slope of its own. */
static void measure_slope(struct bench *bench, struct bench_subject *subject)
{
	bench_subject_make(subject, bench->slope);
	for (size_t i = 0; i < bench->work_count; i++)
		if (bench->works[i]->needs & NEEDS_LARGE && BENCH_LARGE <= bench->slope)
			add_figure(bench, bench->works[i], subject, BENCH_LARGE);
	for (size_t size = BENCH_SMALLEST; size <= bench->slope; size *= 4)
		for (size_t i = 0; i < bench->work_count; i++)
			if (bench_work_grows(bench->works[i]) && size != bench->size &&
			    subject->fresh != FRESH_MAPPING)
				add_figure(bench, bench->works[i], subject, size);
	bench_subject_unmake(subject);
}

void bench_run(struct bench *bench)
{
	settle(bench);
	for (size_t i = 0; i < bench->subject_count; i++) {
		bench_subject_make(&bench->subjects[i], bench->size);
		/* A device keeps its memory, so that the others no longer have the same size. */
		measure_works(bench, &bench->subjects[i], false);
		measure_works(bench, &bench->subjects[i], true);
		bench_subject_unmake(&bench->subjects[i]);
	}
	/* Large buffers change the state of memory, so that they are measured last. */
	for (size_t i = 0; i < bench->subject_count && bench->slope; i++)
		measure_slope(bench, &bench->subjects[i]);
}
