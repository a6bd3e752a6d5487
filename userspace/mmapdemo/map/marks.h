/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks remember a series of pictures: a frame keeps its letter, and a page of a file that all
 * processes have copied stays visible.
 */
#ifndef MAP_MARKS_H
#define MAP_MARKS_H

#include "model.h"

struct map_marks {
	uint64_t *frames; /* of copies and anonymous memory, in the order of their letters */
	size_t frame_count;
	struct map_unmapped *pages; /* of files */
	size_t page_count;
};

/* Adds what a new picture of the series shows, and to the picture what it leaves out. */
void map_mark(struct map_picture *picture, struct map_marks *marks);
/* The number of the frame's letter; -1: it has none. */
int map_letter(const struct map_marks *marks, uint64_t frame);

#endif
