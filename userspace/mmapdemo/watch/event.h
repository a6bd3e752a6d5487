/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of one of the module's tracepoints, in words. */
#ifndef EVENT_H
#define EVENT_H

#include <event-parse.h>
#include <json-c/json.h>

/* The name of the device that the record is about; NULL if it has none. */
const char *event_node(struct tep_event *event, struct tep_record *record);

/* The other fields, as the rest of a line, which the caller frees, */
char *event_text(struct tep_event *event, struct tep_record *record);
/* or added to an object. */
void event_json(struct tep_event *event, struct tep_record *record, struct json_object *object);

#endif
