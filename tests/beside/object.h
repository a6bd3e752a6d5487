/* SPDX-License-Identifier: GPL-2.0-only */
/* The three objects, made anew for each operation. */
#ifndef OBJECT_H
#define OBJECT_H

#include "beside.h"

/*
 * A small object has 64 pages, of which the pages from 32 to 47 were never written. A huge one has
 * a huge page, all of which was written, and 16 pages more, of which the second half was not.
 */
#define SMALL_PAGES	 64
#define SMALL_HOLE	 32
#define SMALL_HOLE_END	 48
#define TAIL_PAGES	 16
#define OBJECT_PAGES_MAX ((size_t)512 + TAIL_PAGES)
/* A mapping and its end lie in so much address space that nobody else uses. */
#define PLACE_BYTES ((size_t)4 << 20)

/*
 * The memory of an object. A memfd has no folios between a page and a huge page here. The device
 * has such folios in SMALL, so that more of it is resident than of the memfd, and none in PAGES.
 */
enum memory { PAGES, SMALL, HUGE };

/* Sets up what all objects need, once. */
void object_init(const char *device);
void object_exit(void);
const unsigned char *object_pattern(void);
const char *kind_name(enum kind kind);
/* The device has no huge pages, on a machine or a module that makes none. */
bool object_has_huge(void);

/* Opens a fresh object into w->fd, w->path and w->pages; it exits if it cannot. */
void object_make(struct world *w, enum kind kind, enum memory memory);
/* Closes it and gives its memory back. */
void object_drop(struct world *w);
/* Size and holes by what the object has for them: ftruncate and fallocate, or commands. */
int object_resize(const struct world *w, size_t pages);
int object_punch(const struct world *w, off_t offset, off_t length);

#endif
