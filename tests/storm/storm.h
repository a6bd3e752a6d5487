/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmapdemo-storm runs a command while it disturbs the memory of that command's
 * processes. Each disturbance runs in a process of its own until the command ends.
 */
#ifndef STORM_H
#define STORM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "support/text.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The effects of one disturbance. The storm's processes share these figures. */
struct tally {
	_Atomic uint64_t tried;	 /* rounds, or calls */
	_Atomic uint64_t done;	 /* those of which the kernel shows an effect */
	_Atomic uint64_t amount; /* of what the disturbance's unit names */
	_Atomic int error;	 /* the last errno, or 0 */
};

struct disturbance {
	const char *name;
	const char *says;
	const char *unit;   /* what tally.amount counts */
	unsigned int pause; /* milliseconds between two rounds, at least */
	unsigned int rest;  /* after a round, this many times its length; 0: REST */
	bool on_demand;	    /* runs only where an option names it */
	const char *needs;  /* runs only where this file exists, unless an option names it */
	/*
	 * Runs before the command and before any round. Returns NULL, or why the
	 * disturbance cannot work on this machine.
	 */
	const char *(*prepare)(void);
	void (*round)(struct tally *tally);
};

extern const struct disturbance *const disturbances[];
extern const size_t disturbance_count;

extern const struct disturbance storm_numa, storm_migrate, storm_move;
extern const struct disturbance storm_compact, storm_drop_caches, storm_reclaim, storm_pressure;
extern const struct disturbance storm_swappiness;
extern const struct disturbance storm_soft_offline, storm_poison;
extern const struct disturbance storm_memory, storm_cpu;
extern const struct disturbance storm_split, storm_khugepaged;
extern const struct disturbance storm_nodes;

/* Options that disturbances read. */
struct storm_options {
	const char *device;	 /* the node, whose mappings are looked for */
	long poison_page;	 /* the page of the device that poison breaks, or -1 */
	unsigned int most_pages; /* page frames that soft-offline may use up */
	bool maps;		 /* the storm may open and map the device */
};

extern struct storm_options storm_options;

/*** processes.c: whom to disturb */

#define PROCESSES_MOST 512

/* The calling process counts as the storm's main process from now on. */
void processes_begin(void);
/* The process belongs to the storm, and is not disturbed. */
void processes_spare(pid_t pid);
/* Descendants of the main process that are not spared. Returns how many it stored. */
size_t processes_find(pid_t pids[PROCESSES_MOST]);

struct range {
	uintptr_t start, end;
};

/* A mapping of the device in that process, chosen at random; false where it has none. */
bool processes_mapping(pid_t pid, struct range *range);
/* A mapping of the device in any process of the command. */
bool processes_any_mapping(pid_t *pid, struct range *range);
/* Stores the addresses of random pages that are present there. Returns how many there were. */
size_t processes_present(pid_t pid, const struct range *range, void **pages, size_t most);
/* The page frame number behind an address of a process, or 0. */
uint64_t processes_frame(pid_t pid, uintptr_t address);

/*** settings.c: files of proc, sysfs, debugfs and cgroupfs, and how they get their values back */

/* Forks the process that restores. It does so once all other processes of the storm have ended. */
void settings_guard(void);
/*
 * Records the value that the file has now, which the end of the storm restores. This and the
 * next two return 0 or the errno.
 */
int settings_keep(const char *path);
/* The same, but restores by writing this text. */
int settings_keep_as(const char *path, const char *text);
/* Records the value, then writes another one. */
int settings_set(const char *path, const char *value);
/* The end of the storm removes the folder. */
void settings_keep_folder(const char *path);
/* The end of the storm writes the text to the file if the other path exists by then. */
void settings_keep_gone(const char *gone, const char *path, const char *text);
/* Called when all disturbances have ended: waits until all is restored. Returns success. */
bool settings_restore(void);

/*** figures.c */

/* A line "KEY N" of a file such as /proc/vmstat; 0 where it lacks the key. */
uint64_t figure_of(const char *path, const char *key);
/* A figure of /proc/vmstat. */
uint64_t vmstat(const char *key);
/* The sum of all figures of /proc/vmstat whose names begin so. */
uint64_t vmstat_sum(const char *prefix);
/* A random number below `below`. */
uint64_t random_below(uint64_t below);

/* Adds one round to the tally; it is done if the amount is not 0. */
void tally_round(struct tally *tally, uint64_t amount, int error);

#endif
