// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest PROCESSORS	(in the VM)
 *
 * Stores that the meter must count: so many threads, one on each processor, add to one counter, or
 * each to its own. Once more, each makes system calls and sleeps, without a store that is shared.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/meter.h"

#define TIMES 1000
#define LINE  64

enum work { ONE, OWN, READERS };
static const char *const names[] = {"one", "own", "readers"};

static struct {
	_Alignas(LINE) volatile long value;
} counters[64];

static enum work work;
static pthread_barrier_t barrier;

static void count(volatile long *counter)
{
	for (int i = 0; i < TIMES; i++)
		__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
}

/* The first stores to a line that all others only read. */
static void read_or_write(int self)
{
	for (int i = 0; i < TIMES; i++) {
		if (self)
			(void)counters[0].value;
		else
			counters[0].value = i;
	}
}

static void *run(void *argument)
{
	int self = (long)argument;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(self, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		errx(1, "no processor %d", self);
	pthread_barrier_wait(&barrier);
	meter_begin();
	if (work == READERS)
		read_or_write(self);
	else
		count(&counters[work == ONE ? 0 : self].value);
	meter_end();
	return NULL;
}

static void measure(int processors)
{
	pthread_t threads[64];
	char label[64];

	pthread_barrier_init(&barrier, NULL, processors);
	meter_open();
	for (long i = 0; i < processors; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)i))
			errx(1, "no thread");
	for (int i = 0; i < processors; i++)
		pthread_join(threads[i], NULL);
	snprintf(label, sizeof(label), "{\"work\":\"%s\",\"processors\":%d}", names[work],
		 processors);
	meter_close(label, strlen(label));
}

/* The meter reads it where it is. */
static void start(void)
{
	static char text[32 << 20];
	int fd = open("/proc/kallsyms", O_RDONLY);
	size_t length = 0;
	ssize_t got;

	while (length < sizeof(text) && (got = read(fd, text + length, sizeof(text) - length)) > 0)
		length += got;
	meter_start(text, length);
	usleep(1000);
}

int main(int argc, char **argv)
{
	start();
	for (int i = 1; i < argc; i++)
		for (work = ONE; work <= READERS; work++)
			measure(atoi(argv[i]));
	return 0;
}
