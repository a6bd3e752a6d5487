// SPDX-License-Identifier: GPL-2.0-only
/* Memory and processors go offline and come back. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "storm.h"

#define MEMORY	    "/sys/devices/system/memory/"
#define BLOCKS_MOST 32

static char blocks[BLOCKS_MOST][64];
static size_t block_count;

/* Has the block only memory of a movable zone, of the second node? */
static bool is_movable(unsigned int number)
{
	char path[128], text[64];

	snprintf(path, sizeof(path), MEMORY "memory%u/node1", number);
	if (access(path, F_OK))
		return false;
	snprintf(path, sizeof(path), MEMORY "memory%u/valid_zones", number);
	return !read_text(path, text, sizeof(text)) && !strcmp(text, "Movable\n");
}

static const char *prepare_memory(void)
{
	if (access(MEMORY "block_size_bytes", F_OK))
		return "no " MEMORY ": the kernel has no CONFIG_MEMORY_HOTPLUG";
	for (unsigned int i = 0; i < 4096 && block_count < BLOCKS_MOST; i++) {
		char path[64];

		snprintf(path, sizeof(path), MEMORY "memory%u/state", i);
		if (!is_movable(i) || settings_keep_as(path, "online_movable"))
			continue;
		strcpy(blocks[block_count++], path);
	}
	if (!block_count)
		return "node 1 has no block of movable memory (boot with movablecore=)";
	return NULL;
}

static void interrupt(int signal)
{
	(void)signal;
}

/* The kernel tries to empty a block until it succeeds or a signal comes (offline_pages()). */
static int offline_within(const char *block, unsigned int milliseconds)
{
	struct itimerval limit = {
		.it_value = {milliseconds / 1000, milliseconds % 1000 * 1000},
	};
	struct itimerval none = {};
	int error;

	sigaction(SIGALRM, &(struct sigaction){.sa_handler = interrupt}, NULL);
	setitimer(ITIMER_REAL, &limit, NULL);
	error = write_text(block, "offline");
	setitimer(ITIMER_REAL, &none, NULL);
	return error;
}

/* A block with a pinned page stays online; the next round may have another block. */
static void round_memory(struct tally *tally)
{
	size_t nth;
	const char *block;
	int error;

	if (!block_count)
		return;
	nth = random_below(block_count);
	block = blocks[nth];
	error = offline_within(block, 1500);
	if (error) {
		/* A block with a hole in it never goes offline (offline_pages()). */
		if (error == EINVAL && --block_count)
			memmove(blocks[nth], blocks[block_count], sizeof(blocks[nth]));
		tally_round(tally, 0, error);
		return;
	}
	usleep(100000);
	error = write_text(block, "online_movable");
	tally_round(tally, !error, error);
}

const struct disturbance storm_memory = {
	.name = "memory",
	.says = "blocks of the second node's movable memory go offline and online",
	.unit = "times",
	.pause = 500,
	.prepare = prepare_memory,
	.round = round_memory,
};

static char cpu[64];

static const char *prepare_cpu(void)
{
	for (unsigned int i = 255; i > 0; i--) {
		char path[64], state[8];

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", i);
		if (read_text(path, state, sizeof(state)) || state[0] != '1')
			continue;
		if (settings_keep(path))
			return "the state of a processor cannot be read";
		strcpy(cpu, path);
		return NULL;
	}
	return "no processor but the first can go offline";
}

static void round_cpu(struct tally *tally)
{
	int error = write_text(cpu, "0");

	if (!error) {
		usleep(100000);
		error = write_text(cpu, "1");
	}
	tally_round(tally, !error, error);
}

const struct disturbance storm_cpu = {
	.name = "cpu",
	.says = "the last processor goes offline and online",
	.unit = "times",
	.pause = 1000,
	.prepare = prepare_cpu,
	.round = round_cpu,
};
