/* SPDX-License-Identifier: GPL-2.0-only */
/* The picture from /proc. */
#ifndef MAP_READ_H
#define MAP_READ_H

#include "model.h"
#include "want.h"

/* Returns false with the reason: the process has gone, or belongs to another user. */
bool map_read(int pid, const struct map_want *want, const struct map_picture *picture,
	      struct map_process *process, char reason[256]);
void map_page_sizes(struct map_picture *picture);

#endif
