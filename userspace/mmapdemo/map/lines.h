/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MAP_LINES_H
#define MAP_LINES_H

#include "common/canvas.h"
#include "layout.h"

/*
 * Joins a side's rows to the frames in the middle, within these columns. Where
 * there is no way that does not run over another's, there is no line: the
 * letter says what it would; where there is one, both rows say so. `mirrored`: the side is on the
 * right.
 */
void map_lines(struct canvas *canvas, struct map_column *side, struct map_column *middle, int from,
	       int to, bool mirrored);

#endif
