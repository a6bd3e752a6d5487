/* SPDX-License-Identifier: GPL-2.0-only */
/* The records in a trace instance's buffers. */
#ifndef READER_H
#define READER_H

#include <tracefs.h>

struct reader;

/* Knows the events of one system. NULL, and errno, where it cannot be read. */
struct reader *reader_open(struct tracefs_instance *instance, const char *system);
void reader_close(struct reader *reader);

typedef void reader_take(void *context, struct tep_event *event, struct tep_record *record);

/* Hands on the records of all CPUs that were made before this call, ordered by time. */
void reader_read(struct reader *reader, reader_take *take, void *context);

#endif
