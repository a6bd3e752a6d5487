/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts that the test programs share. Each gets the device's node and the module's name,
 * and prints each expectation as a line of TAP.
 */
#ifndef CHECK_H
#define CHECK_H

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

static int number, failed;

static inline void verdict(const char *name, const char *what, long expected, long seen)
{
	printf("%s %d - %s\n", seen == expected ? "ok" : "not ok", ++number, name);
	if (seen == expected)
		return;
	printf("# %s: expected %ld, saw %ld\n", what, expected, seen);
	failed = 1;
}

static inline int end_of_checks(void)
{
	printf("1..%d\n", number);
	return failed;
}

static inline int open_node(const char *node, int flags)
{
	int fd = open(node, flags | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", node);
	return fd;
}

static inline volatile char *map_fd(int fd, size_t len, int prot, int flags)
{
	void *map = mmap(NULL, len, prot, flags, fd, 0);

	if (map == MAP_FAILED)
		err(2, "mmap");
	return map;
}

/* A mapping that is all that is left of an open file. */
static inline volatile char *map_node(const char *node, size_t len)
{
	int fd = open_node(node, O_RDWR);
	volatile char *map = map_fd(fd, len, PROT_READ | PROT_WRITE, MAP_SHARED);

	close(fd);
	return map;
}

static sigjmp_buf after_signal;

static inline void jump(int signo)
{
	siglongjmp(after_signal, signo);
}

/* The byte at @at, or the negative number of the signal that the access raised. */
static inline int load(volatile char *at)
{
	struct sigaction action = {.sa_handler = jump};
	int signo = sigsetjmp(after_signal, 1);

	if (signo)
		return -signo;
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	return *at;
}

/* For platform drivers: writes the device's name to the driver's file `unbind` or `bind`. */
static inline int bind_or_unbind(const char *module, const char *file)
{
	char path[128];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s", module, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		err(2, "%s", path);
	done = write(fd, module, strlen(module));
	close(fd);
	return done == (ssize_t)strlen(module) ? 0 : errno;
}

#endif
