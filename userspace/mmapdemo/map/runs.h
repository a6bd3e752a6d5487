/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of like pages, and words for what is shown of them. */
#ifndef MAP_RUNS_H
#define MAP_RUNS_H

#include "model.h"

/* Pages that are alike and follow each other, drawn as one. */
struct map_run {
	uint64_t first, count; /* pages of the VMA */
	uint32_t flags, entry;
	struct map_facts facts;
	uint64_t frame; /* of the first */
	bool scattered; /* the frames do not follow each other */
	bool mixed;	/* not alike: the rest of what had too many runs */
	uint64_t present;
};

/* To be freed. At most so many runs; 0: no limit, and each has consecutive frames. */
struct map_run *map_runs(const struct map_vma *vma, size_t most, size_t *count);
/* "2M dirty copy", or "entry ro dirty" where that is known, or "absent" */
void map_state(const struct map_picture *picture, const struct map_vma *vma,
	       const struct map_run *run, char text[96]);

#endif
