/* SPDX-License-Identifier: GPL-2.0-only */
/* A number among a program's options. */
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

#endif
