// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

bool proc_number(const char *path, const char *word, uint64_t *number)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(word);
	bool found = false;
	char line[256];

	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, word, length) &&
			sscanf(line + length, "%*[ :\t]%" SCNu64, number) == 1;
	if (file)
		fclose(file);
	return found;
}

uint64_t meminfo(const char *field)
{
	uint64_t number;

	return proc_number("/proc/meminfo", field, &number) ? number : 0;
}

size_t pagemap_read(int fd, uint64_t address, uint64_t *entries, size_t count)
{
	off_t at = address / sysconf(_SC_PAGESIZE) * sizeof(*entries);
	ssize_t got = pread(fd, entries, count * sizeof(*entries), at);

	return got < 0 ? 0 : got / sizeof(*entries);
}

bool pagemap_entry(const char *process, const volatile void *address, uint64_t *entry)
{
	char path[64];
	bool read;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/pagemap", process);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	read = pagemap_read(fd, (uintptr_t)address, entry, 1) == 1;
	close(fd);
	return read;
}
