/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A crowd: processes, or threads of one, that do the same at once, each on its own processor and
 * on its own pages of one buffer.
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "job.h"
#include "size.h"
#include "subject.h"

#define CROWD_MOST  256 /* members */
#define CROWD_PAGES 16	/* of a member, in a chunk of its own */
#define CROWD_CHUNK BENCH_HUGE

/* The state of a member. */
struct crowd_spot {
	const struct bench_subject *subject;
	unsigned int self;
	int fd;
	off_t offset;
	char *memory;
	size_t length;
	char *page; /* for read and write */
};

struct crowd_work {
	const char *name, *says;
	int map_flags;	 /* of its memory; 0: it maps none beforehand */
	bool is_large;	 /* which is a whole chunk */
	bool for_device; /* of the module */
	void (*step)(const struct crowd_spot *spot, int round);
};

struct crowd {
	const struct crowd_work *work;
	const struct bench_subject *subject;
	unsigned int processes, threads; /* of each process */
	void (*member)(const struct crowd *crowd, const struct crowd_spot *spot);
	void *data;		   /* of the member's */
	char reason[BENCH_REASON]; /* why there is no result */
};

/* How many members there can be: one for each processor that this process may use. */
unsigned int crowd_processors(void);
/* Zeroed memory that all members share. */
void *crowd_share(size_t size);
/* Makes a subject with a chunk for each member, and has each page of it in memory; or a reason. */
void crowd_make(struct bench_subject *subject);
/* Calls the member function in each member; false: see reason. */
bool crowd_run(struct crowd *crowd);
/* In a member: waits until all are here. */
void crowd_meet(const struct crowd *crowd);
/* In a member: lets the next processor run, under emulation. */
void crowd_pause(void);

#endif
