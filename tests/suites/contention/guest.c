// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest PROCESSORS...	(in the VM)
 *
 * Work whose stores to shared lines are known, by that many threads, one on each processor.
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

#define THREADS 64
#define TIMES	1000
#define LONG	500000 /* until some ticks of the timer have interrupted each processor */
#define SLEEPS	20

static struct {
	_Alignas(64) volatile long value;
} counters[THREADS];

static pthread_barrier_t barrier;
static int file;

static void add(volatile long *counter, int times)
{
	for (int i = 0; i < times; i++)
		__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
}

static void one(int self)
{
	(void)self;
	add(&counters[0].value, TIMES);
}

static void own(int self)
{
	add(&counters[self].value, TIMES);
}

/* A line that one stores to and the others only read is shared, too. */
static void readers(int self)
{
	for (int i = 0; i < TIMES; i++)
		if (self)
			(void)counters[0].value;
		else
			counters[0].value = i;
}

static void ticks(int self)
{
	add(&counters[self].value, LONG);
}

static void sleeps(int self)
{
	(void)self;
	for (int i = 0; i < SLEEPS; i++)
		usleep(100);
}

/* The kernel locks the inode. */
static void writes(int self)
{
	static const char byte = 1;

	for (int i = 0; i < TIMES / 10; i++)
		if (pwrite(file, &byte, 1, (off_t)self << 12) != 1)
			err(1, "pwrite");
}

static const struct work {
	const char *name;
	void (*does)(int self);
} works[] = {
	{"one", one},	  {"own", own},	      {"readers", readers},
	{"ticks", ticks}, {"sleeps", sleeps}, {"writes", writes},
};

static const struct work *work;

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
	work->does(self);
	meter_end();
	return NULL;
}

/* The interrupts of timers that all processors had. */
static long interrupts(void)
{
	FILE *table = fopen("/proc/interrupts", "re");
	char line[4096], *at;
	long sum = 0, count;

	while (table && fgets(line, sizeof(line), table)) {
		at = strstr(line, "LOC:");
		for (int used;
		     at && sscanf(at += at[0] == 'L' ? 4 : 0, "%ld%n", &count, &used) == 1;
		     at += used)
			sum += count;
	}
	if (table)
		fclose(table);
	return sum;
}

static void measure(int count)
{
	pthread_t threads[THREADS];
	long before = interrupts();
	char label[128];

	pthread_barrier_init(&barrier, NULL, count);
	meter_open();
	for (long i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)i))
			errx(1, "no thread");
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	snprintf(label, sizeof(label), "{\"work\":\"%s\",\"processors\":%d,\"interrupts\":%ld}",
		 work->name, count, interrupts() - before);
	meter_close(label, strlen(label));
}

/* The meter reads it where it is. */
static void start(void)
{
	static char text[64 << 20];
	int symbols = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got;

	while ((got = read(symbols, text + length, sizeof(text) - length)) > 0)
		length += got;
	meter_start(text, length);
	usleep(1000);
}

int main(int argc, char **argv)
{
	file = open("/tmp/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0)
		err(1, "/tmp/file");
	start();
	for (int i = 1; i < argc; i++)
		for (work = works; work < works + sizeof(works) / sizeof(*works); work++)
			measure(atoi(argv[i]));
	return 0;
}
