// SPDX-License-Identifier: GPL-2.0-only
/* dma: removing the device waits for the programs that use its memory. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>

#include "check.h"

/* Whether the child has ended, looked at for some time. */
static int ended(pid_t child, int tenths, int *status)
{
	while (tenths--) {
		if (waitpid(child, status, WNOHANG) == child)
			return 1;
		usleep(100000);
	}
	return 0;
}

int main(int argc, char **argv)
{
	volatile char *map;
	int status = -1;
	pid_t child;

	if (argc != 3)
		errx(2, "usage: dma NODE MODULE");
	map = map_node(argv[1], 2 * PAGE);
	map[0] = 42;
	fflush(stdout);
	child = fork();
	if (!child) {
		munmap((void *)map, 2 * PAGE);
		_exit(bind_or_unbind(argv[2], "unbind"));
	}
	verdict("remove.waits-for-the-mapping", "unbind ended", 0, ended(child, 5, &status));
	verdict("remove.node-is-gone", "errno of open", ENOENT,
		open(argv[1], O_RDWR) < 0 ? errno : 0);
	verdict("remove.memory-is-still-there", "load", 42, load(map));
	munmap((void *)map, PAGE);
	verdict("remove.waits-for-the-rest-of-it", "unbind ended", 0, ended(child, 2, &status));
	munmap((void *)(map + PAGE), PAGE);
	verdict("remove.ends-with-the-last-unmap", "unbind ended", 1, ended(child, 100, &status));
	verdict("remove.succeeds", "status of unbind", 0, status);
	verdict("remove.binds-again", "errno of bind", 0, bind_or_unbind(argv[2], "bind"));
	verdict("remove.new-mapping-is-zero", "load", 0, load(map_node(argv[1], PAGE)));
	return end_of_checks();
}
