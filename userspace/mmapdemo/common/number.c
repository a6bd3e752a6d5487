// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

bool parse_number(const char *text, uint64_t *number)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;
	int base = !strncmp(text, "0x", 2) ? 16 : 10;

	/* strtoull takes blanks, signs, and "0x" alone as a zero and an x. */
	if (!isdigit(*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, base);
	if (errno)
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (!unit)
		return !*end;
	for (int i = unit - units; i >= 0; i--)
		if (__builtin_mul_overflow(*number, 1024, number))
			return false;
	return !end[1];
}

bool parse_seconds(const char *text, double least, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	return end != text && !*end && *seconds >= least && *seconds <= 86400;
}

int number_powers(uint64_t *bytes, int most)
{
	int powers = 0;

	for (; powers < most && *bytes && *bytes % 1024 == 0; powers++)
		*bytes /= 1024;
	return powers;
}

const char *number_words(uint64_t bytes, char words[32])
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
	int unit = number_powers(&bytes, 3);

	snprintf(words, 32, "%ju %s", (uintmax_t)bytes, units[unit]);
	return words;
}

const char *number_bytes(uint64_t bytes, char text[24])
{
	static const char units[] = " KMGT";
	int unit = number_powers(&bytes, 4);

	snprintf(text, 24, "%ju%.*s", (uintmax_t)bytes, unit ? 1 : 0, units + unit);
	return text;
}
