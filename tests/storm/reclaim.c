// SPDX-License-Identifier: GPL-2.0-only
/* The kernel looks for memory that it can take back or put together. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storm.h"

#define VM     "/proc/sys/vm/"
#define GROUPS "/sys/fs/cgroup/"

static const char *prepare_compact(void)
{
	return access(VM "compact_memory", W_OK) ? "no " VM "compact_memory" : NULL;
}

static void round_compact(struct tally *tally)
{
	uint64_t before = vmstat("compact_migrate_scanned");
	int error = write_text(VM "compact_memory", "1");

	tally_round(tally, vmstat("compact_migrate_scanned") - before, error);
}

const struct disturbance storm_compact = {
	.name = "compact",
	.says = "compaction of all memory (compact_memory)",
	.unit = "pages scanned",
	.pause = 100,
	.prepare = prepare_compact,
	.round = round_compact,
};

static const char *prepare_drop_caches(void)
{
	return access(VM "drop_caches", W_OK) ? "no " VM "drop_caches" : NULL;
}

static void round_drop_caches(struct tally *tally)
{
	uint64_t before = vmstat("drop_pagecache");
	int error = write_text(VM "drop_caches", "3");

	tally_round(tally, vmstat("drop_pagecache") - before, error);
}

const struct disturbance storm_drop_caches = {
	.name = "drop-caches",
	.says = "the page cache, dentries and inodes are dropped (drop_caches)",
	.unit = "times",
	.pause = 50,
	.prepare = prepare_drop_caches,
	.round = round_drop_caches,
};

static const char *prepare_reclaim(void)
{
	if (access(GROUPS "memory.reclaim", W_OK))
		return "no " GROUPS "memory.reclaim (cgroup v2)";
	return NULL;
}

/* EAGAIN says that less was taken than was asked for: most of it cannot go. */
static void round_reclaim(struct tally *tally)
{
	uint64_t before = vmstat_sum("pgscan_");
	int error = write_text(GROUPS "memory.reclaim", "64M");

	tally_round(tally, vmstat_sum("pgscan_") - before, error == EAGAIN ? 0 : error);
}

const struct disturbance storm_reclaim = {
	.name = "reclaim",
	.says = "reclaim of 64 MiB from all control groups (memory.reclaim)",
	.unit = "pages scanned",
	.pause = 50,
	.prepare = prepare_reclaim,
	.round = round_reclaim,
};

#define GROUP	   GROUPS "mmapdemo-storm"
#define LIMIT	   (8 << 20)
#define HOG_MEMORY (4 * (size_t)LIMIT)
#define CHUNK	   (1 << 20)

static const char *prepare_pressure(void)
{
	char controllers[256];
	char limit[32];

	if (read_text(GROUPS "cgroup.subtree_control", controllers, sizeof(controllers)))
		return "no control groups (v2) in " GROUPS;
	/* It stays: groups that the command made may need it when the storm ends. */
	if (!strstr(controllers, "memory") &&
	    write_text(GROUPS "cgroup.subtree_control", "+memory"))
		return "no memory controller in " GROUPS;
	settings_keep_folder(GROUP);
	snprintf(limit, sizeof(limit), "%d", LIMIT);
	if ((mkdir(GROUP, 0755) && errno != EEXIST) || write_text(GROUP "/memory.max", limit))
		return "cannot make " GROUP;
	return NULL;
}

/*
 * The hog stays just inside its limit by memory that it has freed lazily: the
 * kernel takes some of it back for each page more.
 */
_Noreturn static void hog(void)
{
	char *memory;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memory = mmap(NULL, HOG_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || write_text(GROUP "/cgroup.procs", "0"))
		_exit(1);
	for (size_t at = 0; at < HOG_MEMORY; at += CHUNK) {
		memset(memory + at, 0xa5, CHUNK);
		madvise(memory + at, CHUNK, MADV_FREE);
	}
	_exit(0);
}

/* Where reclaim finds nothing in time, the kernel kills the hog, a process of its own. */
static void round_pressure(struct tally *tally)
{
	uint64_t before = figure_of(GROUP "/memory.events", "max");
	pid_t pid = fork();

	if (pid < 0) {
		tally_round(tally, 0, errno);
		return;
	}
	if (!pid)
		hog();
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	tally_round(tally, figure_of(GROUP "/memory.events", "max") - before, 0);
}

const struct disturbance storm_pressure = {
	.name = "pressure",
	.says = "a hog in a memory control group that is at its limit (memory.max)",
	.unit = "times at the limit",
	.pause = 200,
	.prepare = prepare_pressure,
	.round = round_pressure,
};

static const char *prepare_swappiness(void)
{
	return settings_keep(VM "swappiness") ? "no " VM "swappiness" : NULL;
}

/* With 0 reclaim turns to the pages of files alone, with 200 to anonymous ones first. */
static void round_swappiness(struct tally *tally)
{
	static const char *const values[] = {"0", "200", "60"};
	static size_t turn;
	const char *value = values[turn++ % ARRAY_SIZE(values)];
	int error = write_text(VM "swappiness", value);
	char now[16];

	if (!error)
		error = read_text(VM "swappiness", now, sizeof(now));
	tally_round(tally, !error && !strncmp(now, value, strlen(value)), error);
}

const struct disturbance storm_swappiness = {
	.name = "swappiness",
	.says = "reclaim's preference for anonymous pages or pages of files changes",
	.unit = "times",
	.pause = 300,
	.prepare = prepare_swappiness,
	.round = round_swappiness,
};
