// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merges the buffers of the CPUs by time. tracefs_iterate_raw_events() merges
 * them too, but it does not look again at a CPU that had no record, so that the
 * next call may return records that are older than those of the last. It also
 * returns only when every CPU has run dry, which writers can put off for ever,
 * and loses the pages that it has read if its callback stops it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <kbuffer.h>

#include "common/clock.h"
#include "reader.h"

struct cpu {
	struct tracefs_cpu *file;
	struct kbuffer *kbuffer; /* what is left of the page */
	void *page;
	bool empty; /* found so by this call of reader_read() */
};

struct reader {
	struct tep_handle *tep;
	int count;
	struct cpu cpus[];
};

/*
 * tracefs_local_events_system() would load /proc/kallsyms as well: that takes
 * more than a second, and no event of the module prints a symbol.
 */
static struct tep_handle *load_events(const char *system)
{
	struct tep_handle *tep = tep_alloc();
	char **names = tracefs_system_events(NULL, system);
	bool failed = !tep || !names;
	int length;

	tep_set_file_bigendian(tep, tep_is_local_bigendian(tep));
	tep_set_long_size(tep, sizeof(long));
	for (char **name = names; !failed && *name; name++) {
		char *format = tracefs_event_file_read(NULL, system, *name, "format", &length);

		failed = !format || tep_parse_event(tep, format, length, system);
		free(format);
	}
	tracefs_list_free(names);
	if (!failed)
		return tep;
	tep_free(tep);
	return NULL;
}

static bool open_cpu(struct cpu *cpu, struct tracefs_instance *instance, int number)
{
	cpu->file = tracefs_cpu_open(instance, number, true);
	if (!cpu->file)
		return false;
	cpu->kbuffer = kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST);
	cpu->page = malloc(tracefs_cpu_read_size(cpu->file));
	return cpu->kbuffer && cpu->page;
}

struct reader *reader_open(struct tracefs_instance *instance, const char *system)
{
	int count = sysconf(_SC_NPROCESSORS_CONF);
	struct reader *reader = calloc(1, sizeof(*reader) + count * sizeof(*reader->cpus));

	if (!reader)
		return NULL;
	reader->tep = load_events(system);
	while (reader->tep && reader->count < count) {
		int cpu = reader->count++;

		if (!open_cpu(&reader->cpus[cpu], instance, cpu))
			break;
		if (reader->count == count)
			return reader;
	}
	reader_close(reader);
	return NULL;
}

void reader_close(struct reader *reader)
{
	while (reader->count--) {
		struct cpu *cpu = &reader->cpus[reader->count];

		tracefs_cpu_close(cpu->file);
		kbuffer_free(cpu->kbuffer);
		free(cpu->page);
	}
	tep_free(reader->tep);
	free(reader);
}

/* A CPU without a record is read once, because its later records are later than this call. */
static bool has_record(struct cpu *cpu, unsigned long long *time)
{
	while (!cpu->empty && !kbuffer_read_event(cpu->kbuffer, time)) {
		cpu->empty = tracefs_cpu_read(cpu->file, cpu->page, true) <= 0;
		if (!cpu->empty)
			kbuffer_load_subbuffer(cpu->kbuffer, cpu->page);
	}
	return !cpu->empty;
}

static struct cpu *find_oldest(struct reader *reader, unsigned long long until)
{
	struct cpu *oldest = NULL;
	unsigned long long time;

	for (struct cpu *cpu = reader->cpus; cpu < reader->cpus + reader->count; cpu++) {
		if (!has_record(cpu, &time) || time > until)
			continue;
		oldest = cpu;
		until = time;
	}
	return oldest;
}

void reader_read(struct reader *reader, reader_take *take, void *context)
{
	uint64_t now = clock_now();
	struct cpu *cpu;

	for (int i = 0; i < reader->count; i++)
		reader->cpus[i].empty = false;
	while ((cpu = find_oldest(reader, now))) {
		struct tep_record record = {};
		struct tep_event *event;

		record.data = kbuffer_read_event(cpu->kbuffer, &record.ts);
		record.size = kbuffer_event_size(cpu->kbuffer);
		record.missed_events = kbuffer_missed_events(cpu->kbuffer);
		event = tep_find_event_by_record(reader->tep, &record);
		if (event)
			take(context, event, &record);
		kbuffer_next_event(cpu->kbuffer, NULL);
	}
}
