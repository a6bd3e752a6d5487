// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>

#include "utf8.h"

/* How many bytes a character has that begins with this one. */
static size_t announced(unsigned char first)
{
	return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

size_t utf8_length(const char *text)
{
	size_t bytes = 1;

	while ((text[bytes] & 0xc0) == 0x80)
		bytes++;
	return bytes;
}

void utf8_drop_partial(char *text, size_t length)
{
	size_t begin = length;

	while (begin && (text[begin - 1] & 0xc0) == 0x80)
		begin--;
	if (begin && announced(text[begin - 1]) > length - begin + 1)
		text[begin - 1] = '\0';
}

/* How many bytes the character has; 0: it is none, or is for control. */
static size_t shown(const unsigned char *text)
{
	static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000};
	size_t bytes = announced(*text);
	uint32_t value = *text & (0x7f >> bytes);

	if (*text < 0x80)
		return *text >= ' ' && *text != 0x7f;
	if (*text < 0xc2 || *text > 0xf4)
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < least[bytes] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	/* characters that change the direction of writing, and those that XML excludes */
	if ((value >= 0x200e && value <= 0x200f) || (value >= 0x2028 && value <= 0x202e) ||
	    (value >= 0x2066 && value <= 0x2069) || value == 0xfffe || value == 0xffff)
		return 0;
	return bytes;
}

char *utf8_clean(char *text)
{
	for (char *at = text; *at;) {
		size_t bytes = shown((unsigned char *)at);

		if (!bytes)
			*at = '?';
		at += bytes ? bytes : 1;
	}
	return text;
}
