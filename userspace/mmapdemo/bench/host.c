// SPDX-License-Identifier: GPL-2.0-only
/*
 * A crowd works for a fixed time, and all that it does then is in the figures: the clock and the
 * counters are read before and after, not around each operation.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "common/memory.h"
#include "counters.h"
#include "host.h"
#include "machine.h"
#include "measure.h"
#include "steps.h"
#include "subjects.h"

#define DURATION 50000000LL /* ns */
#define COLUMNS	 10	    /* 1, 2, 4, ... CROWD_MOST, and another number */

const struct crowd_work host_works[] = {
	{"fault-read", "a load from each page of 2 MiB that are there; madvise unmaps them before",
	 MAP_SHARED, true, false, step_fault_all_read},
	{"fault-write", "a store to each page of 2 MiB that are there; madvise unmaps them before",
	 MAP_SHARED, true, false, step_fault_all_write},
	{"first-touch", "a store to each page of 2 MiB; a punched hole frees them before",
	 MAP_SHARED, true, false, step_first_touch},
	{"map-64k", "mmap of 64 KiB (hugetlb: of 2 MiB), 16 stores 4 KiB apart, munmap", 0, false,
	 false, step_map_and_unmap},
	{"pread", "pread of 4 KiB", 0, false, false, step_read},
	{"pwrite", "pwrite of 4 KiB", 0, false, false, step_write},
	{"open-close", "open and close", 0, false, false, step_open_and_close},
};

const size_t host_work_count = ARRAY_LEN(host_works);

/* Of one member, or the sum of all. */
struct result {
	double operations, ns, counts[COUNTS];
};

/* The figures of a crowd, per operation. */
struct figure {
	double ns, spread, cycles, misses; /* negative: not counted */
};

static struct result *results; /* of each member, who writes it */

static double operations_of(const struct crowd_work *work)
{
	return work->is_large ? CROWD_CHUNK / BENCH_PAGE : 1;
}

static void member(const struct crowd *crowd, const struct crowd_spot *spot)
{
	const struct crowd_work *work = crowd->work;
	const int batch = work->is_large ? 1 : CROWD_PAGES;
	struct counters counters = counters_open();
	struct counts before, after;
	long long begin, end;
	int steps = 0;

	for (int i = 0; i < batch; i++)
		work->step(spot, i);
	crowd_meet(crowd);
	before = counters_read(&counters);
	begin = clock_now();
	do {
		for (int i = 0; i < batch; i++)
			work->step(spot, steps++);
		end = clock_now();
	} while (end - begin < DURATION);
	after = counters_read(&counters);
	results[spot->self] = (struct result){steps * operations_of(work), end - begin, {}};
	for (int i = 0; i < COUNTS; i++)
		results[spot->self].counts[i] = counts_between(&before, &after, i);
	crowd_meet(crowd);
}

/* If one member lacks a count, there is no sum. */
static void add(double *sum, double value)
{
	*sum = *sum < 0 || value < 0 ? -1 : *sum + value;
}

static struct figure figure_of(unsigned int members)
{
	struct result sum = {};
	struct figure figure;
	double misses = 0;

	for (unsigned int i = 0; i < members; i++) {
		sum.operations += results[i].operations;
		sum.ns += results[i].ns;
		for (int j = 0; j < COUNTS; j++)
			add(&sum.counts[j], results[i].counts[j]);
	}
	/* Some processors count only the misses of loads, others count all misses there. */
	for (int j = COUNT_DTLB_LOADS; j < COUNTS; j++)
		misses += sum.counts[j] < 0 ? 0 : sum.counts[j];
	if (sum.counts[COUNT_DTLB_LOADS] < 0 && sum.counts[COUNT_DTLB_STORES] < 0)
		misses = -1;
	figure = (struct figure){.ns = sum.ns / sum.operations,
				 .cycles = sum.counts[COUNT_CYCLES] / sum.operations,
				 .misses = misses / sum.operations};
	return figure;
}

static int compare(const void *left, const void *right)
{
	const struct figure *a = left, *b = right;

	return (a->ns > b->ns) - (a->ns < b->ns);
}

/* The run with the median time. */
static bool measure(struct crowd *crowd, unsigned int repeats, struct figure *median)
{
	struct figure runs[BENCH_REPEATS];

	for (unsigned int i = 0; i < repeats; i++) {
		if (!crowd_run(crowd))
			return false;
		runs[i] = figure_of(crowd->processes * crowd->threads);
	}
	qsort(runs, repeats, sizeof(*runs), compare);
	*median = runs[repeats / 2];
	median->spread = (runs[repeats - 1].ns - runs[0].ns) / median->ns;
	return true;
}

/* Numbers of processors: powers of two, and all. */
static size_t list_processors(unsigned int list[COLUMNS])
{
	unsigned int all = crowd_processors();
	size_t count = 0;

	for (unsigned int n = 1; n < all; n *= 2)
		list[count++] = n;
	list[count++] = all;
	return count;
}

static void print_row(const char *label, const char *what, const struct figure *figures,
		      size_t count, size_t member)
{
	printf("%-23s %-6s", label, what);
	for (size_t i = 0; i < count; i++) {
		double value = *(const double *)((const char *)&figures[i] + member);

		if (value < 0)
			printf(" %8s", "-");
		else
			printf(" %8.*f", value < 1 ? 3 : value < 100, value);
	}
}

static void print_figures(const char *subject, const char *as, const struct figure *figures,
			  size_t count)
{
	double spread = 0;
	char label[48];

	snprintf(label, sizeof(label), "%-13s %s", subject, as);
	for (size_t i = 0; i < count; i++)
		spread = figures[i].spread > spread ? figures[i].spread : spread;
	print_row(label, "ns", figures, count, offsetof(struct figure, ns));
	printf(" %6.1f%%\n", spread * 100);
	if (figures->cycles >= 0) {
		print_row(label, "cycles", figures, count, offsetof(struct figure, cycles));
		putchar('\n');
	}
	if (figures->misses >= 0) {
		print_row(label, "dTLB", figures, count, offsetof(struct figure, misses));
		putchar('\n');
	}
}

/* As threads or as processes; how many figures there are. */
static size_t run_as(const struct crowd_work *work, const struct bench_subject *subject,
		     bool threads, unsigned int repeats, char *reason)
{
	struct crowd crowd = {.work = work, .subject = subject, .member = member};
	struct figure figures[COLUMNS];
	unsigned int processors[COLUMNS];
	size_t count = list_processors(processors);

	for (size_t i = 0; i < count; i++) {
		crowd.processes = threads ? 1 : processors[i];
		crowd.threads = threads ? processors[i] : 1;
		if (!measure(&crowd, repeats, &figures[i])) {
			snprintf(reason, BENCH_REASON, "%s", crowd.reason);
			return 0;
		}
	}
	print_figures(subject->name, threads ? "threads" : "processes", figures, count);
	return count;
}

static void print_heading(const struct crowd_work *work)
{
	unsigned int processors[COLUMNS];
	size_t count = list_processors(processors);

	printf("\n%s, per %s: %s\n%-30s", work->name, work->is_large ? "4 KiB" : "call", work->says,
	       "processors");
	for (size_t i = 0; i < count; i++)
		printf(" %8u", processors[i]);
	puts("  spread");
}

static size_t run_work(const struct crowd_work *work, struct bench_subject *subjects, size_t count,
		       unsigned int repeats)
{
	size_t done = 0;

	print_heading(work);
	for (size_t i = 0; i < count; i++) {
		char reason[BENCH_REASON] = "";

		crowd_make(&subjects[i]);
		done += run_as(work, &subjects[i], false, repeats, reason);
		done += *reason ? 0 : run_as(work, &subjects[i], true, repeats, reason);
		if (*reason)
			printf("%-13s -: %s\n", subjects[i].name, reason);
		bench_subject_unmake(&subjects[i]);
	}
	fflush(stdout);
	return done;
}

/* Prints once which subjects are missing, and why; returns how many remain. */
static size_t leave_out(struct bench_subject *subjects, size_t count)
{
	size_t remain = 0;

	for (size_t i = 0; i < count; i++) {
		crowd_make(&subjects[i]);
		bench_subject_unmake(&subjects[i]);
		if (*subjects[i].reason)
			printf("%-13s %s: %s\n", "left out", subjects[i].name, subjects[i].reason);
		else
			subjects[remain++] = subjects[i];
	}
	return remain;
}

size_t host_run(struct bench_subject *subjects, size_t count, unsigned int repeats,
		bool (*is_chosen)(const char *work, void *data), void *data)
{
	size_t done = 0;

	results = crowd_share(CROWD_MOST * sizeof(*results));
	machine_show();
	count = leave_out(subjects, count);
	printf("\nRuns of which the median counts: %u; spread is (max - min) / median of the row's "
	       "worst.\n"
	       "A figure is what one processor takes; it stays the same where nothing is shared.\n"
	       "With counters, dTLB is the number of misses of loads and stores.\n",
	       repeats);
	for (size_t i = 0; i < host_work_count && count; i++)
		if (is_chosen(host_works[i].name, data))
			done += run_work(&host_works[i], subjects, count, repeats);
	return done;
}
