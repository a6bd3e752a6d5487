/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory that a benchmark maps. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "size.h"

/* The source of unused memory, for a first access: */
enum bench_fresh {
	FRESH_MAPPING, /* each mapping has its own */
	FRESH_PUNCH,   /* a hole is punched into the file */
	FRESH_HOLE,    /* the same, or an unused part is searched, which can run out */
	FRESH_NEVER,   /* all is resident from the beginning */
};

struct bench_subject {
	char name[32];
	const char *says;
	/* Sets fd for that many bytes, or reason; its changes are undone at the end. */
	void (*make)(struct bench_subject *subject, size_t size);
	/* A file of that many bytes, new; or -1 and errno. NULL: there is no such thing. */
	int (*create)(const struct bench_subject *subject, size_t size);
	char path[64]; /* the path to open; empty if there is none */
	enum bench_fresh fresh;
	int map_flags;
	int advice;   /* for madvise, or -1 */
	bool is_file; /* read returns what was written */

	int fd;
	size_t size; /* its size; SIZE_MAX if it has as much as is mapped */
	size_t page; /* the unit of sizes */
	char reason[BENCH_REASON];
};

#endif
