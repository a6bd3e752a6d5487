/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocations that end the program if there is no memory. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <stdio.h>

/* The exit status then: 1, unless the sub-command sets another. */
extern int memory_status;

#define OWNED __attribute__((returns_nonnull, warn_unused_result))

/* All of these are to be freed. Of no elements, there is room for one. */
OWNED void *new_array(size_t count, size_t size);
OWNED char *copy_text(const char *text);
OWNED char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The array of `count` elements with a zeroed one behind them; it may have moved. */
OWNED void *array_with_one_more(void *array, size_t count, size_t size);
/* The stream's output is in *text after fclose(). */
OWNED FILE *text_stream(char **text, size_t *size);

#endif
