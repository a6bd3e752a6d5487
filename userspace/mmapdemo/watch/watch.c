// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmapdemo watch: the module's tracepoints, live, through a trace instance of
 * our own, so that nobody else's tracing is changed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <tracefs.h>

#include "command.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/number.h"
#include "common/signals.h"
#include "device/control.h"
#include "event.h"
#include "instance.h"
#include "queue.h"
#include "reader.h"

/* For argp: struct control first. */
struct watch {
	struct control control;
	struct device device;
	char *events;
	bool all;
	double seconds; /* 0: no end */
	uint64_t count; /* of lines */

	struct reader *reader;
	uint64_t began;
	struct lines lines;
};

enum { EVENTS = 'e', ALL = 'a', SECONDS = 's', COUNT = 'c' };

static const struct argp_option argp_options[] = {
	{"events", EVENTS, "LIST", 0, "only these tracepoints, with commas: mmap,vma_open", 0},
	{"all", ALL, NULL, 0, "all devices of the module", 0},
	{"seconds", SECONDS, "N", 0, "end after this time", 0},
	{"count", COUNT, "N", 0, "end after so many lines", 0},
	{},
};

static const char doc[] =
	"Shows what happens to the device, as it happens: mappings made (mmap), inherited, moved "
	"or split (vma_open), ended (vma_close), page faults, and commands.\v"
	"A line has the seconds since the start, who did it, the device, the tracepoint, and "
	"what it tells: addresses in hex, offsets in bytes. Ctrl-C ends it; other people's "
	"tracing is not touched. It needs root.\n\n" CONTROL_STATUS;

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch *watch = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return control_init(state);
	case EVENTS:
		watch->events = arg;
		return 0;
	case ALL:
		watch->all = true;
		return 0;
	case SECONDS:
		if (!parse_seconds(arg, 0.001, &watch->seconds))
			argp_error(state, "--seconds '%s': not a number of seconds", arg);
		return 0;
	case COUNT:
		if (!parse_number(arg, &watch->count) || !watch->count)
			argp_error(state, "--count '%s': not a number above 0", arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* The kernel's buffer was full. How many did not fit is known, or -1. */
static void take_loss(struct watch *watch, const struct tep_record *record)
{
	struct line *line = lines_add(&watch->lines, record->ts, 0);

	strcpy(line->event, "LOST");
	strcpy(line->node, "-");
	if (watch->control.json) {
		line->object = json_object_new_object();
		add_text(line->object, "event", "LOST");
		json_object_object_add(line->object, "count",
				       json_object_new_int64(record->missed_events));
	} else if (asprintf(&line->text, " count %lld", record->missed_events) < 0) {
		control_fail(&watch->control, "%s", strerror(errno));
	}
}

static void take(void *context, struct tep_event *event, struct tep_record *record)
{
	struct watch *watch = context;
	const char *node = happening_node(event, record);
	struct line *line;

	if (record->missed_events)
		take_loss(watch, record);
	if (!node || (!watch->all && strcmp(node, watch->device.name)))
		return;
	line = lines_add(&watch->lines, record->ts, tep_data_pid(event->tep, record));
	snprintf(line->event, sizeof(line->event), "%s", event->name);
	snprintf(line->node, sizeof(line->node), "%s", node);
	if (watch->control.json) {
		line->object = json_object_new_object();
		add_text(line->object, "event", event->name);
		add_number(line->object, "pid", line->pid);
		happening_json(event, record, line->object);
	} else {
		line->text = happening_text(event, record);
	}
}

static void enable(struct watch *watch)
{
	char *event, *rest = watch->events;

	if (!rest && !tracing_enable(NULL))
		control_fail(&watch->control, "its tracepoints cannot be switched on: %s",
			     strerror(errno));
	while (rest && (event = strsep(&rest, ",")))
		if (!*event || !tracing_enable(event))
			control_fail(&watch->control, "no tracepoint '%s': see %s/events/mmapdemo",
				     event, tracefs_tracing_dir());
}

static void begin(struct watch *watch)
{
	char reason[256];

	catch_signals();
	watch->reader = tracing_begin("watch", reason);
	if (!watch->reader)
		control_fail(&watch->control, "%s", reason);
	watch->began = clock_now();
	enable(watch);
}

/* What was recorded before this moment, in order. Is there more to read? */
static bool read_and_print(struct watch *watch, uint64_t before)
{
	uint64_t complete = reader_read(watch->reader, take, watch);

	if (complete < before)
		before = complete;
	watch->count -= lines_print(&watch->lines, before, watch->count, watch->began);
	return complete != UINT64_MAX;
}

int watch_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = doc,
		.children = control_json_argp,
	};
	const struct timespec pause = {.tv_nsec = 50000000};
	struct watch watch = {.count = UINT64_MAX};

	control_parse(&watch.control, &argp, argc, argv);
	if (!watch.all)
		watch.device = control_device(&watch.control);
	begin(&watch);
	fprintf(stderr, "%s: watching\n", watch.control.name);
	while (!stopped_by && watch.count) {
		if (watch.seconds && clock_now() - watch.began > watch.seconds * 1e9)
			break;
		nanosleep(&pause, NULL);
		read_and_print(&watch, clock_now());
	}
	tracing_stop();
	while (read_and_print(&watch, UINT64_MAX))
		;
	lines_free(&watch.lines);
	return 0;
}
