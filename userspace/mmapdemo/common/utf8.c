// SPDX-License-Identifier: GPL-2.0-only
#include "utf8.h"

size_t utf8_length(const char *text)
{
	size_t bytes = 1;

	while ((text[bytes] & 0xc0) == 0x80)
		bytes++;
	return bytes;
}

void utf8_drop_partial(char *text, size_t length)
{
	unsigned char first;
	size_t begin = length, bytes;

	while (begin && (text[begin - 1] & 0xc0) == 0x80)
		begin--;
	if (!begin)
		return;
	first = text[--begin];
	bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
	if (bytes > length - begin)
		text[begin] = '\0';
}
