/* SPDX-License-Identifier: GPL-2.0-only */
/* What all pages have in common. */
#ifndef HTML_H
#define HTML_H

#include <stdio.h>

/* Text for HTML and SVG, with what means something there escaped. */
void html_text(FILE *file, const char *text);
/* page.css: the styles of all pages. */
extern const char page_css[];

#endif
