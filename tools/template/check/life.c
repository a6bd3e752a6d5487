// SPDX-License-Identifier: GPL-2.0-only
/* All templates: no module goes while a program has its device open or mapped. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "check.h"

static const char *module;

static void stays(const char *name)
{
	long err = syscall(SYS_delete_module, module, O_NONBLOCK) ? errno : 0;

	verdict(name, "errno of delete_module()", EWOULDBLOCK, err);
}

/* The number of references to the module. */
static long references(void)
{
	char path[128];
	long count = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%ld", &count) != 1)
		err(2, "%s", path);
	fclose(file);
	return count;
}

int main(int argc, char **argv)
{
	volatile char *map;
	pid_t child;
	int fd;

	if (argc != 3)
		errx(2, "usage: life NODE MODULE");
	module = argv[2];
	fd = open_node(argv[1], O_RDONLY);
	stays("life.module-stays-while-open");
	close(fd);
	fd = open_node(argv[1], O_RDONLY);
	map = map_fd(fd, 3 * PAGE, PROT_READ, MAP_SHARED);
	close(fd);
	stays("life.module-stays-while-mapped");
	munmap((void *)(map + PAGE), PAGE); /* one VMA is two now */
	munmap((void *)map, PAGE);
	stays("life.module-stays-while-a-part-is-mapped");
	fflush(stdout);
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	munmap((void *)(map + 2 * PAGE), PAGE);
	stays("life.module-stays-while-a-child-has-it-mapped");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	verdict("life.module-is-free-afterwards", "references", 0, references());
	return end_of_checks();
}
