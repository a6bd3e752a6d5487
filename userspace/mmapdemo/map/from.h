/* SPDX-License-Identifier: GPL-2.0-only */
/* The picture from JSON. */
#ifndef MAP_FROM_H
#define MAP_FROM_H

#include <json-c/json.h>

#include "model.h"

/* Reads the output of map_json(). False with the reason. */
bool map_from_json(struct json_object *object, struct map_picture *picture, char reason[256]);

#endif
