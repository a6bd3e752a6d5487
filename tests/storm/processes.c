// SPDX-License-Identifier: GPL-2.0-only
/* The processes of the command, and their mappings of the device. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "storm.h"

#define SPARED_MOST 32

/* The storm's own processes start one after the other, so the list is shared. */
static struct {
	pid_t main;
	_Atomic size_t count;
	pid_t spared[SPARED_MOST];
} * own;

void processes_begin(void)
{
	own = mmap(NULL, sizeof(*own), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (own == MAP_FAILED)
		err(2, "memory");
	own->main = getpid();
}

void processes_spare(pid_t pid)
{
	if (own->count == SPARED_MOST)
		errx(2, "more than %d processes of the storm", SPARED_MOST);
	own->spared[own->count++] = pid;
}

static bool is_spared(pid_t pid)
{
	for (size_t i = 0; i < own->count; i++)
		if (own->spared[i] == pid)
			return true;
	return false;
}

/* The children of one thread. A child that ends meanwhile may hide another one this time. */
static size_t add_children(pid_t pid, const char *thread, pid_t *pids, size_t count)
{
	char path[300];
	FILE *file;
	pid_t child;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/children", pid, thread);
	file = fopen(path, "re");
	if (!file)
		return count;
	while (count < PROCESSES_MOST && fscanf(file, "%d", &child) == 1)
		if (!is_spared(child))
			pids[count++] = child;
	fclose(file);
	return count;
}

/* proc(5): a child is listed by the thread that made it. */
static size_t add_children_of_all(pid_t pid, pid_t *pids, size_t count)
{
	struct dirent *entry;
	char path[64];
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	if (!threads)
		return count;
	while ((entry = readdir(threads)))
		if (isdigit((unsigned char)entry->d_name[0]))
			count = add_children(pid, entry->d_name, pids, count);
	closedir(threads);
	return count;
}

size_t processes_find(pid_t pids[PROCESSES_MOST])
{
	size_t count = add_children_of_all(own->main, pids, 0);

	for (size_t i = 0; i < count; i++)
		count = add_children_of_all(pids[i], pids, count);
	return count;
}

/* "START-END ... /dev/NAME": a mapping of the device. */
static bool is_mapping(const char *line, struct range *range)
{
	size_t length = strlen(storm_options.device);
	const char *path = strchr(line, '/');

	return path && !strncmp(path, storm_options.device, length) &&
	       !isalnum((unsigned char)path[length]) && path[length] != '-' &&
	       sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &range->start, &range->end) == 2;
}

bool processes_mapping(pid_t pid, struct range *range)
{
	struct range found;
	char *line = NULL;
	size_t room = 0;
	unsigned int count = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	/* Each mapping found replaces the choice with a probability of 1 / count. */
	while (getline(&line, &room, file) > 0)
		if (is_mapping(line, &found) && !random_below(++count))
			*range = found;
	free(line);
	fclose(file);
	return count;
}

bool processes_any_mapping(pid_t *pid, struct range *range)
{
	pid_t pids[PROCESSES_MOST];
	size_t count = processes_find(pids);
	size_t first = count ? random_below(count) : 0;

	for (size_t i = 0; i < count; i++) {
		*pid = pids[(first + i) % count];
		if (processes_mapping(*pid, range))
			return true;
	}
	return false;
}

/* Documentation/admin-guide/mm/pagemap.rst */
#define PRESENT(entry) ((entry) >> 63)
#define FRAME(entry)   ((entry) & ((1ULL << 55) - 1))

/* Entries of /proc/PID/pagemap, from an address on. Returns how many it read. */
static size_t read_pagemap(pid_t pid, uintptr_t address, uint64_t *entries, size_t count)
{
	off_t at = address / sysconf(_SC_PAGESIZE) * sizeof(*entries);
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	got = pread(fd, entries, count * sizeof(*entries), at);
	close(fd);
	return got < 0 ? 0 : got / sizeof(*entries);
}

#define LOOKED_AT 4096 /* pages */

size_t processes_present(pid_t pid, const struct range *range, void **pages, size_t most)
{
	static uint64_t entries[LOOKED_AT];
	uintptr_t page = sysconf(_SC_PAGESIZE);
	size_t all = (range->end - range->start) / page, present = 0, count;
	uintptr_t start = range->start;

	if (all > LOOKED_AT) {
		start += page * random_below(all - LOOKED_AT + 1);
		all = LOOKED_AT;
	}
	count = read_pagemap(pid, start, entries, all);
	/* Each page that is present gets a place with the same probability. */
	for (size_t i = 0; i < count; i++) {
		size_t place = present;

		if (!PRESENT(entries[i]))
			continue;
		if (present++ >= most)
			place = random_below(present);
		if (place < most)
			pages[place] = (void *)(start + i * page);
	}
	return present < most ? present : most;
}

uint64_t processes_frame(pid_t pid, uintptr_t address)
{
	uint64_t entry;

	if (read_pagemap(pid, address, &entry, 1) != 1 || !PRESENT(entry))
		return 0;
	return FRAME(entry);
}
