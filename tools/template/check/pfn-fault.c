// SPDX-License-Identifier: GPL-2.0-only
/* pfn-fault: the device goes while programs have it mapped, and comes again. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>

#include "check.h"

#define ROUNDS 100

static const char *node, *module;

/* A child's mapping, touched before, is unmapped as well. */
static void inherited(volatile char *map)
{
	int ready[2], go[2], status;
	pid_t child;
	char byte;

	if (pipe(ready) || pipe(go))
		err(2, "pipe");
	fflush(stdout);
	child = fork();
	if (!child) {
		byte = load(map);
		if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		_exit(load(map) == -SIGBUS ? 0 : 2);
	}
	if (read(ready[0], &byte, 1) != 1)
		err(2, "read");
	verdict("revoke.child-sees-the-store", "byte", 42, byte);
	verdict("revoke.unbind-does-not-wait", "errno of unbind", 0,
		bind_or_unbind(module, "unbind"));
	if (write(go[1], &byte, 1) != 1)
		err(2, "write");
	waitpid(child, &status, 0);
	verdict("revoke.child-gets-sigbus", "status of the child", 0, status);
}

/*
 * Reads a device that comes and goes. Nobody stores to it, so that a byte which is not zero is
 * memory that belongs to somebody else by now. It may go between open() and mmap(). Ends when
 * the device is mapped for the last time.
 */
static int read_while_it_goes(int until)
{
	volatile char *map;
	int at, fd, bad = 0;

	while (read(until, &bad, 1) < 0) {
		fd = open(node, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		map = mmap(NULL, 16 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
		if (map == MAP_FAILED && errno == ENODEV)
			continue;
		if (map == MAP_FAILED)
			err(2, "mmap");
		for (at = 0; at < 64; at++)
			bad |= load(map + at % 16 * PAGE) > 0;
		munmap((void *)map, 16 * PAGE);
		if (bad)
			return 1;
	}
	return 0;
}

static void races(void)
{
	int done[2], round, status, errors = 0;
	pid_t child;

	if (pipe2(done, O_NONBLOCK))
		err(2, "pipe");
	fflush(stdout);
	child = fork();
	if (!child) {
		close(done[1]);
		_exit(read_while_it_goes(done[0]));
	}
	for (round = 0; round < ROUNDS; round++) {
		errors += !!bind_or_unbind(module, "unbind");
		errors += !!bind_or_unbind(module, "bind");
	}
	close(done[1]);
	waitpid(child, &status, 0);
	verdict("revoke.comes-and-goes", "failures of bind and unbind", 0, errors);
	verdict("revoke.no-foreign-memory-is-seen", "status of the reader", 0, status);
}

int main(int argc, char **argv)
{
	volatile char *map;
	void *again;
	int fd;

	if (argc != 3)
		errx(2, "usage: pfn-fault NODE MODULE");
	node = argv[1];
	module = argv[2];
	fd = open_node(node, O_RDWR);
	map = map_fd(fd, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	map[0] = 42;
	inherited(map);
	verdict("revoke.touched-page-is-sigbus", "load", -SIGBUS, load(map));
	verdict("revoke.other-page-is-sigbus", "load", -SIGBUS, load(map + PAGE));
	again = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	verdict("revoke.old-descriptor-is-refused", "errno of mmap", ENODEV,
		again == MAP_FAILED ? errno : 0);
	verdict("revoke.old-descriptor-has-no-size", "lseek to the end", 0, lseek(fd, 0, SEEK_END));
	verdict("revoke.node-is-gone", "errno of open", ENOENT, open(node, O_RDWR) < 0 ? errno : 0);
	verdict("revoke.binds-again", "errno of bind", 0, bind_or_unbind(module, "bind"));
	verdict("revoke.old-mapping-stays-sigbus", "load", -SIGBUS, load(map));
	verdict("revoke.new-mapping-is-zero", "load", 0, load(map_node(node, PAGE)));
	close(fd);
	races();
	return end_of_checks();
}
