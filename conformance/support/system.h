/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests ask of the machine around a mapping: its settings, control groups
 * and unused memory; and how all of that is as before when the test is over.
 */
#ifndef SUPPORT_SYSTEM_H
#define SUPPORT_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "text.h"

#define RW (PROT_READ | PROT_WRITE)

/* For ROW_EACH: the two ways to map. */
static const struct kind {
	const char *name;
	int flags;
} kinds[] = {
	{"shared", MAP_SHARED},
	{"private", MAP_PRIVATE},
};

/* A counter of /proc/vmstat, summed over all processors. */
uint64_t vmstat(const char *name);

/* "FIELD: N kB" of /proc/self/status. */
size_t status_kb(const char *field);

/*
 * Has something put back when the test has ended, however it ended: by a process
 * that is not of the group that Check kills, has no descriptors, and no mapping
 * of the target if it is made before any. The next test begins after that.
 */
void after_test(void (*undo)(const void *), const void *what);

/* Writes a setting, which gets its value back when the test ends, however it ends. */
void set_for_test(const char *path, const char *value);

/* From here on RLIMIT_MEMLOCK counts, and is this: CAP_IPC_LOCK is dropped. */
void limit_locked_memory(size_t bytes);

/* By its release, for what nothing else tells. */
bool kernel_before(int version, int patch);

/* Size of a huge page-table entry's page; not applicable where there are none. */
size_t huge_page_size(void);

/*
 * So many adjacent pages of the target that nobody has used since it was made,
 * or not applicable where none are left. Whoever asks uses them up.
 */
off_t find_untouched(size_t count);
bool is_untouched(off_t off, size_t len);

/* A memory control group (v2) that goes when the test ends. */
struct cgroup {
	char path[128];
};

void cgroup_make(struct cgroup *group);
void cgroup_enter(const struct cgroup *group);
void cgroup_limit(const struct cgroup *group, size_t bytes);
/* Bytes charged to it. */
uint64_t cgroup_charged(const struct cgroup *group);
/* "KEY N" of a file such as memory.stat or memory.events. */
uint64_t cgroup_value(const struct cgroup *group, const char *file, const char *key);

#endif
