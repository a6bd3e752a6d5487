/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What watch will print. The buffers of several CPUs are read one after the
 * other: a line waits until no earlier one can come any more.
 */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>

struct line {
	uint64_t time; /* CLOCK_MONOTONIC, in nanoseconds */
	uint64_t order;
	int pid;
	char event[32], node[32];
	char *text;		    /* the rest of it, or */
	struct json_object *object; /* the same for --json */
};

struct lines {
	struct line *lines;
	size_t used, room;
	uint64_t order;
};

struct line *lines_add(struct lines *lines, uint64_t time, int pid);

/* Prints what came before that time, at most so many; returns how many. */
uint64_t lines_print(struct lines *lines, uint64_t before, uint64_t most, uint64_t began);

/* With those that were not printed. */
void lines_free(struct lines *lines);

#endif
