// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not tracefs_iterate_raw_events(): that goes on for as long as records come
 * in, and loses some when it is stopped.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <kbuffer.h>

#include "reader.h"

/* One turn must end, however fast they come. */
#define PAGES_A_TURN 256

struct reader {
	struct tep_handle *tep;
	struct kbuffer *kbuffer;
	void *page;
	int count;
	struct tracefs_cpu *cpus[];
};

/* Not tracefs_local_events_system(): it reads /proc/kallsyms, of which we have no use. */
static bool load_events(struct tep_handle *tep, const char *system)
{
	char **names = tracefs_system_events(NULL, system);
	int length, failures = !names;

	for (char **name = names; name && *name; name++) {
		char *format = tracefs_event_file_read(NULL, system, *name, "format", &length);

		if (!format || tep_parse_event(tep, format, length, system))
			failures++;
		free(format);
	}
	tracefs_list_free(names);
	return !failures;
}

static struct tep_handle *make_tep(const char *system)
{
	struct tep_handle *tep = tep_alloc();
	int length;
	char *page = tracefs_instance_file_read(NULL, "events/header_page", &length);

	if (tep && page && !tep_parse_header_page(tep, page, length, sizeof(long)) &&
	    load_events(tep, system)) {
		tep_set_file_bigendian(tep, __BYTE_ORDER == __BIG_ENDIAN ? TEP_BIG_ENDIAN
									 : TEP_LITTLE_ENDIAN);
		tep_set_long_size(tep, sizeof(long));
	} else {
		tep_free(tep);
		tep = NULL;
	}
	free(page);
	return tep;
}

struct reader *reader_open(struct tracefs_instance *instance, const char *system)
{
	int count = sysconf(_SC_NPROCESSORS_CONF);
	struct reader *reader = calloc(1, sizeof(*reader) + count * sizeof(*reader->cpus));

	if (!reader)
		return NULL;
	reader->tep = make_tep(system);
	reader->kbuffer = kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST);
	if (reader->tep)
		reader->page = malloc(tep_get_sub_buffer_size(reader->tep));
	for (; reader->page && reader->count < count; reader->count++) {
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
	tep_free(reader->tep);
	kbuffer_free(reader->kbuffer);
	free(reader->page);
	free(reader);
}

/* Returns the time of the last record. */
static uint64_t take_page(struct reader *reader, reader_take *take, void *context)
{
	struct tep_record record = {};
	struct tep_event *event;
	uint64_t last = 0;

	kbuffer_load_subbuffer(reader->kbuffer, reader->page);
	while ((record.data = kbuffer_read_event(reader->kbuffer, &record.ts))) {
		record.size = kbuffer_event_size(reader->kbuffer);
		record.missed_events = kbuffer_missed_events(reader->kbuffer);
		event = tep_find_event_by_record(reader->tep, &record);
		if (event)
			take(context, event, &record);
		last = record.ts;
		kbuffer_next_event(reader->kbuffer, NULL);
	}
	return last;
}

uint64_t reader_read(struct reader *reader, reader_take *take, void *context)
{
	uint64_t complete = UINT64_MAX;

	for (int cpu = 0; cpu < reader->count; cpu++) {
		uint64_t last = 0;
		int pages = 0;

		while (pages < PAGES_A_TURN &&
		       tracefs_cpu_read(reader->cpus[cpu], reader->page, true) > 0) {
			last = take_page(reader, take, context);
			pages++;
		}
		if (pages == PAGES_A_TURN && last < complete)
			complete = last;
	}
	return complete;
}
