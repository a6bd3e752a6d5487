// SPDX-License-Identifier: GPL-2.0-only
#include "contents.h"

/* SplitMix64's n-th output; linux/mmapdemo.h has the formula. */
static uint64_t word_at(uint64_t n, uint64_t seed)
{
	uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void contents_pattern(void *to, size_t length, uint64_t offset, uint64_t seed)
{
	unsigned char *bytes = to;
	uint64_t word = word_at(offset / 8, seed);

	for (size_t i = 0; i < length; i++, offset++) {
		if (offset % 8 == 0)
			word = word_at(offset / 8, seed);
		bytes[i] = word >> offset % 8 * 8;
	}
}

/* The table of the polynomial 0x1edc6f41, the lowest bit first. */
static void make_table(uint32_t table[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78 : 0);
	}
}

uint32_t contents_crc(uint32_t crc, const void *from, size_t length)
{
	const unsigned char *bytes = from;
	static uint32_t table[256];

	if (!table[1])
		make_table(table);
	crc = ~crc;
	while (length--)
		crc = table[(crc ^ *bytes++) & 0xff] ^ crc >> 8;
	return ~crc;
}
