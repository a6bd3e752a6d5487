/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Twins: a buffer of MMAPDEMO_IOCTL_CREATE, and a memfd that is asked the same things. What the
 * memfd answers is right.
 */
#ifndef TWINS_H
#define TWINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CREATED, MEMFD, SIDES };

#define DESCS 5 /* descriptors of each side; the first one is open for both, and stays */
#define MAPS  6

/* The same numbers for both sides; an operation takes what it needs of them. */
struct step {
	unsigned int op;
	uint32_t desc, map, which;
	uint64_t at, to;
	uint32_t length;
};

/* What a program sees of it. */
struct outcome {
	long result; /* negative: an errno; a signal is -1000 less its number */
	uint64_t more;
};

/* What a self-test has go wrong with the created buffer, or 0. */
enum plant { NOTHING, PLANT_BYTE, PLANT_SIZE, PLANT_SEAL, PLANTS };

struct operation {
	const char *name;
	unsigned int weight;
	void (*run)(int side, const struct step *step, struct outcome *outcome);
};

extern const struct operation operations[];
extern const size_t operation_count;

/* A fresh pair; it may grow to so many bytes. False: CREATE failed, with errno. */
bool twins_make(int device, uint64_t most);
void twins_drop(void);
/* Does a step to both. What differs, or NULL. */
const char *twins_step(const struct step *step, bool small);
/* Compares all bytes. */
const char *twins_contents(void);
/* Would the step meet what tmpfs does otherwise by design? */
bool twins_excused(const struct step *step);
void twins_plant(enum plant plant);

#endif
