// SPDX-License-Identifier: GPL-2.0-only
/*
 * opener [-k] NODE...: opens the nodes over and over, in two threads, until SIGTERM.
 * Then it says how often open() worked, was ENXIO, found no device, and failed
 * otherwise. With -k it says so as soon as open() has worked, keeps that file, and
 * does not end: where the module has been freed under the file, closing it would be
 * the kernel's end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum outcome { OPENED, REFUSED, ABSENT, OTHER, OUTCOMES };

static atomic_ulong counts[OUTCOMES];
static atomic_bool over;
static char **nodes;
static bool keep;

static void stop(int signal)
{
	(void)signal;
	over = !(keep && counts[OPENED]);
}

static enum outcome outcome_of(int error)
{
	switch (error) {
	case ENXIO:
		return REFUSED;
	case ENOENT: /* no node */
	case ENODEV: /* a node, and no driver */
		return ABSENT;
	default:
		return OTHER;
	}
}

/* Whether there was a node. */
static bool open_each(void)
{
	bool there = false;

	for (char **node = nodes; *node; node++) {
		int fd = open(*node, O_RDONLY | O_CLOEXEC);
		enum outcome outcome = fd < 0 ? outcome_of(errno) : OPENED;

		counts[outcome]++;
		there |= outcome != ABSENT;
		while (fd >= 0 && keep)
			pause();
		if (fd >= 0)
			close(fd);
	}
	return there;
}

/* While there is no node, the processor is for the load that makes one. */
static void *open_all(void *unused)
{
	while (!over)
		if (!open_each())
			usleep(200);
	return unused;
}

static void say_counts(void)
{
	printf("opened %lu refused %lu absent %lu other %lu\n", counts[OPENED], counts[REFUSED],
	       counts[ABSENT], counts[OTHER]);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	keep = argc > 1 && !strcmp(argv[1], "-k");
	nodes = argv + 1 + keep;
	signal(SIGTERM, stop);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, open_all, NULL))
			return 1;
	while (!over && !(keep && counts[OPENED]))
		usleep(1000);
	say_counts();
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
