// SPDX-License-Identifier: GPL-2.0-only
#include "html.h"

/* page.css */
extern const char page_css[];

void html_begin(FILE *file, const char *title, const char *style, const char *more_style)
{
	fprintf(file,
		"<!doctype html>\n<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
		"<html lang='en'><head><meta charset='utf-8'>\n"
		"<meta name='viewport' content='width=device-width'>\n"
		"<title>%s</title>\n<style>\n%s%s%s</style></head>\n<body>\n",
		title, page_css, style, more_style);
}

void html_text(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", file);
		else if (*text == '>')
			fputs("&gt;", file);
		else if (*text == '&')
			fputs("&amp;", file);
		else if (*text == '"')
			fputs("&quot;", file);
		else if ((unsigned char)*text >= ' ' || *text == '\n')
			putc(*text, file);
	}
}
