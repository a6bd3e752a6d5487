/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts that all HTML pages share. */
#ifndef HTML_H
#define HTML_H

#include <stdio.h>

/* Text for HTML and SVG, with special characters escaped. */
void html_text(FILE *file, const char *text);
/* A page up to its body, with the styles of all pages and these two. */
void html_begin(FILE *file, const char *title, const char *style, const char *more_style);

#endif
