// SPDX-License-Identifier: GPL-2.0-only
/* The system's settings that a benchmark changes and restores, and the figures that it reads. */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "setting.h"
#include "size.h"
#include "support/proc.h"

/* Memory is at rest when that many readings in a row differ from the one before by no more. */
#define SETTLE_AGREE 3
#define SETTLE_TRIES 30
#define SETTLE_BYTES ((int64_t)(32 * KIB))

static struct setting {
	const char *path;
	bool is_ours; /* a file to be removed */
	char before[64];
} settings[8];
static size_t count;
/* The process that restores them. Its children exit, too, and may be killed. */
static pid_t changer;

static bool put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length = strlen(value);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, value, length) == length;
	close(fd);
	return done;
}

/* "always [madvise] never" is madvise. */
static bool get(const char *path, char *value, size_t size)
{
	FILE *file = fopen(path, "re");
	char line[128], *begin = line, *open_bracket;

	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		*line = '\0';
	fclose(file);
	open_bracket = strchr(line, '[');
	if (open_bracket)
		begin = open_bracket + 1;
	begin[strcspn(begin, "]\n")] = '\0';
	snprintf(value, size, "%s", begin);
	return true;
}

/* The kernel frees unused huge pages, and allocates as many as it finds memory for. */
static void put_back(const struct setting *setting)
{
	char now[sizeof(setting->before)];

	put(setting->path, setting->before);
	if (get(setting->path, now, sizeof(now)) && strcmp(now, setting->before))
		warnx("%s is %s, and was %s", setting->path, now, setting->before);
}

void bench_setting_restore(void)
{
	if (getpid() != changer)
		return;
	while (count) {
		const struct setting *setting = &settings[--count];

		if (setting->is_ours)
			unlink(setting->path);
		else
			put_back(setting);
	}
}

static void restore_and_die(int signo)
{
	bench_setting_restore();
	signal(signo, SIG_DFL);
	raise(signo);
}

static void restore_at_end(void)
{
	static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	changer = getpid();
	atexit(bench_setting_restore);
	for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
		signal(deadly[i], restore_and_die);
}

static struct setting *next_setting(const char *path)
{
	struct setting *setting = &settings[count];

	if (count == ARRAY_LEN(settings))
		errx(1, "%s: no room to remember what it was", path);
	if (!changer)
		restore_at_end();
	*setting = (struct setting){.path = path};
	return setting;
}

bool bench_setting_change(const char *path, const char *value)
{
	struct setting *setting = next_setting(path);

	if (!get(path, setting->before, sizeof(setting->before)))
		return false;
	count++;
	return put(path, value);
}

void bench_setting_remove(const char *path)
{
	next_setting(path)->is_ours = true;
	count++;
}

/*
 * Free bytes: those of the zones, and the pages on the lists that each processor has. Both are in
 * one file, which holds the lock of a zone meanwhile: between a reading of MemFree and one of the
 * lists, the kernel gives back a whole list (20 MiB and more) once a block of pages is freed.
 */
static int64_t memory_free(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	int64_t pages = 0, count;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " pages free %" SCNd64, &count) == 1 ||
		    sscanf(line, " count: %" SCNd64, &count) == 1)
			pages += count;
	if (file)
		fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

/* Huge pages that are set aside and free are not used for anything yet. */
static int64_t memory_used(void)
{
	int64_t kib = meminfo("MemTotal") - meminfo("HugePages_Free") * meminfo("Hugepagesize");

	/*
	 * Needs root: free nodes of the page cache that their slab keeps (7.x: 0.1 % of 256 MiB),
	 */
	put("/sys/kernel/slab/radix_tree_node/shrink", "1");
	/* and counts that processors have not added to the zone's yet. */
	put("/proc/sys/vm/stat_refresh", "1");
	return kib * (int64_t)KIB - memory_free();
}

/* RCU and workers free the memory of processes that have just ended. */
bool bench_memory_used(int64_t *bytes)
{
	int64_t before = memory_used();
	unsigned int agree = 0;

	for (int i = 0; i < SETTLE_TRIES && agree < SETTLE_AGREE; i++) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		usleep(10000);
		*bytes = memory_used();
		agree = llabs(*bytes - before) <= SETTLE_BYTES ? agree + 1 : 0;
		before = *bytes;
	}
	return agree == SETTLE_AGREE;
}
