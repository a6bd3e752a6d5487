// SPDX-License-Identifier: GPL-2.0-only
/* Pages move between the nodes of memory: by NUMA balancing, and because somebody asks. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "storm.h"

#define BALANCING "/proc/sys/kernel/numa_balancing"
#define SCAN	  "/sys/kernel/debug/sched/numa_balancing/"
#define NODES	  2

static const char *needs_two_nodes(void)
{
	if (access("/sys/devices/system/node/node1", F_OK))
		return "the machine has one node of memory only";
	return NULL;
}

static const char *prepare_numa(void)
{
	const char *why = needs_two_nodes();

	if (why)
		return why;
	if (settings_set(BALANCING, "1"))
		return "this kernel has no " BALANCING;
	/*
	 * The kernel scans each second, 256 MiB at a time, and begins when a process has
	 * run for a second. Most processes of a test do not live that long.
	 */
	if (settings_set(SCAN "scan_delay_ms", "0") ||
	    settings_set(SCAN "scan_period_min_ms", "10") ||
	    settings_set(SCAN "scan_period_max_ms", "100"))
		return "no " SCAN " in debugfs";
	return NULL;
}

static void round_numa(struct tally *tally)
{
	static uint64_t before;
	uint64_t now = vmstat("numa_hint_faults");

	tally_round(tally, before ? now - before : 0, 0);
	before = now;
}

const struct disturbance storm_numa = {
	.name = "numa",
	.says = "NUMA balancing, with the shortest scan periods",
	.unit = "NUMA hinting page faults",
	.pause = 500,
	.prepare = prepare_numa,
	.round = round_numa,
};

/* All pages of each process go to the other node, then back. */
static void round_migrate(struct tally *tally)
{
	static unsigned int turn;
	unsigned long from = 1UL << turn % NODES;
	unsigned long to = 1UL << (turn + 1) % NODES;
	uint64_t before = vmstat("pgmigrate_success");
	pid_t pids[PROCESSES_MOST];
	size_t count = processes_find(pids);
	int error = 0;

	turn++;
	for (size_t i = 0; i < count; i++)
		if (syscall(SYS_migrate_pages, pids[i], NODES + 1, &from, &to) < 0 &&
		    errno != ESRCH)
			error = errno;
	tally_round(tally, vmstat("pgmigrate_success") - before, error);
}

const struct disturbance storm_migrate = {
	.name = "migrate",
	.says = "migrate_pages() of every process, from node to node and back",
	.unit = "pages moved",
	.pause = 2,
	.rest = 4,
	.prepare = needs_two_nodes,
	.round = round_migrate,
};

#define MOVED_MOST 16 /* pages of one round */
#define MOVES	   32 /* of each of them */

/*
 * A few pages go back and forth, fast: an access to them then meets a migration.
 * One call names each page many times, as a call flushes the LRU caches of all
 * processors first, which takes far longer than to move a page. MPOL_MF_MOVE_ALL
 * moves pages that several processes map, too.
 */
static void round_move(struct tally *tally)
{
	static void *pages[MOVED_MOST * MOVES];
	static int nodes[MOVED_MOST * MOVES], status[MOVED_MOST * MOVES];
	uint64_t before = vmstat("pgmigrate_success");
	struct range range;
	size_t count;
	int error = 0;
	pid_t pid;

	if (!processes_any_mapping(&pid, &range))
		return;
	count = processes_present(pid, &range, pages, 1 + random_below(MOVED_MOST));
	if (!count)
		return;
	for (size_t i = 0; i < count * MOVES; i++) {
		pages[i] = pages[i % count];
		nodes[i] = i / count % NODES;
	}
	if (syscall(SYS_move_pages, pid, count * MOVES, pages, nodes, status, MPOL_MF_MOVE_ALL) < 0)
		error = errno;
	tally_round(tally, vmstat("pgmigrate_success") - before, error);
}

const struct disturbance storm_move = {
	.name = "move",
	.says = "move_pages() of random pages of the device, wherever they are mapped",
	.unit = "pages moved",
	.pause = 2,
	.rest = 2,
	.prepare = needs_two_nodes,
	.round = round_move,
};
