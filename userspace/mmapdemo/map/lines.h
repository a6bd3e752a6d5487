/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MAP_LINES_H
#define MAP_LINES_H

#include "common/canvas.h"
#include "layout.h"

/*
 * Joins a side's rows to the frames in the middle, within these columns. It draws no line if each
 * way runs over another line: the letter then joins the rows. If it draws one, it marks both rows.
 * `mirrored`: the side is on the right.
 */
void map_lines(struct canvas *canvas, struct map_column *side, struct map_column *middle, int from,
	       int to, bool mirrored);

#endif
