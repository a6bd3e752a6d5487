// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmapdemo watch: shows the module's tracepoints live, through a separate trace instance, so that
 * no other tracing changes.
 */
#define _GNU_SOURCE
#include <err.h>
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
#include "common/comm.h"
#include "common/json.h"
#include "common/number.h"
#include "common/signals.h"
#include "common/utf8.h"
#include "device/control.h"
#include "event.h"
#include "instance.h"
#include "reader.h"

/* For argp: struct control first. */
struct watch {
	struct control control;
	struct device device;
	char *events;
	bool all;
	double seconds; /* 0: no end */
	uint64_t count; /* how many lines */

	struct reader *reader;
	uint64_t began;
	struct tep_handle *comms; /* names of processes */
};

enum { EVENTS = 'e', ALL = 'a', SECONDS = 's', COUNT = 'c' };

static const struct argp_option argp_options[] = {
	{"events", EVENTS, "LIST", 0, "show only these tracepoints: mmap,vma_open", 0},
	{"all", ALL, NULL, 0, "show all devices of the module", 0},
	{"seconds", SECONDS, "N", 0, "end after N seconds", 0},
	{"count", COUNT, "N", 0, "end after N lines", 0},
	{},
};

static const char doc[] =
	"Shows events of the device as they happen: new mappings (mmap), inherited, moved and "
	"split ones (vma_open), ended ones (vma_close), page faults, and commands.\v"
	"A line has the seconds since the start, the process, the device, the tracepoint, and its "
	"fields: addresses in hex, offsets in bytes. Ctrl-C ends it. It needs root, and does not "
	"disturb other users' tracing.\n\n" CONTROL_STATUS;

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

/*
 * The kernel's list has the last 128 processes that made a record and were
 * switched out since, even if they have ended. A handle keeps the first name
 * that it reads for a process, so a new list needs a new handle.
 */
static bool find_listed(struct watch *watch, int pid, char comm[COMM_SIZE])
{
	if (!watch->comms) {
		watch->comms = tep_alloc();
		if (!watch->comms)
			err(1, "tep_alloc");
		tracefs_load_cmdlines(NULL, watch->comms);
	}
	if (!tep_is_pid_registered(watch->comms, pid))
		return false;
	snprintf(comm, COMM_SIZE, "%s", tep_data_comm_from_pid(watch->comms, pid));
	utf8_clean(comm);
	return true;
}

static void forget_comms(struct watch *watch)
{
	tep_free(watch->comms);
	watch->comms = NULL;
}

static void find_comm(struct watch *watch, int pid, char comm[COMM_SIZE])
{
	if (find_listed(watch, pid, comm) || comm_read(pid, comm))
		return;
	/* The process has ended after the list was read. */
	forget_comms(watch);
	find_listed(watch, pid, comm);
}

/* A record, or without an event the loss of others before it: the kernel's buffer was full. */
struct line {
	struct tep_event *event;
	struct tep_record *record;
	double seconds;
	int pid;
	char comm[COMM_SIZE];
};

static void print_text(const struct line *line)
{
	char *text;

	printf("%11.6f %-15s %7d ", line->seconds, line->comm, line->pid);
	if (!line->event) {
		printf("%-9s %-10s count %lld\n", "-", "LOST", line->record->missed_events);
		return;
	}
	text = event_text(line->event, line->record);
	printf("%-9s %-10s%s\n", event_node(line->event, line->record), line->event->name, text);
	free(text);
}

static void print_json(const struct line *line)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "event", line->event ? line->event->name : "LOST");
	if (line->event) {
		add_number(object, "pid", line->pid);
		event_json(line->event, line->record, object);
	} else { /* -1: the kernel does not know how many */
		json_object_object_add(object, "count",
				       json_object_new_int64(line->record->missed_events));
	}
	json_object_object_add(object, "time", json_object_new_double(line->seconds));
	add_text(object, "comm", line->comm);
	show_line(object);
}

static void print(struct watch *watch, struct tep_event *event, struct tep_record *record)
{
	struct line line = {
		.event = event,
		.record = record,
		.seconds = ((double)record->ts - watch->began) / 1e9,
		.pid = event ? tep_data_pid(event->tep, record) : 0,
		.comm = "?",
	};

	if (!watch->count)
		return;
	if (event)
		find_comm(watch, line.pid, line.comm);
	if (watch->control.json)
		print_json(&line);
	else
		print_text(&line);
	watch->count--;
}

static void take(void *context, struct tep_event *event, struct tep_record *record)
{
	struct watch *watch = context;
	const char *node = event_node(event, record);

	if (record->missed_events)
		print(watch, NULL, record);
	if (node && (watch->all || !strcmp(node, watch->device.name)))
		print(watch, event, record);
}

static void enable(struct watch *watch)
{
	char *event, *rest = watch->events;

	if (!rest && !tracing_enable(NULL))
		control_fail(&watch->control, "the tracepoints cannot be switched on: %s",
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

static void read_and_print(struct watch *watch)
{
	reader_read(watch->reader, take, watch);
	fflush(stdout);
	forget_comms(watch);
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
		read_and_print(&watch);
	}
	tracing_stop();
	read_and_print(&watch);
	return 0;
}
