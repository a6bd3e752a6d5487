// SPDX-License-Identifier: GPL-2.0-only
/*
 * M11: processes that are the first to touch a huge page, all at once, share one huge folio,
 * and the kernel allocates no other.
 *
 * The test counts the pages that the kernel allocates (pgalloc_* of /proc/vmstat). Where
 * each racing page fault allocates a huge folio, all but one of them are freed again, and
 * nothing but this count shows it.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/memory.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"
#include "support/weather.h"

#define TOUCHERS 8
#define ROUNDS	 20

/* Shared by all processes of the test. */
struct race {
	atomic_int round;   /* in which the touchers may touch */
	atomic_int touched; /* how often they have */
};

/* Pages that the kernel has allocated since it booted; 0 where it does not count them. */
static uint64_t allocated(void)
{
	FILE *file = fopen("/proc/vmstat", "re");
	uint64_t value, sum = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "pgalloc_%*s %" SCNu64, &value) == 1)
			sum += value;
	if (file)
		fclose(file);
	return sum;
}

/* Each process touches a page of its own, in each round. */
static void touch_each_round(struct race *race, off_t off, int which)
{
	unsigned char *map = memory_map(off, MAP_SHARED);
	size_t mine = memory_chunk_size() / TOUCHERS * which;
	pid_t parent = getppid();

	for (int round = 1; round <= ROUNDS; round++) {
		while (race->round < round && getppid() == parent)
			sched_yield();
		map[mine] = 's';
		race->touched++;
	}
}

/* All access a hole at once; returns how many pages were allocated meanwhile. */
static uint64_t run_round(struct race *race, off_t off, int round)
{
	uint64_t before;

	assert_done(in_the_end(memory_free(off, memory_chunk_size())));
	before = allocated();
	race->round = round;
	while (race->touched < round * TOUCHERS)
		sched_yield();
	return allocated() - before;
}

ROW(M11, made_once, "first touches by many processes at once allocate one huge folio",
    .timeout = 60)
{
	struct race *race = mmap(NULL, sizeof(*race), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t needed = ROUNDS * memory_chunk_size() / pages(1), pages_allocated = 0;
	struct peer children[TOUCHERS];
	unsigned char *map;
	off_t off;

	ck_assert_ptr_ne(race, MAP_FAILED);
	if (!target.module)
		row_not_applicable("a file may allocate more, and free it again");
	if (!allocated())
		row_not_applicable("this kernel does not count allocations (pgalloc_*)");
	off = memory_hole(&folios[0]);
	map = memory_map(off, MAP_SHARED);
	if (!is_compound(map))
		row_not_applicable("the kernel made no huge folio of it");
	for (int i = 0; i < TOUCHERS; i++) {
		if (fork_child(&children[i])) {
			touch_each_round(race, off, i);
			child_done();
		}
	}
	for (int round = 1; round <= ROUNDS; round++)
		pages_allocated += run_round(race, off, round);
	for (int i = 0; i < TOUCHERS; i++)
		await_exit(&children[i]);
	/* Page tables and other activity of the machine are a small part of it. */
	if (pages_allocated > needed + needed / 4 && weather_explains(false))
		row_not_applicable("the kernel moves pages, for which it allocates others");
	ck_assert_msg(pages_allocated <= needed + needed / 4,
		      "%" PRIu64 " pages were allocated, where %" PRIu64 " are needed",
		      pages_allocated, needed);
}
