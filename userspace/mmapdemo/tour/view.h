/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways to show a tour. */
#ifndef TOUR_VIEW_H
#define TOUR_VIEW_H

#include <stdio.h>
#include <json-c/json.h>

#include "common/terminal.h"
#include "model.h"

void tour_text_begin(const struct tour *tour, const struct terminal *terminal);
/* `number` counts from 1 to `count`. */
void tour_text_chapter(const struct tour_chapter *chapter, size_t number, size_t count,
		       const struct terminal *terminal);
void tour_text_step(const struct tour_part *part, const struct tour_step *step,
		    const struct terminal *terminal);
void tour_text_part(const struct tour_part *part, const struct terminal *terminal);
void tour_text_end(const struct tour *tour, const struct terminal *terminal);

struct json_object *tour_json(const struct tour *tour);
/* Returns whether it was written. */
bool tour_html(const struct tour *tour, FILE *file);

#endif
