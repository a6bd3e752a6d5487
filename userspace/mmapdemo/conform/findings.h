/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of `mmapdemo conform`: what a test's outcome means to the author of a driver. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stddef.h>

/* The class of a finding, from the worst on. */
enum class { BROKEN, MISSING, CHOICE, FINE, CLASSES };

/* The purpose of a driver's memory, which decides what it should support. */
enum profile { AS_MEMORY, AS_DMA, AS_REGISTERS, AS_RING, AS_READONLY, PROFILES };

struct finding {
	const char *slug;  /* stable: programs and baselines use it */
	const char *says;  /* a sentence about the driver, without a full stop */
	const char *cause; /* the mistake, or the choice, of most such drivers */
	const char *cure;  /* a heading of docs/drivers.md */
	unsigned char as[PROFILES];
};

/* The words for a test that did not hold. NULL: findings.c has none, which is a mistake. */
const struct finding *finding_of(const char *test, const char *key);

const char *class_word(enum class class);
const char *profile_word(enum profile profile);
/* False if the word is no profile. */
int profile_named(const char *word, enum profile *profile);

/* For the test of the table itself. */
size_t findings_count(void);
const struct finding *finding_at(size_t i);

#endif
