// SPDX-License-Identifier: GPL-2.0-only
/* per-open: whose memory is whose, and for how long. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>

#include "check.h"

#define RW (PROT_READ | PROT_WRITE)

static long available_kib(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long kib = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "MemAvailable: %ld", &kib);
	if (kib < 0)
		errx(2, "/proc/meminfo has no MemAvailable");
	fclose(file);
	return kib;
}

/* Buffers of as much memory as the machine has, one after the other. */
static void are_freed(const char *node)
{
	long all = available_kib(), lost;
	int i, count;
	off_t size;
	int fd = open_node(node, O_RDWR);

	size = lseek(fd, 0, SEEK_END);
	close(fd);
	count = all / (size / 1024);
	for (i = 0; i < count; i++)
		munmap((void *)map_node(node, size), size);
	lost = all - available_kib();
	verdict("per-open.is-freed", "a tenth of the memory is gone", 0, lost > all / 10);
}

int main(int argc, char **argv)
{
	volatile char *map, *same, *other;
	int fd, status;

	if (argc != 3)
		errx(2, "usage: per-open NODE MODULE");
	fd = open_node(argv[1], O_RDWR);
	map = map_fd(fd, PAGE, RW, MAP_SHARED);
	verdict("per-open.is-zeroed", "load", 0, load(map));
	map[0] = 42;
	other = map_node(argv[1], PAGE);
	verdict("per-open.another-open-is-another", "load", 0, load(other));
	same = map_fd(dup(fd), PAGE, RW, MAP_SHARED);
	verdict("per-open.dup-is-the-same", "load", 42, load(same));
	fflush(stdout);
	if (!fork()) {
		other = map_fd(fd, PAGE, RW, MAP_SHARED);
		other[1] = load(other) + 1;
		_exit(0);
	}
	wait(&status);
	verdict("per-open.child-has-the-same", "load", 43, load(map + 1));
	close(fd);
	munmap((void *)same, PAGE);
	verdict("per-open.outlives-close", "load", 42, load(map));
	are_freed(argv[1]);
	return end_of_checks();
}
