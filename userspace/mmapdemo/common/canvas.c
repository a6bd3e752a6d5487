// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "canvas.h"
#include "memory.h"
#include "utf8.h"

struct cell {
	char text[5]; /* one character, UTF-8 */
	uint8_t style, lines;
};

struct canvas {
	int width, height;
	struct cell cells[];
};

struct canvas *canvas_new(int width, int height)
{
	struct canvas *canvas =
		new_array(1, sizeof(*canvas) + (size_t)width * height * sizeof(struct cell));

	canvas->width = width;
	canvas->height = height;
	return canvas;
}

void canvas_free(struct canvas *canvas)
{
	free(canvas);
}

static struct cell *cell_at(struct canvas *canvas, int row, int column)
{
	if (row < 0 || row >= canvas->height || column < 0 || column >= canvas->width)
		return NULL;
	return &canvas->cells[(size_t)row * canvas->width + column];
}

void canvas_text(struct canvas *canvas, int row, int column, int room, int style, const char *text)
{
	bool cut = text_columns(text) > room;

	for (int i = 0; *text && i < room; i++) {
		struct cell *cell = cell_at(canvas, row, column + i);
		size_t bytes = utf8_length(text);

		if (cell) {
			memset(cell->text, 0, sizeof(cell->text));
			if (cut && i == room - 1)
				strcpy(cell->text, "…");
			else
				memcpy(cell->text, text, bytes < 4 ? bytes : 4);
			cell->style = style;
			cell->lines = 0;
		}
		text += bytes;
	}
}

void canvas_line(struct canvas *canvas, int row, int column, int directions, int style)
{
	struct cell *cell = cell_at(canvas, row, column);

	if (!cell || *cell->text)
		return;
	cell->lines |= directions;
	cell->style = style;
}

/* By the bits of LINE_. */
static const char *const line_characters[16] = {
	" ", "─", "─", "─", "│", "┘", "└", "┴", "│", "┐", "┌", "┬", "│", "┤", "├", "┼",
};

/* The substitute for a character on an ASCII terminal. */
static const char *plain_character(const char *text)
{
	static const char pairs[][2][4] = {
		{"█", "#"}, {"▓", "="}, {"▒", "c"}, {"░", ":"}, {"·", "."}, {"╳", "X"}, {"…", "~"},
		{"─", "-"}, {"│", "|"}, {"✓", "+"}, {"✗", "!"}, {"×", "x"}, {"→", ">"}, {"–", "-"},
	};

	if (!(*text & 0x80))
		return text;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (!strcmp(text, pairs[i][0]))
			return pairs[i][1];
	return strstr("┘└┴┐┌┬┤├┼", text) ? "+" : "?";
}

const char *style_on(const struct terminal *terminal, int style)
{
	static const char *const codes[] = {
		"",	    "\033[2m",	"\033[1m",  "\033[1;31m", "\033[36m",
		"\033[35m", "\033[32m", "\033[33m", "\033[34m",	  "\033[96m",
	};

	return terminal->colour ? codes[style] : "";
}

const char *style_off(const struct terminal *terminal)
{
	return terminal->colour ? "\033[0m" : "";
}

static void print_character(const struct terminal *terminal, const char *text)
{
	fputs(terminal->utf8 ? text : plain_character(text), stdout);
}

void style_print(const struct terminal *terminal, int style, const char *text)
{
	const char *on = style_on(terminal, style);

	fputs(on, stdout);
	while (*text) {
		char one[5] = "";
		size_t bytes = utf8_length(text);

		memcpy(one, text, bytes < 4 ? bytes : 4);
		print_character(terminal, one);
		text += bytes;
	}
	if (*on)
		fputs(style_off(terminal), stdout);
}

static const char *shown(const struct cell *cell)
{
	return *cell->text ? cell->text : line_characters[cell->lines];
}

static void print_row(const struct cell *cells, int width, const struct terminal *terminal)
{
	int style = STYLE_PLAIN;

	while (width && !strcmp(shown(&cells[width - 1]), " "))
		width--;
	for (int i = 0; i < width; i++) {
		bool blank = !strcmp(shown(&cells[i]), " ");

		if (!blank && cells[i].style != style) {
			fputs(style_off(terminal), stdout);
			style = cells[i].style;
			fputs(style_on(terminal, style), stdout);
		}
		print_character(terminal, shown(&cells[i]));
	}
	if (style != STYLE_PLAIN)
		fputs(style_off(terminal), stdout);
	putchar('\n');
}

void canvas_print(const struct canvas *canvas, const struct terminal *terminal, int indent)
{
	for (int row = 0; row < canvas->height; row++) {
		const struct cell *cells = &canvas->cells[(size_t)row * canvas->width];
		bool empty = true;

		for (int i = 0; i < canvas->width; i++)
			empty &= !strcmp(shown(&cells[i]), " ");
		if (!empty)
			printf("%*s", indent, "");
		print_row(cells, canvas->width, terminal);
	}
}
