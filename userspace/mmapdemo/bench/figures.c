// SPDX-License-Identifier: GPL-2.0-only
/* Looks figures up, names their units, and compares the device with its targets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/memory.h"
#include "figure.h"
#include "size.h"

const struct bench_figure *bench_find(const struct bench *bench, const char *work,
				      const char *subject, size_t size)
{
	for (size_t i = 0; i < bench->figure_count; i++) {
		const struct bench_figure *figure = &bench->figures[i];

		if (figure->size == size && !strcmp(figure->work->name, work) &&
		    !strcmp(figure->subject->name, subject))
			return figure;
	}
	return NULL;
}

double bench_spread(const struct bench_figure *figure)
{
	/* Some use no memory: the spread is a part of the buffer already. */
	if (figure->work->per == PER_BUFFER)
		return (figure->max - figure->min) / 100;
	return figure->median ? (figure->max - figure->min) / figure->median : 0;
}

const char *bench_unit(const struct bench *bench, enum bench_per per)
{
	switch (per) {
	case PER_PAGE:
		return bench->instructions ? "instructions per 4 KiB" : "ns per 4 KiB";
	case PER_CALL:
		return bench->instructions ? "instructions per call" : "ns per call";
	case PER_BUFFER:
		break;
	}
	return "% of the buffer";
}

size_t bench_work_size(const struct bench *bench, const struct bench_work *work)
{
	return work->needs & NEEDS_LARGE ? BENCH_LARGE : bench->size;
}

/* Of kernels from one major version to before another; the issue that asked for them: 4. */
static const struct goal {
	const char *works[9];
	const char *versus;
	double limit;
	bool times_fewer;
	int from, before;
} goals[] = {
	{{"map-read", "map-write", "munmap"}, "hugetlb", 2.0, false, 0, 7},
	{{"map-read", "map-write", "munmap"}, "hugetlb", 1.0, false, 7, 99},
	{{"map-read", "map-write"}, "memfd", 40, true, 0, 7},
	{{"map-read", "map-write"}, "memfd", 150, true, 7, 99},
	{{"map-read", "map-write"}, "memfd-thp", 1.0, false, 0, 7},
	{{"map-read", "map-write"}, "memfd-thp", 0.6, false, 7, 99},
	{{"first-read", "first-write"}, "memfd-thp", 1.0, false, 0, 99},
	{{"cow", "cow-read", "fork", "fork-touch", "open"}, "memfd", 1.0, false, 0, 99},
	{{"create"}, "memfd", 1.1, false, 0, 99},
	{{"read-4k", "read-64k", "read-1m", "read-all", "write-4k", "write-64k", "write-1m",
	  "write-all"},
	 "memfd",
	 1.0,
	 false,
	 0,
	 99},
};

/* To two decimals, as it is shown. */
static double rounded(double ratio)
{
	return (long long)(ratio * 100 + 0.5) / 100.0;
}

static bool judge(const struct bench *bench, const struct goal *goal, const char *work,
		  struct bench_target *target)
{
	const struct bench_figure *device = bench_find(bench, work, "mmapdemo", bench->size);
	const struct bench_figure *peer = bench_find(bench, work, goal->versus, bench->size);

	if (!device || !peer || *device->reason || *peer->reason)
		return false;
	*target = (struct bench_target){.work = work,
					.versus = goal->versus,
					.limit = goal->limit,
					.times_fewer = goal->times_fewer};
	target->ratio =
		goal->times_fewer ? peer->median / device->median : device->median / peer->median;
	target->reached = goal->times_fewer ? target->ratio >= goal->limit
					    : rounded(target->ratio) <= goal->limit;
	return true;
}

size_t bench_targets(const struct bench *bench, struct bench_target **targets)
{
	size_t count = 0, most = ARRAY_LEN(goals) * ARRAY_LEN(goals[0].works);
	struct utsname system = {};
	int version;

	uname(&system);
	version = atoi(system.release);
	*targets = new_array(most, sizeof(**targets));
	for (size_t i = 0; i < ARRAY_LEN(goals); i++) {
		if (version < goals[i].from || version >= goals[i].before)
			continue;
		for (const char *const *work = goals[i].works; *work; work++)
			count += judge(bench, &goals[i], *work, *targets + count);
	}
	return count;
}
