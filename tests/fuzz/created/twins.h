/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Twins: a buffer of MMAPDEMO_IOCTL_CREATE, and a memfd that is asked the same things. The
 * memfd's answers are the right ones.
 */
#ifndef TWINS_H
#define TWINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CREATED, MEMFD, SIDES };

#define DESCS 5 /* descriptors of each side; the first one is open for both, and stays */
#define MAPS  6

/* Both sides get the same numbers. An operation uses some of them. */
struct step {
	unsigned int op;
	uint32_t desc, map, which;
	uint64_t at, to;
	uint32_t length;
};

/* The outcome of a step as a program sees it. */
struct outcome {
	long result;   /* negative: an errno; a signal is -1000 less its number */
	uint64_t more; /* a sum of the bytes that were read, or a file position */
};

/* A mistake that a self-test makes in the created buffer. One comparison alone finds each. */
enum plant {
	NOTHING,
	PLANT_BYTE,    /* the contents: another byte */
	PLANT_SIZE,    /* the size after a step */
	PLANT_SEAL,    /* the result of a step */
	PLANT_PRIVATE, /* what a step reads: bytes of private mappings */
	PLANT_BLOCKS,  /* the blocks after a step */
	PLANT_END,     /* the contents: where they end */
	PLANTS
};

/* The objects of an operation besides a descriptor, and its effects. */
enum {
	MOVES_BYTES = 1, /* its result is how many */
	INTO_DESC = 2,	 /* step.which is another descriptor */
	CLOSES = 4,	 /* step.which is the descriptor less 1 */
	MAKES_MAP = 8,
	IN_MAP = 16 /* step.to and step.length are within the mapping */
};

struct operation {
	const char *name;
	unsigned int weight;
	void (*run)(int side, const struct step *step, struct outcome *outcome);
	unsigned int flags;
};

extern const struct operation operations[];
extern const size_t operation_count;

/*
 * Makes a pair of half of so many bytes, whose mappings are MADV_RANDOM if pages are to come one by
 * one. Returns false where CREATE failed, with errno.
 */
bool twins_make(int device, uint64_t most, bool by_page);
void twins_drop(void);
uint64_t twins_size(void);
/* Which descriptors and mappings exist; the length of a mapping, or of its part in the file. */
bool twins_has_desc(uint32_t desc);
bool twins_has_map(uint32_t map);
size_t twins_map_length(uint32_t map, bool in_file);
/* Does a step to both. Returns what differs, or NULL; stores whether the step had an effect. */
const char *twins_step(const struct step *step, bool small, bool *effect);
/* Compares all bytes. */
const char *twins_contents(void);
/* Whether tmpfs does the step in another way by design. */
bool twins_excused(const struct step *step);
/* Prints the seals and sizes. */
void twins_show(void);
void twins_plant(enum plant plant);

#endif
