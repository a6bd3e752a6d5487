// SPDX-License-Identifier: GPL-2.0-only
/* Counters of the module in debugfs, and the mappings that they count, as /proc shows them. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "row.h"
#include "target.h"

static void counter_path(const char *name, char path[256])
{
	snprintf(path, 256, "/sys/kernel/debug/mmapdemo/%s/%s", target.name, name);
}

bool has_counter(const char *name)
{
	char path[256];

	counter_path(name, path);
	return target.module && !access(path, R_OK);
}

uint64_t counter(const char *name)
{
	char path[256];
	uint64_t value;
	FILE *file;

	if (!target.module)
		row_not_applicable("only the module's own devices count their mappings");

	counter_path(name, path);
	file = fopen(path, "re");
	if (!file && errno == EACCES)
		row_not_applicable("the module's counters are hidden from all but root");
	ck_assert_msg(file, "%s: %s (is debugfs mounted?)", path, strerror(errno));
	ck_assert_msg(fscanf(file, "%" SCNu64, &value) == 1, "%s: not a number", path);
	fclose(file);
	return value;
}

void parse_maps_id(const char *line, char *id, size_t size)
{
	char device[32] = "", inode[32] = "";

	sscanf(line, "%*s %*s %*s %31s %31s", device, inode);
	snprintf(id, size, "%s %s", device, inode);
}

static uint64_t count_in(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	uint64_t count = 0;
	char id[64];

	/* Processes start and end during the walk, but those of a test do not. */
	if (!file && (errno == ENOENT || errno == ESRCH))
		return 0;
	ck_assert_msg(file, "%s: %s (are we root?)", path, strerror(errno));
	while (getline(&line, &size, file) > 0) {
		parse_maps_id(line, id, sizeof(id));
		/* A dma-buf of the device: its mappings count with the device's. */
		count += !strcmp(id, target.maps_id) || strstr(line, " /dmabuf:");
	}
	free(line);
	fclose(file);
	return count;
}

uint64_t vmas_in_maps(void)
{
	DIR *proc = opendir("/proc");
	uint64_t count = 0;
	struct dirent *entry;
	char path[300];

	ck_assert_msg(proc, "/proc: %s", strerror(errno));
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/maps", entry->d_name);
		count += count_in(path);
	}
	closedir(proc);
	return count;
}
