/* SPDX-License-Identifier: GPL-2.0-only */
/* The picture as JSON. */
#ifndef MAP_JSON_H
#define MAP_JSON_H

#include "common/json.h"
#include "model.h"

extern const struct word map_state_words[], map_entry_words[];

struct json_object *map_json(const struct map_picture *picture);

#endif
