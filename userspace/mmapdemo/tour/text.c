// SPDX-License-Identifier: GPL-2.0-only
/* The tour on a terminal, or in a file, step by step. */
#include <stdio.h>

#include "common/canvas.h"
#include "common/number.h"
#include "map/draw.h"
#include "view.h"

#define INDENT 5

static void print_words(const struct terminal *terminal, int indent, const char *text)
{
	printf("%*s", indent, "");
	terminal_words(terminal, indent, indent, text);
}

static void print_rule(const struct terminal *terminal)
{
	for (int i = 0; i < terminal->width; i++)
		style_print(terminal, STYLE_DIM, "─");
	putchar('\n');
}

void tour_text_begin(const struct tour *tour, const struct terminal *terminal)
{
	char size[24], text[256];

	style_print(terminal, STYLE_BOLD, "A tour of mmap, on a real device");
	putchar('\n');
	snprintf(text, sizeof(text), "%s, %s, strategy %s; Linux %s, %s, pages of %zu bytes",
		 tour->device, number_bytes(tour->bytes, size), tour->strategy,
		 tour->system.release, tour->system.machine, tour->page_size);
	print_words(terminal, 0, text);
	if (!tour->traced) {
		snprintf(text, sizeof(text), "The module's tracepoints are not shown: %.200s",
			 tour->why_not);
		print_words(terminal, 0, text);
	}
	print_words(terminal, 0,
		    "The drawings show addresses on the sides, and frames (pages of real memory) "
		    "between or beside them. The same letter is the same frame.");
	map_text_legend(terminal, true);
}

void tour_text_chapter(const struct tour_chapter *chapter, size_t number, size_t count,
		       const struct terminal *terminal)
{
	char text[160];

	putchar('\n');
	print_rule(terminal);
	snprintf(text, sizeof(text), "%zu of %zu: %s (%s)", number, count, chapter->title,
		 chapter->rows);
	fputs(style_on(terminal, STYLE_BOLD), stdout);
	terminal_words(terminal, 0, 0, text);
	fputs(style_off(terminal), stdout);
	print_words(terminal, 0, chapter->says);
}

static void print_claim(const struct tour_claim *claim, const struct terminal *terminal)
{
	static const char *const marks[] = {[HOLDS] = "✓", [DIFFERS] = "✗", [UNSEEN] = "?"};
	const char *on = claim->verdict == DIFFERS ? style_on(terminal, STYLE_BAD) : "";
	char text[600];

	snprintf(text, sizeof(text), "%s: %s%s", claim->expected,
		 claim->verdict == DIFFERS ? "NOT SO: " : "", claim->seen);
	printf("%*s%s", INDENT, "", on);
	style_print(terminal, STYLE_PLAIN, marks[claim->verdict]);
	putchar(' ');
	terminal_words(terminal, INDENT + 2, INDENT + 2, text);
	if (*on)
		fputs(style_off(terminal), stdout);
}

static void print_event(const struct tour_part *part, const struct tour_event *event,
			const struct terminal *terminal)
{
	const char *role = tour_role_of(part, event->pid);
	char text[400];

	snprintf(text, sizeof(text), "%s: %s%s", role ? role : "?", event->name, event->text);
	printf("%*s", INDENT, "");
	fputs(style_on(terminal, STYLE_DIM), stdout);
	fputs("module, ", stdout);
	terminal_words(terminal, INDENT + 8, INDENT + 4, text);
	fputs(style_off(terminal), stdout);
}

static bool maps_anything(const struct map_picture *picture)
{
	for (size_t i = 0; i < picture->count; i++)
		if (picture->processes[i].vma_count)
			return true;
	return false;
}

void tour_text_step(const struct tour_part *part, const struct tour_step *step,
		    const struct terminal *terminal)
{
	size_t number = step - part->steps + 1;
	char text[400];

	putchar('\n');
	if (step->question)
		print_words(terminal, INDENT, step->question);
	printf("%3zu. ", number);
	fputs(style_on(terminal, STYLE_BOLD), stdout);
	if (*part->chapter->roles[1])
		snprintf(text, sizeof(text), "[%s] %s", part->chapter->roles[step->role],
			 step->call);
	else
		snprintf(text, sizeof(text), "%s", step->call);
	terminal_words(terminal, INDENT, INDENT + 4, text);
	fputs(style_off(terminal), stdout);
	if (step->result) {
		snprintf(text, sizeof(text), "= %s", step->result);
		print_words(terminal, INDENT, text);
	}
	for (size_t i = 0; i < step->claim_count; i++)
		print_claim(&step->claims[i], terminal);
	for (size_t i = 0; i < step->event_count; i++)
		print_event(part, &step->events[i], terminal);
	if (step->why)
		print_words(terminal, INDENT, step->why);
	/* A chapter begins with nothing mapped: no need to draw that. */
	if (!step->same && (number > 1 || maps_anything(&step->picture))) {
		putchar('\n');
		map_text(&step->picture, terminal, terminal->width >= 90 ? INDENT : 0, false);
	}
	fflush(stdout);
}

void tour_text_part(const struct tour_part *part, const struct terminal *terminal)
{
	char text[320];

	if (!part->reason)
		return;
	snprintf(text, sizeof(text), "%s: %s",
		 part->verdict == UNSEEN ? "not shown here" : "it ended early", part->reason);
	putchar('\n');
	print_words(terminal, INDENT, text);
}

void tour_text_end(const struct tour *tour, const struct terminal *terminal)
{
	size_t of[3] = {};

	putchar('\n');
	print_rule(terminal);
	style_print(terminal, STYLE_BOLD, "What held");
	putchar('\n');
	for (size_t i = 0; i < tour->count; i++) {
		const struct tour_part *part = &tour->parts[i];

		of[part->verdict]++;
		printf("  %-8s  %-12s  ", tour_verdict_word(part->verdict), part->chapter->name);
		terminal_words(terminal, 26, 26, part->chapter->title);
	}
	if (tour->hidden)
		print_words(terminal, 0,
			    "Frame numbers were hidden, because they need root: the tour "
			    "compared contents alone.");
	putchar('\n');
	if (of[DIFFERS])
		printf("tour: %zu of %zu chapters differ\n", of[DIFFERS], tour->count);
	else if (of[UNSEEN])
		printf("tour: %zu chapters hold, %zu cannot be shown here\n", of[HOLDS],
		       of[UNSEEN]);
	else if (tour->count == 1)
		printf("tour: the chapter holds\n");
	else
		printf("tour: all %zu chapters hold\n", tour->count);
}
