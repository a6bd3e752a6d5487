// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures as a chart that stands alone: a line for each work, a mark for each
 * subject, log scale. Shapes differ too, for paper and for eyes that see no colour.
 */
#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/number.h"
#include "size.h"
#include "view.h"

#define WIDTH  860
#define LEFT   104 /* where the axis begins, and the names of works end */
#define RIGHT  770 /* where it ends; the first subject's figures are beyond */
#define LINE   21
#define LEGEND 5 /* subjects in one line of it */

/* Around 0,0. */
static const char *const shapes[] = {
	"M-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0z",
	"M-4.5,-4.5h9v9h-9z",
	"M0,-6L6,0L0,6L-6,0z",
	"M0,-6L5.5,4.5H-5.5z",
	"M0,6L5.5,-4.5H-5.5z",
	"M-5,-5L5,5M5,-5L-5,5",
	"M0,-6V6M-6,0H6",
	"M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
	"M-2.5,-6h5v12h-5z",
};

/* chart.css */
extern const char chart_css[];

/* Of one unit: the decades that its figures lie in. */
struct panel {
	const struct bench *bench;
	enum bench_per per;
	int low, high;
	size_t lines;
};

static const struct bench_figure *figure_of(const struct bench *bench, size_t work, size_t subject)
{
	const struct bench_figure *figure = bench_find(bench, bench->works[work]->name,
						       bench->subjects[subject].name, bench->size);

	/* A logarithm of 0 is nowhere. */
	return figure && !*figure->reason && figure->median > 0 ? figure : NULL;
}

static struct panel panel_of(const struct bench *bench, enum bench_per per)
{
	struct panel panel = {bench, per, 99, -99, 0};

	for (size_t i = 0; i < bench->work_count; i++) {
		if (bench->works[i]->per != per)
			continue;
		panel.lines++;
		for (size_t j = 0; j < bench->subject_count; j++) {
			const struct bench_figure *figure = figure_of(bench, i, j);
			int decade = figure ? (int)floor(log10(figure->median)) : 0;

			if (figure && decade < panel.low)
				panel.low = decade;
			if (figure && decade >= panel.high)
				panel.high = decade + 1;
		}
	}
	if (panel.low > panel.high)
		panel.lines = 0;
	return panel;
}

static double place(const struct panel *panel, double value)
{
	return LEFT + (RIGHT - LEFT) * (log10(value) - panel->low) / (panel->high - panel->low);
}

static void mark(FILE *file, size_t subject, double x, double y)
{
	fprintf(file, "<path class='m c%zu' transform='translate(%.1f %.1f)' d='%s'/>\n",
		subject % ARRAY_LEN(shapes), x, y, shapes[subject % ARRAY_LEN(shapes)]);
}

static void draw_axis(FILE *file, const struct panel *panel, double top)
{
	double bottom = top + panel->lines * LINE;

	for (int decade = panel->low; decade <= panel->high; decade++) {
		double x = place(panel, pow(10, decade));

		for (int i = 2; i < 10 && decade < panel->high; i++) {
			double minor = place(panel, i * pow(10, decade));

			fprintf(file, "<path class='minor' d='M%.1f,%.1fV%.1f'/>\n", minor, top,
				bottom);
		}
		fprintf(file, "<path class='grid' d='M%.1f,%.1fV%.1f'/>\n", x, top, bottom + 4);
		fprintf(file, "<text class='mid' x='%.1f' y='%.1f'>%.*f</text>\n", x, bottom + 17,
			decade < 0 ? -decade : 0, pow(10, decade));
	}
}

static void draw_work(FILE *file, const struct panel *panel, size_t work, double y)
{
	const struct bench_figure *first = figure_of(panel->bench, work, 0);

	fprintf(file, "<path class='grid' d='M%d,%.1fH%d'/>\n", LEFT, y, RIGHT);
	fprintf(file, "<text class='end' x='%d' y='%.1f'>%s</text>\n", LEFT - 10, y + 4,
		panel->bench->works[work]->name);
	/* The first is filled: the others lie on it, and stay visible. */
	for (size_t i = 0; i < panel->bench->subject_count; i++) {
		const struct bench_figure *figure = figure_of(panel->bench, work, i);

		if (figure)
			mark(file, i, place(panel, figure->median), y);
	}
	if (first)
		fprintf(file, "<text class='end' x='%d' y='%.1f'>%.*f</text>\n", WIDTH - 12, y + 4,
			first->median < 100, first->median);
}

/* Returns where the next one begins. */
static double draw_panel(FILE *file, const struct panel *panel, double top)
{
	double y = top + 26 + LINE / 2.0;

	if (!panel->lines)
		return top;
	fprintf(file, "<text class='big' x='%d' y='%.1f'>%s</text>\n", LEFT, top + 14,
		bench_unit(panel->bench, panel->per));
	fprintf(file, "<text class='big end' x='%d' y='%.1f'>%s</text>\n", WIDTH - 12, top + 14,
		panel->bench->subjects[0].name);
	draw_axis(file, panel, top + 26);
	for (size_t i = 0; i < panel->bench->work_count; i++) {
		if (panel->bench->works[i]->per != panel->per)
			continue;
		draw_work(file, panel, i, y);
		y += LINE;
	}
	return y + 32;
}

static double draw_legend(FILE *file, const struct bench *bench, double top)
{
	size_t rows = (bench->subject_count + LEGEND - 1) / LEGEND;

	for (size_t i = 0; i < bench->subject_count; i++) {
		size_t column = i % LEGEND, row = i / LEGEND;
		double x = 24 + column * 165.0;
		double y = top + row * 20.0;

		mark(file, i, x, y);
		fprintf(file, "<text x='%.1f' y='%.1f'>%s</text>\n", x + 14, y + 4,
			bench->subjects[i].name);
	}
	return top + rows * 20.0 + 4;
}

bool bench_svg(const struct bench *bench, FILE *file)
{
	struct panel pages = panel_of(bench, PER_PAGE), calls = panel_of(bench, PER_CALL);
	size_t lines = pages.lines + calls.lines;
	size_t legend = (bench->subject_count + LEGEND - 1) / LEGEND;
	int height = 60 + legend * 20 + lines * LINE + 70 * (!!pages.lines + !!calls.lines);
	struct utsname system = {};
	char size[24];
	double y;

	uname(&system);
	fprintf(file,
		"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' "
		"height='%d'>\n<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
		"<style>\n%s</style>\n<rect class='paper' width='100%%' height='100%%'/>\n",
		WIDTH, height, WIDTH, height, chart_css);
	fprintf(file, "<text class='big' x='16' y='24'>%s %s, %s mapped: less is better</text>\n",
		system.sysname, system.release, number_bytes(bench->size, size));
	y = draw_legend(file, bench, 48);
	y = draw_panel(file, &pages, y);
	draw_panel(file, &calls, y);
	fputs("</svg>\n", file);
	return !ferror(file);
}
