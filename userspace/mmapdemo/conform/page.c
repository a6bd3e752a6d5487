// SPDX-License-Identifier: GPL-2.0-only
/* A diagnosis as a page that needs nothing else. */
#include <stdio.h>
#include <stdlib.h>

#include "common/html.h"
#include "common/memory.h"
#include "support/target.h"
#include "diagnosis.h"

/* findings.css */
extern const char findings_css[];

static void put(const char *text)
{
	html_text(stdout, text);
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

static void begin_page(const char *name)
{
	char *title = NULL;
	size_t size;
	FILE *file = text_stream(&title, &size);

	fputs("mmapdemo conform ", file);
	html_text(file, name);
	fclose(file);
	html_begin(stdout, title, findings_css, "");
	free(title);
}

void show_page(const struct diagnosis *diagnosis)
{
	char size[120];

	begin_page(diagnosis->target);
	fputs("<h1>", stdout);
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
