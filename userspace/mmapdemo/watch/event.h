/* SPDX-License-Identifier: GPL-2.0-only */
/* A tracepoint of the module that was passed, in words. */
#ifndef HAPPENING_H
#define HAPPENING_H

#include <stdint.h>
#include <event-parse.h>
#include <json-c/json.h>

/* The device it happened to; NULL if it does not say. */
const char *happening_node(struct tep_event *event, struct tep_record *record);

/* Its other fields, as the rest of a line, to be freed, */
char *happening_text(struct tep_event *event, struct tep_record *record);
/* or added to an object. */
void happening_json(struct tep_event *event, struct tep_record *record, struct json_object *object);

#endif
