/* SPDX-License-Identifier: GPL-2.0-only */
/* mmapdemo map: the ways to draw a picture. */
#ifndef MAP_DRAW_H
#define MAP_DRAW_H

#include <stdio.h>

#include "common/terminal.h"
#include "model.h"

/* Chooses the form that fits the terminal. */
void map_text(const struct map_picture *picture, const struct terminal *terminal, int indent,
	      bool details);
/* What the characters mean. */
void map_text_legend(const struct terminal *terminal);

/* An svg element; `alone`: a file of its own, with its styles. False if it was not written. */
bool map_svg(const struct map_picture *picture, FILE *file, bool details, bool alone);
/* picture.css: the styles of such elements, for a page that has several. */
extern const char picture_css[];
/* A page with the picture and a table of what is in it. */
bool map_html(const struct map_picture *picture, FILE *file);

#endif
