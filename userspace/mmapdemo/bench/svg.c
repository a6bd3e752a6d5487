// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures as a chart that stands alone: a panel for each work, in it a line for each subject, and
 * one log scale for all panels of a unit. No mark lies on another one. The device differs from its
 * peers by shape and weight, too, for paper and for eyes that see no colour.
 */
#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/number.h"
#include "size.h"
#include "view.h"

#define WIDTH  488 /* so narrow that a phone shows the text at three quarters of its size */
#define MARGIN 12
#define PANEL  240 /* from one panel to the one beside it */
#define LEFT   74  /* in a panel: where the names end, and the scale begins behind them */
#define BEGIN  82
#define END    174
#define RIGHT  230 /* where the numbers end */
#define LINE   14
#define LETTER 50 /* of the headline, in a line */

/* chart.css */
extern const char chart_css[];

/* The works of one unit, and the decades that their figures lie in. */
struct scale {
	const struct bench *bench;
	enum bench_per per;
	int low, high;
};

static const struct bench_figure *figure_of(const struct bench *bench,
					    const struct bench_work *work, size_t subject)
{
	const struct bench_figure *figure =
		bench_find(bench, work->name, bench->subjects[subject].name, bench->size);

	/* A logarithm of 0 is nowhere. */
	return figure && !*figure->reason && figure->median > 0 ? figure : NULL;
}

static size_t lines_of(const struct bench *bench, const struct bench_work *work)
{
	size_t lines = 0;

	for (size_t i = 0; i < bench->subject_count; i++)
		lines += !!figure_of(bench, work, i);
	return lines;
}

/* False: there are no such works. */
static bool find_scale(const struct bench *bench, enum bench_per per, struct scale *scale)
{
	*scale = (struct scale){bench, per, 99, -99};
	for (size_t i = 0; i < bench->work_count; i++) {
		for (size_t j = 0; j < bench->subject_count && bench->works[i]->per == per; j++) {
			const struct bench_figure *figure = figure_of(bench, bench->works[i], j);
			int decade = figure ? (int)floor(log10(figure->median)) : 0;

			if (figure && decade < scale->low)
				scale->low = decade;
			if (figure && decade >= scale->high)
				scale->high = decade + 1;
		}
	}
	return scale->low < scale->high;
}

static double place(const struct scale *scale, double value)
{
	return BEGIN + (END - BEGIN) * (log10(value) - scale->low) / (scale->high - scale->low);
}

/* Names of a device of the module differ in what follows the module's. */
static const char *label_of(const struct bench_subject *subject)
{
	const char *begin = "mmapdemo-";
	size_t length = strlen(begin);

	return strncmp(subject->name, begin, length) ? subject->name : subject->name + length;
}

/* 1000 is 1k, as there is no room. */
static void print_decade(FILE *file, int decade)
{
	if (decade < 0)
		fprintf(file, "%.*f", -decade, pow(10, decade));
	else
		fprintf(file, "%.0f%.*s", pow(10, decade % 3), decade >= 3, &"?kMG"[decade / 3]);
}

/* Once for all panels, which use it. */
static void define_ticks(FILE *file, const struct scale *scale)
{
	fprintf(file, "<defs><g id='t%d' class='mid'>", scale->per);
	for (int decade = scale->low; decade <= scale->high; decade++) {
		fprintf(file, "<text x='%.0f'>", place(scale, pow(10, decade)));
		print_decade(file, decade);
		fputs("</text>", file);
	}
	fputs("</g></defs>\n", file);
}

static void draw_grid(FILE *file, const struct scale *scale, size_t lines)
{
	fputs("<path class='grid' d='", file);
	for (int decade = scale->low; decade <= scale->high; decade++)
		fprintf(file, "M%.0f,4v%zu", place(scale, pow(10, decade)), lines * LINE + 2);
	for (size_t i = 0; i < lines; i++)
		fprintf(file, "M%d,%zuh%d", BEGIN, (i + 1) * LINE - 2, END - BEGIN);
	fprintf(file, "'/><use href='#t%d' y='%zu'/>\n", scale->per, lines * LINE + 16);
}

/* Names and numbers end at 0. */
static void draw_texts(FILE *file, const struct bench *bench, const struct bench_work *work,
		       bool numbers)
{
	size_t line = 0;

	fprintf(file, "<g class='end' transform='translate(%d 2)'>", numbers ? RIGHT : LEFT);
	for (size_t i = 0; i < bench->subject_count; i++) {
		const struct bench_figure *figure = figure_of(bench, work, i);

		if (!figure)
			continue;
		fprintf(file, "<text y='%zu'%s>", ++line * LINE, i ? "" : " class='big'");
		if (numbers)
			fprintf(file, "%.*f", figure->median < 100, figure->median);
		else
			fputs(label_of(figure->subject), file);
		fputs("</text>", file);
	}
	fputs("</g>\n", file);
}

static void draw_marks(FILE *file, const struct scale *scale, const struct bench_work *work)
{
	const struct bench_figure *first = figure_of(scale->bench, work, 0);
	size_t line = !!first;

	fputs("<path class='peer' d='", file);
	for (size_t i = 1; i < scale->bench->subject_count; i++) {
		const struct bench_figure *figure = figure_of(scale->bench, work, i);

		if (figure)
			fprintf(file, "M%.1f,%zuh0", place(scale, figure->median),
				++line * LINE - 2);
	}
	fputs("'/>", file);
	if (first)
		fprintf(file, "<path class='device' d='M%.1f,%dl5,5l-5,5l-5,-5z'/>",
			place(scale, first->median), LINE - 7);
	fputc('\n', file);
}

static void draw_panel(FILE *file, const struct scale *scale, const struct bench_work *work,
		       double x, double y)
{
	fprintf(file,
		"<g transform='translate(%.0f %.0f)'><title>%s: %s</title>\n"
		"<text class='big' x='%d'>%s</text>\n",
		x, y, work->name, work->says, BEGIN, work->name);
	draw_grid(file, scale, lines_of(scale->bench, work));
	draw_texts(file, scale->bench, work, false);
	draw_marks(file, scale, work);
	draw_texts(file, scale->bench, work, true);
	fputs("</g>\n", file);
}

/* Two panels side by side; returns where the next unit begins. Without a file, nothing is drawn. */
static double draw_unit(FILE *file, const struct scale *scale, double top)
{
	const struct bench *bench = scale->bench;
	double y = top + 38;
	size_t column = 0, most = 0;

	if (file) {
		fprintf(file, "<text class='big unit' x='%d' y='%.0f'>%s</text>\n", MARGIN,
			top + 12, bench_unit(bench, scale->per));
		define_ticks(file, scale);
	}
	for (size_t i = 0; i < bench->work_count; i++) {
		size_t lines = lines_of(bench, bench->works[i]);

		if (bench->works[i]->per != scale->per || !lines)
			continue;
		if (column == 2) {
			y += most * LINE + 44;
			column = most = 0;
		}
		if (file)
			draw_panel(file, scale, bench->works[i], 4 + column * PANEL, y);
		most = lines > most ? lines : most;
		column++;
	}
	return y + most * LINE + 40;
}

/* Describes the chart in a sentence: the first subject beside a memfd. */
static void find_headline(const struct bench *bench, char *text, size_t size)
{
	const char *first = bench->subjects[0].name;
	const char *what = bench->instructions ? "fewer instructions" : "less time";
	const char *most = NULL;
	size_t count = 0, less = 0, length;
	double best = 2;

	for (size_t i = 0; i < bench->work_count; i++) {
		const char *work = bench->works[i]->name;
		const struct bench_figure *device = bench_find(bench, work, first, bench->size);
		const struct bench_figure *peer = bench_find(bench, work, "memfd", bench->size);

		if (bench->works[i]->per == PER_BUFFER || !device || !peer || *device->reason ||
		    *peer->reason || !strcmp(first, "memfd"))
			continue;
		count++;
		less += device->median < peer->median;
		if (peer->median > best * device->median) {
			best = peer->median / device->median;
			most = work;
		}
	}
	length = snprintf(text, size, "%s takes %s than memfd in %zu of %zu works", first, what,
			  less, count);
	if (!count)
		snprintf(text, size, "What mapping costs");
	else if (most)
		snprintf(text + length, size - length, ", and %.0f times %s in %s", best,
			 bench->instructions ? "fewer" : "less", most);
}

/* In as many lines as it takes; returns where the last one is. Without a file, nothing is drawn. */
static double draw_words(FILE *file, const char *text, double y)
{
	while (*text) {
		size_t length = strlen(text);

		if (length > LETTER)
			for (length = LETTER; length > 1 && text[length] != ' '; length--)
				;
		if (file)
			fprintf(file, "<text class='head' x='%d' y='%.0f'>%.*s</text>\n", MARGIN, y,
				(int)length, text);
		text += length + (text[length] == ' ');
		y += 19;
	}
	return y - 19;
}

bool bench_svg(const struct bench *bench, FILE *file)
{
	static const enum bench_per units[] = {PER_PAGE, PER_CALL};
	char headline[256], size[24];
	struct utsname system = {};
	double top, height;
	struct scale scale;

	uname(&system);
	find_headline(bench, headline, sizeof(headline));
	top = height = draw_words(NULL, headline, 26) + 42;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (find_scale(bench, units[i], &scale))
			height = draw_unit(NULL, &scale, height);
	fprintf(file,
		"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %.0f' width='%d' "
		"height='%.0f' role='img' aria-labelledby='t d'>\n"
		"<!-- SPDX-License-Identifier: GPL-2.0-only -->\n<title id='t'>%s</title>\n"
		"<desc id='d'>%s %s, %s mapped. Each panel is a work, each line in it a subject: a "
		"mark "
		"on a log scale, and the number.</desc>\n"
		"<style>\n%s</style>\n<rect class='paper' width='100%%' height='100%%'/>\n",
		WIDTH, height, WIDTH, height, headline, system.sysname, system.release,
		number_bytes(bench->size, size), chart_css);
	fprintf(file, "<text x='%d' y='%.0f'>%s %s, %s mapped. Log scale: left is better.</text>\n",
		MARGIN, draw_words(file, headline, 26) + 18, system.sysname, system.release, size);
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (find_scale(bench, units[i], &scale))
			top = draw_unit(file, &scale, top);
	fputs("</svg>\n", file);
	return !ferror(file);
}
