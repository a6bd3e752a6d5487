// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each counter is opened by itself, as some processors lack one of them. Where more are open than
 * the processor has at once, the kernel takes turns, and the count is scaled by the time it ran.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"
#include "support/proc.h"

#define PARANOID "/proc/sys/kernel/perf_event_paranoid"
#define DTLB_MISSES(which) \
	(PERF_COUNT_HW_CACHE_DTLB | (which) << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

static const struct {
	uint32_t type;
	uint64_t config;
	const char *says;
} kinds[COUNTS] = {
	[COUNT_CYCLES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, "cycles"},
	[COUNT_DTLB_LOADS] = {PERF_TYPE_HW_CACHE, DTLB_MISSES(PERF_COUNT_HW_CACHE_OP_READ),
			      "dTLB misses of loads"},
	[COUNT_DTLB_STORES] = {PERF_TYPE_HW_CACHE, DTLB_MISSES(PERF_COUNT_HW_CACHE_OP_WRITE),
			       "dTLB misses of stores"},
};

/* Of this thread, in the kernel and in the program; -1 and errno. */
static int open_one(int which)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = kinds[which].type,
		.config = kinds[which].config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

struct counters counters_open(void)
{
	struct counters counters;

	for (int i = 0; i < COUNTS; i++)
		counters.fds[i] = open_one(i);
	return counters;
}

struct counts counters_read(const struct counters *counters)
{
	struct counts counts;

	for (int i = 0; i < COUNTS; i++) {
		struct {
			uint64_t value, enabled, running;
		} now;

		counts.of[i] = -1;
		if (counters->fds[i] >= 0 &&
		    read(counters->fds[i], &now, sizeof(now)) == sizeof(now) && now.running)
			counts.of[i] = (double)now.value * now.enabled / now.running;
	}
	return counts;
}

double counts_between(const struct counts *begin, const struct counts *end, int which)
{
	if (begin->of[which] < 0 || end->of[which] < begin->of[which])
		return -1;
	return end->of[which] - begin->of[which];
}

static void say_why(char *text, size_t size, int error)
{
	char level[16] = "unknown";
	FILE *file = fopen(PARANOID, "re");

	if (file) {
		if (fgets(level, sizeof(level), file))
			level[strcspn(level, "\n")] = '\0';
		fclose(file);
	}
	if ((error == EACCES || error == EPERM) && !geteuid())
		snprintf(text, size,
			 "none: root may not count either: a container's seccomp filter, or "
			 "lockdown");
	else if (error == EACCES || error == EPERM)
		snprintf(text, size,
			 "none: this user may not count the kernel's work; run as root, or "
			 "`sysctl kernel.perf_event_paranoid=1' (it is %s)",
			 level);
	else if (error == ENOSYS)
		snprintf(text, size, "none: the kernel is built without perf events");
	else
		snprintf(text, size,
			 "none: the processor shows no counter (%s); a VM has counters if its "
			 "host gives it some, as QEMU's `-cpu host' with KVM does",
			 strerror(error));
}

void counters_say(char *text, size_t size)
{
	size_t length = 0;
	int error = 0;

	*text = '\0';
	for (int i = 0; i < COUNTS; i++) {
		int fd = open_one(i);

		if (fd < 0) {
			error = error ? error : errno;
			continue;
		}
		close(fd);
		length += snprintf(text + length, size - length, "%s%s", length ? ", " : "",
				   kinds[i].says);
	}
	if (!length)
		say_why(text, size, error);
}
