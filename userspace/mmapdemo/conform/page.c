// SPDX-License-Identifier: GPL-2.0-only
/* A diagnosis as a page that needs nothing else. */
#include <stdio.h>

#include "support/target.h"
#include "diagnosis.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

static const char style[] =
	"<style>\n"
	"body { font: 16px/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem;\n"
	"  color: #222; background: #fff; }\n"
	"table { border-collapse: collapse; }\n"
	"td, th { text-align: left; padding: 0.2rem 1rem 0.2rem 0; }\n"
	"section { border-left: 0.4rem solid #888; padding: 0 1rem; margin: 1.5rem 0; }\n"
	".broken { border-color: #b00; } .missing { border-color: #c70; } .choice { border-color: "
	"#06a; }\n"
	"h2 { font-size: 1.1rem; margin: 0; } p { margin: 0.3rem 0; } pre { overflow: auto; }\n"
	"@media (prefers-color-scheme: dark) { body { color: #ddd; background: #111; } }\n"
	"</style>\n";

static void put(const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		case '&':
			fputs("&amp;", stdout);
			break;
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			putchar(*text);
		}
	}
}

static void put_row(const char *name, const char *value)
{
	fputs("<tr><th>", stdout);
	put(name);
	fputs("</th><td>", stdout);
	put(value);
	fputs("</td></tr>\n", stdout);
}

static void put_found(const struct found *found)
{
	printf("<section class=\"%s\">\n<h2>%s: %s</h2>\n<p>", class_word(found->class),
	       class_word(found->class), found->finding->slug);
	put(found->finding->says);
	fputs(": ", stdout);
	put(found->shows);
	fputs("</p>\n<p>Likely cause: ", stdout);
	put(found->finding->cause);
	fputs("</p>\n<p>Cure: docs/drivers.md, &quot;", stdout);
	put(found->finding->cure);
	fputs("&quot;</p>\n<p>Found by:", stdout);
	for (size_t i = 0; i < found->count; i++) {
		putchar(' ');
		put(found->tests[i]);
	}
	fputs("</p>\n</section>\n", stdout);
}

static void put_counts(const struct diagnosis *diagnosis)
{
	char count[32];

	for (int class = BROKEN; class < FINE; class ++) {
		snprintf(count, sizeof(count), "%zu", diagnosis->of[class]);
		put_row(class_word(class), count);
	}
	snprintf(count, sizeof(count), "%zu tests", diagnosis->fine);
	put_row("fine", count);
	snprintf(count, sizeof(count), "%zu tests", diagnosis->not_applicable);
	put_row("not applicable", count);
}

void show_page(const struct diagnosis *diagnosis)
{
	char size[120];

	fputs(head, stdout);
	fputs("<title>mmapdemo conform ", stdout);
	put(diagnosis->target);
	fputs("</title>\n", stdout);
	fputs(style, stdout);
	fputs("</head>\n<body>\n<h1>", stdout);
	put(diagnosis->target);
	fputs("</h1>\n<table>\n", stdout);
	put_row("size", size_words(size));
	put_row("driver", *diagnosis->driver ? diagnosis->driver : "unknown");
	put_row("kernel", diagnosis->system);
	put_row("profile", profile_word(facts->profile));
	put_row("because", diagnosis->profile_why);
	put_counts(diagnosis);
	fputs("</table>\n", stdout);
	for (size_t i = 0; i < diagnosis->count; i++)
		if (diagnosis->found[i].class != FINE)
			put_found(&diagnosis->found[i]);
	if (diagnosis->probing->kernel_log) {
		fputs("<h2>The kernel's lines</h2>\n<pre>", stdout);
		put(diagnosis->probing->kernel_log);
		fputs("</pre>\n", stdout);
	}
	fputs("</body>\n</html>\n", stdout);
}
