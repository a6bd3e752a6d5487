// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

int memory_status = 1;

static void *there(void *memory)
{
	if (!memory)
		err(memory_status, NULL);
	return memory;
}

void *new_array(size_t count, size_t size)
{
	return there(calloc(count + !count, size));
}

char *copy_text(const char *text)
{
	return there(strdup(text));
}

char *format_text(const char *format, ...)
{
	char *text;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	return there(text);
}

void *array_with_one_more(void *array, size_t count, size_t size)
{
	/* There is room for the next power of two. */
	if (!(count & (count - 1)))
		array = there(reallocarray(array, count ? 2 * count : 1, size));
	memset((char *)array + count * size, 0, size);
	return array;
}

FILE *text_stream(char **text, size_t *size)
{
	return there(open_memstream(text, size));
}
