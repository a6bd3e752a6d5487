/* SPDX-License-Identifier: GPL-2.0-only */
/* The records in a trace instance's buffers. */
#ifndef READER_H
#define READER_H

#include <stdint.h>
#include <tracefs.h>

/* NULL, and errno, where it cannot be read. */
struct reader *reader_open(struct tracefs_instance *instance, struct tep_handle *tep);
void reader_close(struct reader *reader);

/*
 * Hands on what is there, CPU by CPU, each in order. Returns the time before
 * which all has been handed on that was recorded when this was called.
 */
uint64_t reader_read(struct reader *reader, void (*take)(void *, struct tep_record *),
		     void *context);

#endif
