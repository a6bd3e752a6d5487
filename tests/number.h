/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers: among a program's options, and random ones. */
#ifndef TESTS_NUMBER_H
#define TESTS_NUMBER_H

#include <argp.h>
#include <stdint.h>
#include <stdlib.h>

/* Ends the program with usage where the text is no number from the least to the most. */
static inline uint64_t number(struct argp_state *state, const char *text, uint64_t least,
			      uint64_t most)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (!*text || *end || *text == '-' || value < least || value > most)
		argp_error(state, "'%s' is no number from %llu to %llu", text,
			   (unsigned long long)least, (unsigned long long)most);
	return value;
}

/* SplitMix64: the next random number; the state may begin with any. */
static inline uint64_t random_word(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

#endif
