/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmapdemo-bytes: processes that each own a slice of the device, and hold every
 * byte of it against a shadow in their own memory.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The operation that changed a byte last, or that read it. */
enum way {
	NOTHING,
	PWRITE,
	STORE,
	FILL,
	PUNCH,
	PREAD,
	LOAD,
	SUM,
	FRESH_LOAD,
	PRIVATE_LOAD,
	PRIVATE_STORE,
	WAYS
};

extern const char *const way_names[WAYS];

/* A byte that is not what it should be. */
struct loss {
	off_t offset;
	uint32_t expected, seen; /* read by SUM: checksums from offset on; else the byte */
	enum way by, read_by;
	uint64_t operation; /* the worker's how-manieth found it */
};

/* The figures that the processes share. */
struct result {
	_Atomic uint64_t operations[WAYS];
	_Atomic uint64_t lost;		/* comparisons that failed */
	_Atomic uint64_t lost_by[WAYS]; /* the same, by what changed the byte last */
	_Atomic bool stop;		/* all end */
	_Atomic bool reported;
	struct loss first;
};

struct slice {
	int fd;
	off_t start;
	size_t length;
	size_t page;
	unsigned char *shadow;	      /* what the bytes should be */
	unsigned char *by;	      /* enum way of each */
	unsigned char *map;	      /* of the slice; not aligned to pages */
	size_t window, window_length; /* where operations are for now; from the slice's start */
	bool punches;		      /* PUNCH is one of them */
	uint64_t random;
	uint64_t operation;
	bool keep_going;
	bool is_file; /* has none of the commands */
	struct result *result;
};

uint64_t random_below(struct slice *slice, uint64_t below);

/*** compare.c */

/* Holds bytes that were read against the shadow. Returns whether they are the same. */
bool compare(struct slice *slice, size_t at, const void *bytes, size_t length, enum way read_by);
void record_loss(struct slice *slice, const struct loss *loss);
/* The same for a part of the slice, by pread() and by the mapping. */
void compare_part(struct slice *slice, size_t from, size_t count);
/* Takes the device's bytes for what they should be, after a loss. */
void accept_all(struct slice *slice);

/*** operations.c */

/* One random operation. It ends the process where a call fails that should not. */
void operate(struct slice *slice);

#endif
