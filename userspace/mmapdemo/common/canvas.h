/* SPDX-License-Identifier: GPL-2.0-only */
/* A picture made of characters: texts, and lines that join and cross. */
#ifndef CANVAS_H
#define CANVAS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "terminal.h"

/* The style of a character on a terminal with colours; from STYLE_COLOUR on, a colour. */
enum { STYLE_PLAIN, STYLE_DIM, STYLE_BOLD, STYLE_BAD, STYLE_COLOUR, STYLE_COLOURS = 6 };

/* Where a line goes from a character's middle. */
enum { LINE_LEFT = 1, LINE_RIGHT = 2, LINE_UP = 4, LINE_DOWN = 8 };

struct canvas;

struct canvas *canvas_new(int width, int height);
void canvas_free(struct canvas *canvas);

/* A text that does not fit into so many columns ends in an ellipsis. */
void canvas_text(struct canvas *canvas, int row, int column, int room, int style, const char *text);
void canvas_line(struct canvas *canvas, int row, int column, int directions, int style);

void canvas_print(const struct canvas *canvas, const struct terminal *terminal, int indent);

/* The bytes that switch to a style, and back; empty without colours. */
const char *style_on(const struct terminal *terminal, int style);
const char *style_off(const struct terminal *terminal);
/* Prints a text, in characters that the terminal has. */
void style_print(const struct terminal *terminal, int style, const char *text);

#endif
