/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of read.c that reads pages. */
#ifndef MAP_PAGES_H
#define MAP_PAGES_H

#include "model.h"
#include "want.h"

/* Reads the pages of all VMAs of the process. */
bool map_read_pages(const struct map_want *want, const struct map_picture *picture,
		    struct map_process *process, char reason[256]);

#endif
