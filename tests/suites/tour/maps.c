// SPDX-License-Identifier: GPL-2.0-only
/*
 * maps many N | restless | fork | huge | dirty
 *
 * A process to look into, until it is ended. many: N mappings of a page. restless:
 * what it maps changes all the time. fork: parent and child, a shared and a private
 * page, stored to before and after. huge: 4 MiB, and a page taken out of it. dirty:
 * two pages, the second one stored to since the kernel began to look.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

#define PAGE 4096

static int fd;

static char *map(void *address, size_t length, int flags, off_t offset)
{
	char *memory = mmap(address, length, PROT_READ | PROT_WRITE, flags, fd, offset);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	return memory;
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static void map_restlessly(void)
{
	char *memory = map(NULL, PAGE, MAP_SHARED, 0);

	ready();
	for (off_t i = 1;; i++)
		map(memory, PAGE, MAP_SHARED | MAP_FIXED, i % 1024 * PAGE);
}

static void fork_one(void)
{
	char *shared = map(NULL, PAGE, MAP_SHARED, 0);
	char *mine = map(NULL, 2 * PAGE, MAP_PRIVATE, PAGE);
	pid_t child;

	strcpy(shared, "both");
	strcpy(mine, "the parent's");
	strcpy(mine + PAGE, "the parent's");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child) {
		printf("%d\n", child);
		fflush(stdout);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	strcpy(shared, "both again");
	strcpy(mine, "the child's");
	ready();
}

static void store_after_asking(void)
{
	char *memory = map(NULL, 2 * PAGE, MAP_SHARED, 0);
	int refs = open("/proc/self/clear_refs", O_WRONLY);

	memory[0] = memory[PAGE] = 1;
	if (refs < 0 || write(refs, "4", 1) != 1) /* soft-dirty bits */
		err(1, "/proc/self/clear_refs");
	memory[PAGE] = 2;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	fd = open("/dev/mmapdemo", O_RDWR);
	if (fd < 0)
		err(1, "/dev/mmapdemo");
	if (!strcmp(what, "many") && argc == 3)
		for (int i = atoi(argv[2]); i > 0; i--)
			*map(NULL, PAGE, MAP_SHARED, i % 2 * 2 * PAGE) = 1; /* never mergeable */
	else if (!strcmp(what, "restless"))
		map_restlessly();
	else if (!strcmp(what, "fork"))
		fork_one();
	else if (!strcmp(what, "huge")) {
		char *memory = map(NULL, 4 << 20, MAP_SHARED, 0);

		memory[0] = memory[2 << 20] = 1;
		if (munmap(memory + PAGE, PAGE))
			err(1, "munmap");
	} else if (!strcmp(what, "dirty"))
		store_after_asking();
	else
		errx(2, "usage: maps many N | restless | fork | huge | dirty");
	if (strcmp(what, "fork"))
		ready();
	pause();
	return 0;
}
