// SPDX-License-Identifier: GPL-2.0-only
/* Figures for a person, in 80 to 100 columns. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/number.h"
#include "size.h"
#include "view.h"
#include "work.h"

/* Subjects of one table; more go into another one below. */
#define COLUMNS 9

static void print_number(const struct bench_figure *figure)
{
	if (!figure || *figure->reason)
		printf(" %8s", figure ? "-" : "");
	else if (figure->work->per == PER_BUFFER)
		printf(" %8.3f", figure->median);
	else
		printf(" %8.*f", figure->median < 100, figure->median);
}

/* memfd-thp in two lines. */
static void print_heading(const struct bench *bench, size_t first, size_t last, const char *label)
{
	printf("\n%-12s", "");
	for (size_t i = first; i < last; i++) {
		const char *name = bench->subjects[i].name;

		printf(" %8.*s", (int)strcspn(name, "-"), name);
	}
	printf("\n%-12s", label);
	for (size_t i = first; i < last; i++) {
		const char *name = strchr(bench->subjects[i].name, '-');

		printf(" %8s", name ? name : "");
	}
	printf("  spread\n");
}

static void print_row(const struct bench *bench, size_t first, size_t last,
		      const struct bench_work *work, const char *label, size_t size)
{
	double spread = 0;

	printf("%-12s", label);
	for (size_t i = first; i < last; i++) {
		const struct bench_figure *figure =
			bench_find(bench, work->name, bench->subjects[i].name, size);

		print_number(figure);
		if (figure && !*figure->reason && bench_spread(figure) > spread)
			spread = bench_spread(figure);
	}
	printf(" %6.1f%%\n", spread * 100);
}

static void print_works(const struct bench *bench, size_t first, size_t last)
{
	for (enum bench_per per = PER_PAGE; per <= PER_BUFFER; per++) {
		bool any = false;

		for (size_t i = 0; i < bench->work_count; i++) {
			const struct bench_work *work = bench->works[i];
			size_t size = bench_work_size(bench, work);

			if (work->per != per ||
			    !bench_find(bench, work->name, bench->subjects[0].name, size))
				continue;
			if (!any)
				printf("%s\n", bench_unit(bench, per));
			any = true;
			print_row(bench, first, last, work, work->name,
				  bench_work_size(bench, work));
		}
	}
}

static void print_slope(const struct bench *bench, size_t first, size_t last,
			const struct bench_work *work)
{
	char label[24];

	printf("%s, %s, by size\n", work->name, bench_unit(bench, work->per));
	for (size_t size = BENCH_SMALLEST; size <= bench->slope; size *= 4)
		print_row(bench, first, last, work, number_bytes(size, label), size);
}

static bool same_reason(const struct bench_figure *a, const struct bench_figure *b)
{
	return !strcmp(a->reason, b->reason);
}

/* Names of the figures that share this reason, each once. */
static void print_sharers(const struct bench *bench, const struct bench_figure *first,
			  const char *(*name_of)(const struct bench_figure *))
{
	const struct bench_figure *end = bench->figures + bench->figure_count;

	for (const struct bench_figure *i = first; i < end; i++) {
		bool told = !same_reason(i, first);

		for (const struct bench_figure *j = first; j < i && !told; j++)
			told = same_reason(j, first) && !strcmp(name_of(j), name_of(i));
		if (!told)
			printf(" %s", name_of(i));
	}
}

static const char *subject_of(const struct bench_figure *figure)
{
	return figure->subject->name;
}

static const char *work_of(const struct bench_figure *figure)
{
	return figure->work->name;
}

/* Each reason once, with its subjects and works. */
static void print_reasons(const struct bench *bench)
{
	for (size_t i = 0; i < bench->figure_count; i++) {
		const struct bench_figure *figure = &bench->figures[i];
		bool told = !*figure->reason;

		for (size_t j = 0; j < i && !told; j++)
			told = same_reason(&bench->figures[j], figure);
		if (told)
			continue;
		printf("- %s:", figure->reason);
		print_sharers(bench, figure, subject_of);
		printf("\n   ");
		print_sharers(bench, figure, work_of);
		putchar('\n');
	}
}

static void print_targets(const struct bench *bench)
{
	struct bench_target *targets;
	size_t count = bench_targets(bench, &targets);

	if (count)
		printf("\nmmapdemo against     is          wanted\n");
	for (size_t i = 0; i < count; i++) {
		const struct bench_target *target = &targets[i];

		printf("%-11s %-9s", target->work, target->versus);
		if (target->times_fewer)
			printf("%8.0fx fewer >= %.0fx", target->ratio, target->limit);
		else
			printf("%8.2fx       <= %.2fx", target->ratio, target->limit);
		puts(target->reached ? "  reached" : "  missed");
	}
	free(targets);
}

void bench_table(const struct bench *bench)
{
	struct utsname system = {};
	char size[24];

	uname(&system);
	printf("%s %s: %s mapped; medians of %u, spread (max - min) / median of the row's worst\n",
	       system.sysname, system.release, number_bytes(bench->size, size), bench->repeats);
	for (size_t first = 0; first < bench->subject_count; first += COLUMNS) {
		size_t last = first + COLUMNS;

		if (last > bench->subject_count)
			last = bench->subject_count;
		print_heading(bench, first, last, "");
		print_works(bench, first, last);
		for (size_t i = 0; bench->slope && i < bench->work_count; i++)
			if (bench_work_grows(bench->works[i]))
				print_slope(bench, first, last, bench->works[i]);
	}
	putchar('\n');
	print_reasons(bench);
	print_targets(bench);
}
