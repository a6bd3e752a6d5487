// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <string.h>

#include "pattern.h"

bool pattern_original_is_zero;

/* Eight bytes at a time (the mixing of splitmix64), because tests compare whole huge pages. */
static uint64_t word_at(uint64_t off, int seed)
{
	uint64_t word = off / sizeof(word) + (seed + 1) * 0x9e3779b97f4a7c15ULL;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ULL;
	word = (word ^ word >> 27) * 0x94d049bb133111ebULL;
	return word ^ word >> 31;
}

/* Part of a word, from this offset on; returns how much there was. */
static size_t fill_part(unsigned char *to, size_t len, uint64_t off, int seed)
{
	uint64_t word = word_at(off, seed);
	size_t skip = off % sizeof(word);
	size_t part = sizeof(word) - skip < len ? sizeof(word) - skip : len;

	memcpy(to, (unsigned char *)&word + skip, part);
	return part;
}

void pattern_fill(void *to, size_t len, off_t off, int seed)
{
	unsigned char *bytes = to, *end = bytes + len;

	if (seed == ORIGINAL && pattern_original_is_zero) {
		memset(to, 0, len);
		return;
	}
	while (bytes < end && off % sizeof(uint64_t)) {
		size_t part = fill_part(bytes, end - bytes, off, seed);

		bytes += part;
		off += part;
	}
	for (; end - bytes >= (ptrdiff_t)sizeof(uint64_t); bytes += sizeof(uint64_t)) {
		uint64_t word = word_at(off, seed);

		memcpy(bytes, &word, sizeof(word));
		off += sizeof(word);
	}
	if (bytes < end)
		fill_part(bytes, end - bytes, off, seed);
}

unsigned char pattern_byte(off_t off, int seed)
{
	unsigned char byte;

	pattern_fill(&byte, 1, off, seed);
	return byte;
}

off_t pattern_mismatch(const void *bytes, size_t len, off_t off, int seed)
{
	const unsigned char *at = bytes;
	unsigned char wanted[1024];

	while (len) {
		size_t part = len < sizeof(wanted) ? len : sizeof(wanted);

		pattern_fill(wanted, part, off, seed);
		if (memcmp(at, wanted, part))
			for (size_t i = 0; i < part; i++)
				if (at[i] != wanted[i])
					return off + i;
		at += part;
		off += part;
		len -= part;
	}
	return -1;
}
