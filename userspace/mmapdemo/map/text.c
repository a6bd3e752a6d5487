// SPDX-License-Identifier: GPL-2.0-only
/* The picture in characters. lines.c draws the lines between its columns. */
#include <stdlib.h>
#include <string.h>

#include "common/canvas.h"
#include "draw.h"
#include "layout.h"
#include "lines.h"

#define TWO_SIDES 78 /* columns that it takes to have two of them */
#define MOST_RUNS 16

static const char *const looks[] = {
	[LOOK_NONE] = " ",	[LOOK_ABSENT] = "·", [LOOK_PAGE] = "█",
	[LOOK_READ_ONLY] = "▓", [LOOK_COPY] = "▒",   [LOOK_POISONED] = "╳",
};

/* Where the columns are. */
struct places {
	int side, gap, middle; /* how wide */
	int sides;
};

static struct places find_places(int width, int sides, bool details)
{
	struct places places = {.sides = sides};

	if (sides == 2) {
		places.gap = 5;
		places.middle = width > 100 ? 28 : 20;
		places.side = (width - places.middle - 2 * places.gap) / 2;
	} else {
		places.gap = width < 60 ? 4 : 6;
		places.side = (width - places.gap) * 6 / 10;
		places.middle = width - places.gap - places.side;
	}
	if (places.side > (details ? 48 : 36))
		places.side = details ? 48 : 36;
	return places;
}

static int style_of(const struct map_row *row)
{
	if (row->look == LOOK_POISONED)
		return STYLE_BAD;
	if (row->look == LOOK_ABSENT)
		return STYLE_DIM;
	if (row->colour)
		return row->colour;
	if (row->kind == ROW_PROCESS || row->kind == ROW_HEAD)
		return STYLE_BOLD;
	return row->kind == ROW_DETAIL || row->kind == ROW_NOTE ? STYLE_DIM : STYLE_PLAIN;
}

/* Returns the column behind it. */
static int draw_row(struct canvas *canvas, int at, int column, int room, const struct map_row *row)
{
	char text[128];

	if (row->kind == ROW_RUN || row->kind == ROW_FRAME)
		snprintf(text, sizeof(text), "%-2s%s %s", row->tag, looks[row->look], row->text);
	else if (row->kind == ROW_CONTENT)
		snprintf(text, sizeof(text), "    %s", row->text);
	else if (row->kind == ROW_DETAIL || row->kind == ROW_NOTE)
		snprintf(text, sizeof(text), "  %s", row->text);
	else
		snprintf(text, sizeof(text), "%s", row->text);
	canvas_text(canvas, at, column, room, style_of(row), text);
	return column + (text_columns(text) < room ? text_columns(text) : room);
}

static void draw_column(struct canvas *canvas, const struct map_column *rows, int column, int room)
{
	for (size_t i = 0; i < rows->count; i++)
		draw_row(canvas, i, column, room, &rows->rows[i]);
}

/* A line begins right behind the text. */
static void draw_leads(struct canvas *canvas, struct map_column *rows, int from, int to)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct map_row *row = &rows->rows[i];
		int end;

		if (!row->joined)
			continue;
		row->joined = false;
		end = draw_row(canvas, i, from, to - from - 1, row);
		for (int column = end + 1; column < to; column++)
			canvas_line(canvas, i, column, LINE_LEFT | LINE_RIGHT, row->colour);
	}
}

static void unjoin(struct map_column *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		rows->rows[i].joined = false;
}

void map_text(const struct map_picture *picture, const struct terminal *terminal, int indent,
	      bool details)
{
	int width = terminal->width - indent;
	const struct map_form form = {
		.sides = width >= TWO_SIDES ? 2 : 1,
		.details = details,
		.runs = MOST_RUNS,
	};
	struct map_layout *layout = map_layout(picture, &form);
	struct places places = find_places(width, layout->sides, details);
	int middle = places.side + places.gap, right = middle + places.middle + places.gap;
	size_t height = layout->middle.count;
	struct canvas *canvas;

	for (int i = 0; i < 2; i++)
		if (layout->side[i].count > height)
			height = layout->side[i].count;
	canvas = canvas_new(width, height);
	draw_column(canvas, &layout->side[0], 0, places.side - 1);
	draw_column(canvas, &layout->middle, middle, places.middle - (layout->sides == 2));
	map_lines(canvas, &layout->side[0], &layout->middle, places.side, middle - 2, false);
	draw_leads(canvas, &layout->side[0], 0, places.side);
	if (layout->sides == 2) {
		unjoin(&layout->middle);
		draw_column(canvas, &layout->side[1], right, width - right);
		map_lines(canvas, &layout->side[1], &layout->middle, middle + places.middle,
			  right - 2, true);
		draw_leads(canvas, &layout->middle, middle, middle + places.middle);
	}
	canvas_print(canvas, terminal, indent);
	canvas_free(canvas);
	map_layout_free(layout);
}

void map_text_legend(const struct terminal *terminal, bool tables)
{
	static const char *const words[] = {
		"█ page",
		"▓ read-only",
		"▒ private copy, or anonymous",
		"╳ poisoned",
		"· absent",
		"A, B, ...: one letter, the same frames",
		"entry rw, ro: allows, refuses stores",
		"×2: two entries map the frame",
	};
	size_t count = sizeof(words) / sizeof(*words) - (tables ? 0 : 2);
	int at = 0;

	for (size_t i = 0; i < count; i++) {
		int columns = text_columns(words[i]);

		if (at && at + 3 + columns > terminal->width) {
			putchar('\n');
			at = 0;
		}
		printf("%s", at ? "   " : "");
		style_print(terminal, STYLE_DIM, words[i]);
		at += columns + (at ? 3 : 0);
	}
	putchar('\n');
}
