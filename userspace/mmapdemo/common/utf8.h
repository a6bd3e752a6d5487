/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* The bytes of the character that a text begins with. */
size_t utf8_length(const char *text);

/*
 * Ends a text of `length` bytes after its last whole character. snprintf() cuts a
 * text that is too long between bytes.
 */
void utf8_drop_partial(char *text, size_t length);

/*
 * Names of files and processes may have escapes for the terminal. This replaces invalid UTF-8 and
 * control characters by '?', and returns the text.
 */
char *utf8_clean(char *text);

#endif
