// SPDX-License-Identifier: GPL-2.0-only
/*
 * The picture as a complete SVG. A letter and the kind of border repeat what colour shows, for
 * paper and for readers who see no colour.
 */
#include <string.h>

#include "common/canvas.h"
#include "common/html.h"
#include "common/utf8.h"
#include "draw.h"
#include "layout.h"

#define LINE	  20
#define MARGIN	  10
#define SIDE	  276
#define GAP	  64
#define MIDDLE	  210
#define LETTER	  7.3 /* the widest that a character of 12px monospace is */
#define MOST_RUNS 24

/* As much as there is room for. */
static void put_text(FILE *file, double x, double y, int room, const char *class, const char *text)
{
	char cut[160];
	int most = room / LETTER;

	snprintf(cut, sizeof(cut), "%s", text);
	if (text_columns(cut) > most) {
		char *end = cut;

		for (int i = 0; i < most - 1; i++)
			end += utf8_length(end);
		strcpy(end, "…");
	}
	fprintf(file, "<text class='%s' x='%.1f' y='%.1f'>", class, x, y);
	html_text(file, cut);
	fputs("</text>\n", file);
}

static const char *class_of(const struct map_row *row, char class[32])
{
	static const char *const looks[] = {
		[LOOK_NONE] = "none",	 [LOOK_ABSENT] = "absent", [LOOK_PAGE] = "page",
		[LOOK_READ_ONLY] = "ro", [LOOK_COPY] = "copy",	   [LOOK_POISONED] = "bad",
	};

	snprintf(class, 32, "%s c%d", looks[row->look],
		 row->colour ? row->colour - STYLE_COLOUR : 9);
	return class;
}

/* A run of pages, or frames: a box with a letter. */
static void put_box(FILE *file, double x, double y, int width, const struct map_row *row)
{
	char class[32];

	fprintf(file, "<g><title>");
	html_text(file, row->title ? row->title : row->text);
	fprintf(file,
		"</title><rect class='box %s' x='%.1f' y='%.1f' width='%d' height='%d' rx='3'/>\n",
		class_of(row, class), x, y + 2, width, LINE - 3);
	if (*row->tag)
		put_text(file, x + 6, y + 15, 24, "b", row->tag);
	put_text(file, x + 26, y + 15, width - 30,
		 row->look == LOOK_POISONED ? "bad"
		 : row->look == LOOK_ABSENT ? "dim"
					    : "",
		 row->text);
	fputs("</g>\n", file);
}

static void put_row(FILE *file, double x, double y, int width, const struct map_row *row)
{
	if (row->kind == ROW_BLANK)
		return;
	if (row->kind == ROW_RUN || row->kind == ROW_FRAME) {
		int indent = row->kind == ROW_RUN ? 8 : 0;

		put_box(file, x + indent, y, width - 2 * indent, row);
		return;
	}
	if (row->title)
		fprintf(file, "<g><title>");
	if (row->title)
		html_text(file, row->title);
	if (row->title)
		fprintf(file, "</title>\n");
	if (row->kind == ROW_PROCESS || row->kind == ROW_HEAD)
		put_text(file, x, y + 15, width, "b", row->text);
	else if (row->kind == ROW_VMA)
		put_text(file, x + 8, y + 15, width - 8, "", row->text);
	else if (row->kind == ROW_CONTENT)
		put_text(file, x + 26, y + 15, width - 26, "", row->text);
	else
		put_text(file, x + 8, y + 15, width - 8, "dim", row->text);
	if (row->title)
		fputs("</g>\n", file);
}

/* The border of a VMA: from its first row to before what is no part of it. */
static void put_borders(FILE *file, double x, double top, const struct map_column *side)
{
	for (size_t i = 0; i < side->count; i++) {
		size_t end = i + 1;

		if (side->rows[i].kind != ROW_VMA)
			continue;
		while (end < side->count && side->rows[end].kind != ROW_VMA &&
		       (side->rows[end].kind == ROW_RUN || side->rows[end].kind == ROW_DETAIL))
			end++;
		fprintf(file,
			"<rect class='vma' x='%.1f' y='%.1f' width='%d' height='%zu' rx='4'/>\n", x,
			top + i * LINE + 1, SIDE, (end - i) * LINE);
	}
}

static void put_wires(FILE *file, double x, double to, double top, const struct map_column *side)
{
	for (size_t i = 0; i < side->count; i++) {
		struct map_row wire = side->rows[i], *row = &wire;
		double y = top + i * LINE + LINE / 2.0 + 1;
		double end = top + row->node * LINE + LINE / 2.0 + 1;
		char class[32];

		if (row->node < 0)
			continue;
		if (row->look == LOOK_READ_ONLY)
			row->look = LOOK_PAGE;
		fprintf(file,
			"<path class='wire %s' d='M%.1f,%.1fC%.1f,%.1f %.1f,%.1f %.1f,%.1f'/>\n",
			class_of(row, class), x, y, (x + to) / 2, y, (x + to) / 2, end, to, end);
	}
}

static void put_column(FILE *file, double x, double top, int width, const struct map_column *column)
{
	for (size_t i = 0; i < column->count; i++)
		put_row(file, x, top + i * LINE, width, &column->rows[i]);
}

static void put_legend(FILE *file, double x, double y)
{
	static const struct map_row looks[] = {
		{.kind = ROW_FRAME, .look = LOOK_PAGE, .text = "page"},
		{.kind = ROW_FRAME, .look = LOOK_READ_ONLY, .text = "read-only"},
		{.kind = ROW_FRAME, .look = LOOK_COPY, .text = "copy, anon"},
		{.kind = ROW_FRAME, .look = LOOK_POISONED, .text = "poisoned"},
		{.kind = ROW_FRAME, .look = LOOK_ABSENT, .text = "absent"},
	};

	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++)
		put_row(file, x + i * 112, y, 106, &looks[i]);
}

static void put_picture(FILE *file, const struct map_layout *layout, double top)
{
	double middle = MARGIN + SIDE + GAP, right = middle + MIDDLE + GAP;

	put_wires(file, MARGIN + SIDE - 8, middle, top, &layout->side[0]);
	put_borders(file, MARGIN, top, &layout->side[0]);
	put_column(file, MARGIN, top, SIDE, &layout->side[0]);
	put_column(file, middle, top, MIDDLE, &layout->middle);
	if (layout->sides < 2)
		return;
	put_wires(file, right + 8, middle + MIDDLE, top, &layout->side[1]);
	put_borders(file, right, top, &layout->side[1]);
	put_column(file, right, top, SIDE, &layout->side[1]);
}

void map_svg_element(const struct map_picture *picture, FILE *file, bool details, bool alone)
{
	const struct map_form form = {.sides = 2, .details = details, .runs = MOST_RUNS};
	struct map_layout *layout = map_layout(picture, &form);
	int width = 2 * MARGIN + SIDE + GAP + MIDDLE + (layout->sides == 2 ? GAP + SIDE : 0);
	size_t rows = layout->middle.count;
	size_t height;

	for (int i = 0; i < layout->sides; i++)
		if (layout->side[i].count > rows)
			rows = layout->side[i].count;
	height = 2 * MARGIN + rows * LINE + (alone ? 2 * LINE : 0);
	fprintf(file,
		"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %zu' width='%d' "
		"height='%zu' role='img'>\n",
		width, height, width, height);
	if (alone)
		fprintf(file,
			"<!-- SPDX-License-Identifier: GPL-2.0-only -->\n<style>\n%s</style>\n"
			"<rect class='paper' width='100%%' height='100%%'/>\n",
			picture_css);
	put_picture(file, layout, MARGIN);
	if (alone)
		put_legend(file, MARGIN, height - MARGIN - LINE);
	fputs("</svg>\n", file);
	map_layout_free(layout);
}

bool map_svg(const struct map_picture *picture, FILE *file)
{
	map_svg_element(picture, file, true, true);
	return !ferror(file);
}
