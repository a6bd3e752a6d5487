/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of read.c that reads pages. */
#ifndef MAP_PAGES_H
#define MAP_PAGES_H

#include "model.h"
#include "want.h"

/* KiB of a VMA that are mapped by huge entries, from smaps. */
struct map_huge {
	size_t file, shmem, anonymous;
};

/* Of all its VMAs; `huge` has one for each. */
bool map_read_pages(const struct map_want *want, const struct map_picture *picture,
		    struct map_process *process, const struct map_huge *huge, char reason[256]);

#endif
