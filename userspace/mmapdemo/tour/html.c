// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tour as a page. One file, nothing fetched. Without script it is a long page;
 * with it, keys go from step to step.
 */
#include "common/html.h"
#include "common/number.h"
#include "map/draw.h"
#include "view.h"

/* tour.css, tour.js */
extern const char tour_css[], tour_js[];

static void put_claims(FILE *file, const struct tour_step *step)
{
	static const char *const marks[] = {
		[HOLDS] = "<span class='good'>✓</span>",
		[DIFFERS] = "<strong class='bad'>✗ not so:</strong>",
		[UNSEEN] = "<span class='dim'>?</span>",
	};

	if (!step->claim_count)
		return;
	fputs("<ul class='claims'>\n", file);
	for (size_t i = 0; i < step->claim_count; i++) {
		fprintf(file, "<li>%s ", marks[step->claims[i].verdict]);
		html_text(file, step->claims[i].expected);
		fputs(" <code>", file);
		html_text(file, step->claims[i].seen);
		fputs("</code></li>\n", file);
	}
	fputs("</ul>\n", file);
}

static void put_trace(FILE *file, const struct tour_part *part, const struct tour_step *step)
{
	if (!step->event_count)
		return;
	fputs("<pre class='trace'><b>The module saw</b>\n", file);
	for (size_t i = 0; i < step->event_count; i++) {
		const char *role = tour_role_of(part, step->events[i].pid);

		html_text(file, role ? role : "?");
		fputs(": ", file);
		html_text(file, step->events[i].name);
		html_text(file, step->events[i].text);
		putc('\n', file);
	}
	fputs("</pre>\n", file);
}

static void put_step(FILE *file, const struct tour_part *part, const struct tour_step *step)
{
	size_t number = step - part->steps + 1;

	fprintf(file, "<article id='%s-%zu' data-step='%zu'%s>\n<h3>%zu. ", part->chapter->name,
		number, number, step->event_count && !step->question ? " class='t'" : "", number);
	if (*part->chapter->roles[1])
		fprintf(file, "<span class='who'>%s</span> ", part->chapter->roles[step->role]);
	fputs("<code>", file);
	html_text(file, step->call);
	fputs("</code>", file);
	if (step->result) {
		fputs(" <code class='who'>= ", file);
		html_text(file, step->result);
		fputs("</code>", file);
	}
	fputs("</h3>\n", file);
	/* A reader can answer before the page does. Without script this works, too. */
	if (step->question) {
		fputs("<details><summary>", file);
		html_text(file, step->question);
		fputs("</summary>\n", file);
	}
	put_claims(file, step);
	if (step->why) {
		fputs("<p class='why'>", file);
		html_text(file, step->why);
		fputs("</p>\n", file);
	}
	put_trace(file, part, step);
	fputs("<div class='stage'>", file);
	map_svg_element(&step->picture, file, false, false);
	fputs(step->question ? "</div></details></article>\n" : "</div></article>\n", file);
}

static void put_part(FILE *file, const struct tour *tour, const struct tour_part *part)
{
	const struct tour_chapter *chapter = part->chapter;

	fprintf(file, "<section id='%s'>\n<h2>%td. %s</h2>\n<p class='lead'>", chapter->name,
		part - tour->parts + 1, chapter->title);
	html_text(file, chapter->says);
	fprintf(file, " <span class='dim rows'>Contract: %s.</span></p>\n", chapter->rows);
	for (size_t i = 0; i < part->count; i++)
		put_step(file, part, &part->steps[i]);
	if (part->reason) {
		fprintf(file, "<p class='%s'>%s: ", part->verdict == DIFFERS ? "bad" : "dim",
			part->verdict == DIFFERS ? "It ended early" : "Not shown here");
		html_text(file, part->reason);
		fputs("</p>\n", file);
	}
	fputs("</section>\n", file);
}

static void put_contents(FILE *file, const struct tour *tour)
{
	fputs("<nav><ol>\n", file);
	for (size_t i = 0; i < tour->count; i++)
		fprintf(file, "<li><a href='#%s'>%s</a> <span class='%s'>%s</span></li>\n",
			tour->parts[i].chapter->name, tour->parts[i].chapter->title,
			tour->parts[i].verdict == DIFFERS ? "bad" : "dim",
			tour->parts[i].verdict == HOLDS
				? ""
				: tour_verdict_word(tour->parts[i].verdict));
	fputs("</ol></nav>\n", file);
}

static void put_head(FILE *file, const struct tour *tour)
{
	char size[24];

	html_begin(file, "A tour of mmap", picture_css, tour_css);
	fputs("<h1>A tour of mmap, on a real device</h1>\n<p class='dim'>", file);
	html_text(file, tour->device);
	fprintf(file, ", %s; Linux %s, %s. All steps ran there.</p>\n",
		number_bytes(tour->bytes, size), tour->system.release, tour->system.machine);
	fputs("<p class='lead'>Each step shows a call in C, what was expected, and what was seen. "
	      "The drawings show addresses on the sides, and frames (pages of real memory) in the "
	      "middle. The same letter and colour is the same frame. A broken border marks a "
	      "private copy or anonymous memory, a dotted one an absent page, a grey one "
	      "a read-only page, a thick red one a poisoned page. “Entry rw” and “entry ro” say "
	      "whether the page-table "
	      "entry of a page allows stores; “×2”, that two entries map a frame.</p>\n",
	      file);
	if (!tour->traced) {
		fputs("<p class='dim'>The module's tracepoints are not shown: ", file);
		html_text(file, tour->why_not);
		fputs("</p>\n", file);
	}
	if (tour->hidden)
		fputs("<p class='dim'>Frame numbers were hidden, because they need root.</p>\n",
		      file);
	fputs("<p class='keys dim'>Keys: <kbd>→</kbd> <kbd>←</kbd> move by steps, <kbd>n</kbd> "
	      "<kbd>p</kbd> by chapters.</p>\n",
	      file);
}

bool tour_html(const struct tour *tour, FILE *file)
{
	put_head(file, tour);
	put_contents(file, tour);
	for (size_t i = 0; i < tour->count; i++)
		put_part(file, tour, &tour->parts[i]);
	fprintf(file, "<script>\n%s</script>\n</body></html>\n", tour_js);
	return !ferror(file);
}
