/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TOUR_STAGE_H
#define TOUR_STAGE_H

#include "model.h"

/* Runs a chapter. `seen` is called after each step; false ends the tour. */
typedef bool tour_seen(const struct tour *tour, const struct tour_part *part,
		       const struct tour_step *step, void *context);
bool tour_run(struct tour *tour, const struct tour_chapter *chapter, tour_seen *seen,
	      void *context);

#endif
