// SPDX-License-Identifier: GPL-2.0-only
/* Names of files and processes are anybody's choice: escapes for the terminal, say. */
#include <stdint.h>

#include "clean.h"

/* How many bytes a character takes; 0: it is none, or is for control. */
static int character(const unsigned char *text)
{
	static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000};
	int bytes = *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;
	uint32_t value = *text & (0x7f >> bytes);

	if (*text < 0x80)
		return *text >= ' ' && *text != 0x7f;
	if (*text < 0xc2 || *text > 0xf4)
		return 0;
	for (int i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < least[bytes] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	/* what turns the direction of writing, and what is no character in XML */
	if ((value >= 0x200e && value <= 0x200f) || (value >= 0x2028 && value <= 0x202e) ||
	    (value >= 0x2066 && value <= 0x2069) || value == 0xfffe || value == 0xffff)
		return 0;
	return bytes;
}

char *map_clean(char *text)
{
	for (char *at = text; at && *at;) {
		int bytes = character((unsigned char *)at);

		if (!bytes)
			*at = '?';
		at += bytes ? bytes : 1;
	}
	return text;
}
