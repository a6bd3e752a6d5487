// SPDX-License-Identifier: GPL-2.0-only
/* readonly: no program gets the right to change what the kernel publishes. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "check.h"

static int mmap_errno(int fd, int prot, int flags)
{
	return mmap(NULL, PAGE, prot, flags, fd, 0) == MAP_FAILED ? errno : 0;
}

/* A debugger's way, which does not ask for PROT_WRITE. */
static int poke(volatile char *at)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int done = pwrite(mem, "x", 1, (off_t)at);

	close(mem);
	return done;
}

static void private_stores_stay_private(int fd, volatile char *shared)
{
	volatile char *map = map_fd(fd, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	verdict("readonly.private-shows-it", "load", 'a', load(map));
	map[0] = 'p';
	verdict("readonly.private-store-is-private", "load", 'a', load(shared));
	munmap((void *)map, PAGE);
}

int main(int argc, char **argv)
{
	volatile char *map;
	int fd, reader;

	if (argc != 3)
		errx(2, "usage: readonly NODE MODULE");
	fd = open_node(argv[1], O_RDWR);
	reader = open_node(argv[1], O_RDONLY);
	map = map_fd(fd, PAGE, PROT_READ, MAP_SHARED);
	verdict("readonly.publishes", "write", 1, pwrite(fd, "a", 1, 0));
	verdict("readonly.is-seen-at-once", "load", 'a', load(map));
	verdict("readonly.shared-write-is-refused", "errno", EACCES,
		mmap_errno(fd, PROT_READ | PROT_WRITE, MAP_SHARED));
	verdict("readonly.shared-write-only-is-refused", "errno", EACCES,
		mmap_errno(fd, PROT_WRITE, MAP_SHARED));
	verdict("readonly.mprotect-is-refused", "errno", EACCES,
		mprotect((void *)map, PAGE, PROT_READ | PROT_WRITE) ? errno : 0);
	verdict("readonly.poke-is-refused", "pwrite to /proc/self/mem", -1, poke(map));
	private_stores_stay_private(fd, map);
	private_stores_stay_private(reader, map);
	verdict("readonly.reader-cannot-publish", "write", -1, pwrite(reader, "b", 1, 0));
	verdict("readonly.is-unchanged", "load", 'a', load(map));
	return end_of_checks();
}
