/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmapdemo map: the layout for all ways to draw. It has up to two columns of address spaces, and
 * the frames between or beside them, joined by lines.
 */
#ifndef MAP_LAYOUT_H
#define MAP_LAYOUT_H

#include "model.h"

enum map_row_kind {
	ROW_BLANK,
	ROW_PROCESS, /* its name */
	ROW_VMA,     /* its range */
	ROW_DETAIL,  /* more of it: file, flags */
	ROW_RUN,     /* pages of it */
	ROW_HEAD,    /* of frames that belong together */
	ROW_FRAME,
	ROW_CONTENT, /* of a frame */
	ROW_NOTE,
};

/* How pages look. */
enum map_look { LOOK_NONE, LOOK_ABSENT, LOOK_PAGE, LOOK_READ_ONLY, LOOK_COPY, LOOK_POISONED };

struct map_row {
	enum map_row_kind kind;
	enum map_look look;
	int node;      /* the frames it is about, by their row in the middle; -1: none */
	int colour;    /* of these */
	bool joined;   /* by a line that was drawn */
	char tag[4];   /* of these: the same letter on both sides */
	char text[96]; /* cut where there is no room, after a whole character */
	char *title;   /* the whole of it, where there is room for that; or NULL */
};

struct map_column {
	struct map_row *rows;
	size_t count;
};

struct map_layout {
	int sides;
	struct map_column side[2], middle;
	size_t nodes;
};

struct map_form {
	int sides;    /* 2: the first process on one side, the others on the other */
	bool details; /* the rows of files and flags */
	size_t runs;  /* the most that a VMA is shown by */
};

struct map_layout *map_layout(const struct map_picture *picture, const struct map_form *form);
void map_layout_free(struct map_layout *layout);

#endif
