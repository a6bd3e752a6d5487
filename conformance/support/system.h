/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine around a mapping: settings, control groups and unused memory, all of which are
 * restored when the test is over.
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
 * Undoes something after the test, however it ends, by a process outside of the group that Check
 * kills. That process has no descriptors, and no mapping of the target if the test calls this
 * before it maps. The next test begins after that.
 */
void after_test(void (*undo)(const void *), const void *what);

/* Writes a setting, which gets its value back when the test ends, however it ends. */
void set_for_test(const char *path, const char *value);

/* Sets RLIMIT_MEMLOCK, and drops CAP_IPC_LOCK so that the limit applies. */
void limit_locked_memory(size_t bytes);

/* Compares the kernel's release, for facts that cannot be probed. */
bool kernel_before(int version, int patch);

/* Whether the kernel, not only the program, has words of 32 bits. */
bool kernel_of_32_bits(void);

/* Size of a huge page-table entry's page; not applicable where there are none. */
size_t huge_page_size(void);

/*
 * Returns so many adjacent pages of the target that were never used; not applicable if none are
 * left. Each call uses them up.
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
