// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo notify wakes the processes that wait; mmapdemo wait is one of them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/number.h"
#include "control.h"

int notify_main(int argc, char **argv)
{
	struct control control =
		control_plain(argc, argv, control_json_argp, NULL,
			      "Wakes all processes that wait for the device, and prints how often "
			      "that was done so far.\v" CONTROL_STATUS);
	struct mmapdemo_kick kick = {.size = sizeof(kick)};

	control_change(&control, MMAPDEMO_IOCTL_KICK, &kick, NO_RANGE, NULL);
	if (control.json) {
		struct json_object *object = json_object_new_object();

		add_number(object, "generation", kick.generation);
		show_line(object);
	} else {
		printf("%ju\n", (uintmax_t)kick.generation);
	}
	return 0;
}

enum {
	ALL_EVENTS = MMAPDEMO_EVENT_KICK | MMAPDEMO_EVENT_LAST_CLOSE | MMAPDEMO_EVENT_RESIZE |
		     MMAPDEMO_EVENT_WIPE
};

/* For argp: struct control first. */
struct options {
	struct control control;
	uint32_t events;
	double timeout; /* below 0: none */
	uint64_t count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return control_init(state);
	case 'e':
		if (!mask_of(event_words, arg, &options->events))
			argp_error(state, "--events '%s': kick, last-close, resize, wipe", arg);
		return 0;
	case 't':
		if (!parse_seconds(arg, 0, &options->timeout))
			argp_error(state, "--timeout '%s': not a number of seconds", arg);
		return 0;
	case 'c':
		if (!parse_number(arg, &options->count) || !options->count)
			argp_error(state, "--count '%s': not a number above 0", arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/*
 * WAIT takes all events, and next() drops those that the user does not want: poll()
 * would return for an event that nobody takes, again and again.
 */
static bool next(const struct options *options, int fd, double deadline, struct mmapdemo_wait *wait)
{
	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLPRI};
		double left = deadline - clock_now() / 1e9;
		int ready;

		*wait = (struct mmapdemo_wait){.size = sizeof(*wait), .events = ALL_EVENTS};
		if (!ioctl(fd, MMAPDEMO_IOCTL_WAIT, wait)) {
			wait->events &= options->events;
			if (wait->events)
				return true;
			continue;
		}
		if (errno != EAGAIN)
			control_explain(&options->control, NULL);
		/* One millisecond more, because the time is rounded down. */
		ready = poll(&poll_fd, 1,
			     options->timeout < 0 ? -1
			     : left > 0		  ? left * 1e3 + 1
						  : 0);
		if (ready < 0)
			control_fail(&options->control, "poll: %s", strerror(errno));
		if (!ready)
			return false;
	}
}

static void print_event(const struct options *options, const struct mmapdemo_wait *wait)
{
	struct json_object *object;
	char words[128];

	words_of(event_words, wait->events, words);
	if (!options->control.json) {
		printf("%s generation %ju\n", words, (uintmax_t)wait->generation);
		fflush(stdout);
		return;
	}
	object = json_object_new_object();
	add_text(object, "events", words);
	add_number(object, "generation", wait->generation);
	show_line(object);
}

int wait_main(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"events", 'e', "LIST", 0,
		 "wait only for these: kick (by notify), last-close, resize, wipe (default: all)",
		 0},
		{"timeout", 't', "SECONDS", 0, "give up after this time (default: never)", 0},
		{"count", 'c', "N", 0, "end after N lines (default: 1)", 0},
		{},
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "Waits for events of the device, and prints a line for each: its name, and "
		       "how often mmapdemo notify was called. Events in quick succession may share "
		       "a line.\v" CONTROL_STATUS " A timeout counts as a failure.",
		.children = control_json_argp,
	};
	struct options options = {.events = ALL_EVENTS, .timeout = -1, .count = 1};
	struct mmapdemo_wait wait;
	double deadline;
	int fd;

	control_parse(&options.control, &argp, argc, argv);
	deadline = clock_now() / 1e9 + options.timeout;
	fd = open_device(&options.control, O_RDONLY | O_NONBLOCK);
	while (options.count--) {
		if (!next(&options, fd, deadline, &wait))
			control_fail(&options.control, "nothing happened within %g s",
				     options.timeout);
		print_event(&options, &wait);
	}
	close(fd);
	return 0;
}
