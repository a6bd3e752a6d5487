// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "lines.h"

/* More lines would be unreadable. */
#define MOST_ROWS 400

struct edge {
	int begin, end;	      /* rows, at the first and at the last column */
	int node, style, row; /* the side's */
};

/* Which node's line has a place, across and up or down; -1: none. */
struct ways {
	int height, width;
	int (*taken)[2];
};

static int *taken(const struct ways *ways, int row, int column, bool down)
{
	return &ways->taken[row * ways->width + column][down];
}

static bool is_free(const struct ways *ways, int row, int column, bool down, int node)
{
	int by = *taken(ways, row, column, down);

	return by < 0 || by == node;
}

static bool is_way(const struct ways *ways, const struct edge *edge, int turn)
{
	int low = edge->begin < edge->end ? edge->begin : edge->end;
	int high = edge->begin + edge->end - low;

	for (int column = 0; column < ways->width; column++)
		if (!is_free(ways, column <= turn ? edge->begin : edge->end, column, false,
			     edge->node))
			return false;
	if (low == high)
		return true;
	for (int row = low; row <= high; row++)
		if (!is_free(ways, row, turn, true, edge->node))
			return false;
	/* A crossing at a line's turn would look like a join. */
	return is_free(ways, edge->begin, turn, true, edge->node) &&
	       is_free(ways, edge->end, turn, true, edge->node) &&
	       is_free(ways, edge->begin, turn, false, edge->node) &&
	       is_free(ways, edge->end, turn, false, edge->node);
}

static void take(const struct ways *ways, const struct edge *edge, int turn)
{
	int low = edge->begin < edge->end ? edge->begin : edge->end;
	int high = edge->begin + edge->end - low;

	for (int column = 0; column <= turn; column++)
		*taken(ways, edge->begin, column, false) = edge->node;
	for (int column = turn; column < ways->width; column++)
		*taken(ways, edge->end, column, false) = edge->node;
	for (int row = low; row <= high && low != high; row++)
		*taken(ways, row, turn, true) = edge->node;
}

static void draw(struct canvas *canvas, const struct edge *edge, int from, int to, int turn)
{
	int down = edge->end > edge->begin ? LINE_DOWN : LINE_UP;
	int up = LINE_DOWN + LINE_UP - down, step = edge->end > edge->begin ? 1 : -1;

	for (int column = from; column < from + turn; column++)
		canvas_line(canvas, edge->begin, column, LINE_LEFT | LINE_RIGHT, edge->style);
	for (int column = from + turn + 1; column <= to; column++)
		canvas_line(canvas, edge->end, column, LINE_LEFT | LINE_RIGHT, edge->style);
	if (edge->begin == edge->end) {
		canvas_line(canvas, edge->begin, from + turn, LINE_LEFT | LINE_RIGHT, edge->style);
		return;
	}
	canvas_line(canvas, edge->begin, from + turn, LINE_LEFT | down, edge->style);
	for (int row = edge->begin + step; row != edge->end; row += step)
		canvas_line(canvas, row, from + turn, LINE_UP | LINE_DOWN, edge->style);
	canvas_line(canvas, edge->end, from + turn, LINE_RIGHT | up, edge->style);
}

/* The shortest first: they have the least choice. */
static int compare(const void *left, const void *right)
{
	const struct edge *a = left, *b = right;
	int first = abs(a->begin - a->end), second = abs(b->begin - b->end);

	return first != second ? first - second : a->begin - b->begin;
}

static size_t find_edges(const struct map_column *side, bool mirrored, struct edge *edges,
			 int *height)
{
	size_t count = 0;

	for (size_t i = 0; i < side->count && i < MOST_ROWS; i++) {
		const struct map_row *row = &side->rows[i];

		if (row->node < 0 || row->node >= MOST_ROWS)
			continue;
		edges[count++] = (struct edge){
			.begin = mirrored ? row->node : (int)i,
			.end = mirrored ? (int)i : row->node,
			.node = row->node,
			.style = row->colour,
			.row = i,
		};
		if ((int)i >= *height)
			*height = i + 1;
		if (row->node >= *height)
			*height = row->node + 1;
	}
	qsort(edges, count, sizeof(*edges), compare);
	return count;
}

void map_lines(struct canvas *canvas, struct map_column *side, struct map_column *middle, int from,
	       int to, bool mirrored)
{
	struct edge *edges = new_array(side->count, sizeof(*edges));
	struct ways ways = {.width = to - from + 1};
	size_t count, places;

	count = find_edges(side, mirrored, edges, &ways.height);
	places = (size_t)ways.height * ways.width;
	ways.taken = new_array(places, sizeof(*ways.taken));
	memset(ways.taken, -1, places * sizeof(*ways.taken));
	for (size_t i = 0; i < count; i++) {
		for (int turn = 0; turn < ways.width; turn++) {
			if (!is_way(&ways, &edges[i], turn))
				continue;
			take(&ways, &edges[i], turn);
			draw(canvas, &edges[i], from, to, turn);
			side->rows[edges[i].row].joined = true;
			middle->rows[edges[i].node].joined = true;
			break;
		}
	}
	free(ways.taken);
	free(edges);
}
