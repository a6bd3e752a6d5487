/* SPDX-License-Identifier: GPL-2.0-only */
/* The capabilities of standard output. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

#define TERMINAL_NARROWEST 40

struct terminal {
	int width; /* columns; COLUMNS or 80 if it is no terminal */
	bool is_terminal;
	bool colour; /* a terminal, and neither NO_COLOR nor TERM=dumb */
	bool utf8;   /* as the locale says */
};

struct terminal terminal_find(void);

/* Words from column `at` on, broken at the width; each further line is indented. */
void terminal_words(const struct terminal *terminal, int at, int indent, const char *text);

/* Waits for a key. False if it is q, or there is no more input. */
bool terminal_key(const char *prompt);

/* Columns that a text takes: characters, of which a byte below 0x80 is one. */
int text_columns(const char *text);

#endif
