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
/* Explains the characters, and the words for page-table entries. */
void map_text_legend(const struct terminal *terminal, bool tables);

/* An svg element: of a page, or of a file of its own, which has styles and a legend. */
void map_svg_element(const struct map_picture *picture, FILE *file, bool details, bool alone);
/* picture.css: the styles of such elements, for a page that has several. */
extern const char picture_css[];
/* Files: the picture; a page with it and a table of what is in it. False if one was not written. */
bool map_svg(const struct map_picture *picture, FILE *file);
bool map_html(const struct map_picture *picture, FILE *file);

#endif
