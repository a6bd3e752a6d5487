// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not tracefs_iterate_raw_events(): that goes on for as long as records come
 * in, and loses some when it is stopped.
 */
#include <stdlib.h>
#include <unistd.h>
#include <kbuffer.h>

#include "reader.h"

/* One turn must end, however fast they come. */
#define PAGES_A_TURN 256

struct reader {
	struct kbuffer *kbuffer;
	void *page;
	int count;
	struct tracefs_cpu *cpus[];
};

struct reader *reader_open(struct tracefs_instance *instance, struct tep_handle *tep)
{
	int count = sysconf(_SC_NPROCESSORS_CONF);
	struct reader *reader = calloc(1, sizeof(*reader) + count * sizeof(*reader->cpus));

	if (!reader)
		return NULL;
	reader->kbuffer = kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST);
	reader->page = malloc(tep_get_sub_buffer_size(tep));
	for (; reader->count < count; reader->count++) {
		reader->cpus[reader->count] = tracefs_cpu_open(instance, reader->count, true);
		if (!reader->cpus[reader->count])
			break;
	}
	if (reader->kbuffer && reader->page && reader->count == count)
		return reader;
	reader_close(reader);
	return NULL;
}

void reader_close(struct reader *reader)
{
	while (reader->count--)
		tracefs_cpu_close(reader->cpus[reader->count]);
	kbuffer_free(reader->kbuffer);
	free(reader->page);
	free(reader);
}

/* Returns the time of the last record. */
static uint64_t take_page(struct reader *reader, int cpu, void (*take)(void *, struct tep_record *),
			  void *context)
{
	struct tep_record record = {.cpu = cpu};
	uint64_t last = 0;

	kbuffer_load_subbuffer(reader->kbuffer, reader->page);
	while ((record.data = kbuffer_read_event(reader->kbuffer, &record.ts))) {
		record.size = kbuffer_event_size(reader->kbuffer);
		record.missed_events = kbuffer_missed_events(reader->kbuffer);
		take(context, &record);
		last = record.ts;
		kbuffer_next_event(reader->kbuffer, NULL);
	}
	return last;
}

uint64_t reader_read(struct reader *reader, void (*take)(void *, struct tep_record *),
		     void *context)
{
	uint64_t complete = UINT64_MAX;

	for (int cpu = 0; cpu < reader->count; cpu++) {
		uint64_t last = 0;
		int pages = 0;

		while (pages < PAGES_A_TURN &&
		       tracefs_cpu_read(reader->cpus[cpu], reader->page, true) > 0) {
			last = take_page(reader, cpu, take, context);
			pages++;
		}
		if (pages == PAGES_A_TURN && last < complete)
			complete = last;
	}
	return complete;
}
