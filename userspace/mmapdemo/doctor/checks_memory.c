// SPDX-License-Identifier: GPL-2.0-only
/* Huge pages, and limits beside the buffer's size. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/mounts.h"
#include "common/number.h"
#include "device/device.h"
#include "facts.h"
#include "support/text.h"

#define THP "/sys/kernel/mm/transparent_hugepage/"

/* The kernel's default limit of locked memory since 5.16: MLOCK_LIMIT. */
enum { USUAL_LOCKED = 8 << 20 };

#define NO_LIMIT (1ULL << 62)

/* The size of the buffer. If there is no device, it returns false and sets the finding. */
static bool buffer_size(const struct patient *patient, uint64_t *bytes, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	char *path = format_text("/sys/class/mmapdemo/%s/size", device.name);
	bool found = fact_number(patient, path, bytes);

	free(path);
	if (!found)
		unknown(finding, "not checked: there is no buffer to compare with (module)");
	return found;
}

/* The word in brackets: of "always [madvise] never", madvise. */
static bool chosen(const struct patient *patient, const char *path, char word[64])
{
	char line[64];

	*word = '\0';
	return fact_line(patient, path, line, sizeof(line)) &&
	       sscanf(line, "%*[^[][%63[^]]", word) + sscanf(line, "[%63[^]]", word) > 0;
}

/*
 * The core maps the device's huge folios whatever the setting is: do_set_pmd() in mm/memory.c does
 * not check it. It decides about anonymous memory and a driver's huge_fault: hugepage_vma_check()
 * of 6.1 allows only that of DAX, __thp_vma_allowable_orders() of 6.12 uses the setting, and
 * vma_file_check_thp_tuneables() of 7.x does so except for VM_PFNMAP.
 */
static void look_at_huge_pages(const struct patient *patient, struct finding *finding)
{
	char enabled[64], huge[32], shmem[64];

	if (!chosen(patient, THP "enabled", enabled)) {
		if (fact_exists(patient, "/sys/kernel/mm"))
			fine(finding, "this kernel has none: all pages are small");
		else
			unknown(finding, "not checked: there is no /sys/kernel/mm");
		return;
	}
	if (strcmp(enabled, "always")) {
		remark(finding,
		       "%s: anonymous memory gets %s, and a driver's huge_fault is %s (7.x excepts "
		       "PFN mappings, and 6.1 calls only DAX's); the device's huge folios are "
		       "still "
		       "mapped as huge pages",
		       enabled,
		       strcmp(enabled, "never") ? "huge pages after MADV_HUGEPAGE alone"
						: "no huge page",
		       strcmp(enabled, "never") ? "called after that alone" : "not called");
		return;
	}
	chosen(patient, THP "shmem_enabled", shmem);
	fact_line(patient, "/sys/module/mmapdemo/parameters/huge", huge, sizeof(huge));
	fine(finding, "%s%s%s; memfds have a setting of their own: %s", enabled,
	     *huge ? ", and the module's huge=" : "", huge, *shmem ? shmem : "unknown");
}

/* A column of buddyinfo is an order, from 0 on. */
static uint64_t free_blocks(FILE *file, int least)
{
	char line[512];
	uint64_t count = 0;

	while (fgets(line, sizeof(line), file)) {
		char *at = strstr(line, "zone");
		int order = 0;

		at = at ? at + 4 + strspn(at + 4, " ") : line + strlen(line);
		for (at += strcspn(at, " "); *at && *at != '\n'; order++) {
			char *end;
			uint64_t blocks = strtoull(at, &end, 10);

			if (end == at)
				break;
			if (order >= least)
				count += blocks;
			at = end;
		}
	}
	return count;
}

static void look_at_free_blocks(const struct patient *patient, struct finding *finding)
{
	FILE *file = fact_stream(patient, "/proc/buddyinfo");
	uint64_t huge, count;
	char words[32];
	int order = 0;

	if (!file) {
		unknown(finding, "/proc/buddyinfo cannot be read, which needs root");
		return;
	}
	if (!fact_number(patient, THP "hpage_pmd_size", &huge) || !huge)
		huge = 0;
	while (huge && (uint64_t)sysconf(_SC_PAGESIZE) << order < huge)
		order++;
	count = free_blocks(file, order);
	fclose(file);
	if (!huge) {
		fine(finding, "not needed: this kernel has no huge pages");
	} else if (!count) {
		remark(finding,
		       "no block of %s is free: a huge folio needs compaction first, and may fail",
		       number_words(huge, words));
		cured_by_root(finding, "echo 1 >/proc/sys/vm/compact_memory");
	} else {
		fine(finding, "%ju of %s or more", (uintmax_t)count, number_words(huge, words));
	}
}

/* The lowest limit of a memory cgroup and of those above it. */
struct limit {
	uint64_t bytes;
	char path[512]; /* of the file that has it */
	bool found;	/* a cgroup of memory, with a limit or without */
};

static void take_limits(const struct patient *patient, const char *base, char *cgroup,
			const char *name, struct limit *limit)
{
	for (;;) {
		char path[512];
		uint64_t bytes;
		char *slash;

		snprintf(path, sizeof(path), "%s%s/%s", base, strcmp(cgroup, "/") ? cgroup : "",
			 name);
		if (fact_exists(patient, path)) {
			limit->found = true;
			/* "max" is no number, and version 1 says none by a huge one. */
			if (fact_number(patient, path, &bytes) && bytes < NO_LIMIT &&
			    bytes < limit->bytes) {
				limit->bytes = bytes;
				snprintf(limit->path, sizeof(limit->path), "%s", path);
			}
		}
		slash = strrchr(cgroup, '/');
		if (!slash || !*cgroup || !strcmp(cgroup, "/"))
			return;
		*slash = '\0';
		if (!*cgroup)
			strcpy(cgroup, "/");
	}
}

static struct limit find_limit(const struct patient *patient)
{
	FILE *file = fact_stream(patient, "/proc/self/cgroup");
	struct limit limit = {.bytes = UINT64_MAX};
	char line[600];

	while (file && fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':'), *cgroup;

		line[strcspn(line, "\n")] = '\0';
		cgroup = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!cgroup)
			continue;
		*cgroup++ = '\0';
		if (!controllers[1])
			take_limits(patient, "/sys/fs/cgroup", cgroup, "memory.max", &limit);
		else if (strstr(controllers, "memory"))
			take_limits(patient, "/sys/fs/cgroup/memory", cgroup,
				    "memory.limit_in_bytes", &limit);
	}
	if (file)
		fclose(file);
	return limit;
}

/* The cure lasts until the next boot. */
static void cure_limit(const struct patient *patient, const struct limit *limit, uint64_t more,
		       struct finding *finding)
{
	char *folder = copy_text(limit->path), *unit;
	uint64_t bytes = limit->bytes + more;
	const char *user;

	*strrchr(folder, '/') = '\0';
	unit = strrchr(folder, '/') + 1;
	user = strstr(folder, "/user@");
	if (fact_container(patient))
		hint(finding, "start the container without --memory, or with more of it");
	else if (!strstr(unit, ".service") && !strstr(unit, ".scope") && !strstr(unit, ".slice"))
		cured_by_root(finding, "echo %ju >%s", (uintmax_t)bytes, limit->path);
	/* A unit of a user's systemd can be changed by that systemd only. */
	else if (user && user + 1 != unit)
		cured_by(finding, "systemctl --user set-property --runtime %s MemoryMax=%ju", unit,
			 (uintmax_t)bytes);
	else
		cured_by_root(finding, "systemctl set-property --runtime %s MemoryMax=%ju", unit,
			      (uintmax_t)bytes);
	free(folder);
}

static void look_at_memory_limit(const struct patient *patient, struct finding *finding)
{
	const struct limit limit = find_limit(patient);
	char size_words[32], limit_words[32];
	uint64_t size;

	if (!buffer_size(patient, &size, finding))
		return;
	if (limit.bytes < size) {
		wrong(finding,
		      "the memory cgroup allows %s, and the buffer has %s: a process that "
		      "uses more of it is killed",
		      number_words(limit.bytes, limit_words), number_words(size, size_words));
		cure_limit(patient, &limit, size, finding);
	} else if (!limit.found) {
		fine(finding, "no memory cgroup");
	} else if (limit.bytes == UINT64_MAX) {
		fine(finding, "the memory cgroup has none");
	} else {
		fine(finding, "%s of the memory cgroup, for a buffer of %s",
		     number_words(limit.bytes, limit_words), number_words(size, size_words));
	}
}

static const char *limit_text(rlim_t limit, char words[32])
{
	return limit == RLIM_INFINITY ? "no limit" : number_words(limit, words);
}

static void look_at_locked_memory(const struct patient *patient, struct finding *finding)
{
	char limit_words[32], size_words[32];
	struct rlimit limit;
	uint64_t size, capabilities = 0;

	if (!buffer_size(patient, &size, finding))
		return;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	status_number("CapEff:", 16, &capabilities);
	limit_text(limit.rlim_cur, limit_words);
	number_words(size, size_words);
	/* capable() checks the first user namespace. */
	if (capabilities & 1 << 14 && !in_user_namespace()) { /* CAP_IPC_LOCK */
		fine(finding,
		     "a process with CAP_IPC_LOCK may lock all memory (RLIMIT_MEMLOCK: %s)",
		     limit_words);
	} else if (limit.rlim_cur >= size) {
		fine(finding, "%s (RLIMIT_MEMLOCK), for a buffer of %s", limit_words, size_words);
	} else if (limit.rlim_cur >= USUAL_LOCKED) {
		fine(finding,
		     "%s (RLIMIT_MEMLOCK) is usual; mlock() and io_uring can lock no more of the "
		     "buffer's %s",
		     limit_words, size_words);
	} else {
		wrong(finding,
		      "RLIMIT_MEMLOCK is %s, and the buffer has %s: mlock(), MAP_LOCKED and "
		      "buffers of io_uring fail",
		      limit_words, size_words);
		if (limit.rlim_max >= size)
			cured_by(finding, "ulimit -l %ju", (uintmax_t)(size + 1023) / 1024);
		else
			cured_by_root(finding, "prlimit --pid %d --memlock=%ju", patient->caller,
				      (uintmax_t)size);
	}
}

static void look_at_address_space(const struct patient *patient, struct finding *finding)
{
	char limit_words[32], size_words[32];
	uint64_t size, used = 0;
	struct rlimit limit;

	if (!buffer_size(patient, &size, finding))
		return;
	getrlimit(RLIMIT_AS, &limit);
	status_number("VmSize:", 10, &used);
	limit_text(limit.rlim_cur, limit_words);
	number_words(size, size_words);
	if (limit.rlim_cur == RLIM_INFINITY) {
		fine(finding, "no limit (RLIMIT_AS)");
	} else if (limit.rlim_cur >= size + used * 1024) {
		fine(finding, "%s (RLIMIT_AS), for a buffer of %s", limit_words, size_words);
	} else {
		wrong(finding,
		      "RLIMIT_AS is %s, and the buffer has %s: mmap() of all of it is ENOMEM",
		      limit_words, size_words);
		if (limit.rlim_max == RLIM_INFINITY)
			cured_by(finding, "ulimit -v unlimited");
		else
			cured_by_root(finding, "prlimit --pid %d --as=unlimited", patient->caller);
	}
}

const struct check memory_checks[] = {
	{"huge-pages", look_at_huge_pages, OF_RUNNING},
	{"free-blocks", look_at_free_blocks, OF_RUNNING},
	{"memory-limit", look_at_memory_limit, OF_RUNNING},
	{"locked-memory", look_at_locked_memory, OF_PROCESS},
	{"address-space", look_at_address_space, OF_PROCESS},
	{},
};
