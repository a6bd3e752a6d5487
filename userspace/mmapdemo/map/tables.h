/* SPDX-License-Identifier: GPL-2.0-only */
/* mmapdemo map --tables: page-table entries, and facts about frames. */
#ifndef MAP_TABLES_H
#define MAP_TABLES_H

#include "model.h"

/* Returns the markers and the state of userfaultfd that an entry of /proc/PID/pagemap has. */
uint32_t map_entry_of(uint64_t pagemap);
/* False if the frame's facts cannot be seen. */
bool map_frame_facts(uint64_t frame, struct map_facts *facts);
/* Adds what the module and /proc/kpage* say to pages that pagemap has given. */
void map_tables_read(const struct map_picture *picture, struct map_process *process);

#endif
