/* SPDX-License-Identifier: GPL-2.0-only */
/* What a benchmark maps. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "size.h"

/* Where memory that nobody used comes from, for a first touch: */
enum bench_fresh {
	FRESH_MAPPING, /* each mapping has its own */
	FRESH_PUNCH,   /* a hole is punched into the file */
	FRESH_HOLE,    /* the same, or a part is searched that is unused: that can run out */
	FRESH_NEVER,   /* all is there from the beginning */
};

struct bench_subject {
	char name[32];
	const char *says;
	/* Sets fd for that many bytes, or reason; what it changes is undone at the end. */
	void (*make)(struct bench_subject *subject, size_t size);
	/* A file of that many bytes, new; or -1 and errno. NULL: there is no such thing. */
	int (*create)(const struct bench_subject *subject, size_t size);
	char path[64]; /* to open it by; empty where there is nothing to open */
	enum bench_fresh fresh;
	int map_flags;
	int advice;   /* for madvise, or -1 */
	bool is_file; /* what is written to it is what read gives */

	int fd;
	size_t size; /* what it has, SIZE_MAX if as much as is mapped */
	size_t page; /* what sizes are multiples of */
	char reason[BENCH_REASON];
};

#endif
