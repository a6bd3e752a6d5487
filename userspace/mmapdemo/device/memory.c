// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo resize, punch, collapse and wipe. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "common/json.h"
#include "control.h"

int resize_main(int argc, char **argv)
{
	static const struct advice advice[] = {
		{EINVAL, "BYTES must be a multiple of the page size, above 0"},
		{EFBIG, "BYTES is more than a file offset can be"},
		{},
	};
	struct control control = control_plain(
		argc, argv, control_argp, "BYTES",
		"Changes the device's size to BYTES, a multiple of the page size.\v"
		"Contents past a smaller size are lost, and an access to them through a mapping "
		"raises SIGBUS. New pages are zero.\n\n" CONTROL_STATUS);
	struct mmapdemo_resize resize = {.size = sizeof(resize)};

	resize.bytes = control.operands[0];
	control_change(&control, MMAPDEMO_IOCTL_RESIZE, &resize, NO_RANGE, advice);
	return 0;
}

int punch_main(int argc, char **argv)
{
	struct control control =
		control_plain(argc, argv, control_argp, "OFFSET LENGTH",
			      "Frees the whole pages of a range, and zeroes the rest of it.\v"
			      "All mappings then show zeros there, except for private copies.\n"
			      "\n" CONTROL_STATUS);
	struct mmapdemo_punch punch = {.size = sizeof(punch)};

	punch.offset = control.operands[0];
	punch.length = control.operands[1];
	control_change(&control, MMAPDEMO_IOCTL_PUNCH, &punch, ANY_RANGE, NULL);
	return 0;
}

int collapse_main(int argc, char **argv)
{
	static const struct advice advice[] = {
		{EBUSY, "a page is pinned or in use: try again later"},
		{ENOMEM,
		 "no huge page is free: echo 1 >/proc/sys/vm/compact_memory, then try again"},
		{},
	};
	struct control control = control_plain(
		argc, argv, control_argp, "OFFSET LENGTH",
		"Joins a range's small pages into huge pages again.\v"
		"Contents stay. A part of a huge page's size stays as it is if it has a hole, a "
		"broken page or a rule.\n"
		"\n" CONTROL_STATUS);
	struct mmapdemo_collapse collapse = {.size = sizeof(collapse)};
	int fd;

	collapse.offset = control.operands[0];
	collapse.length = control.operands[1];
	fd = open_device(&control, O_RDWR | O_CLOEXEC);
	if (!(control_info(&control, fd).features & MMAPDEMO_FEATURE_HUGE))
		control_fail(&control, "the device makes no huge pages (huge=never, another "
				       "strategy, or the kernel has none)");
	control_do(&control, fd, MMAPDEMO_IOCTL_COLLAPSE, &collapse, ANY_RANGE, advice);
	close(fd);
	return 0;
}

/* For argp: struct control first. */
struct wipe {
	struct control control;
	uint32_t flags, policy;
};

static error_t parse_wipe(int key, char *arg, struct argp_state *state)
{
	struct wipe *wipe = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return control_init(state);
	case 'n':
		wipe->flags |= MMAPDEMO_WIPE_NOW;
		return 0;
	case 'p':
		wipe->flags |= MMAPDEMO_WIPE_SET_POLICY;
		if (strcmp(arg, "none") && !mask_of(wipe_words, arg, &wipe->policy))
			argp_error(state, "--policy '%s': none, unmap, close or both", arg);
		return 0;
	case ARGP_KEY_END:
		if (!wipe->flags)
			argp_error(state, "give --now, --policy or both");
		return ARGP_ERR_UNKNOWN;
	}
	return ARGP_ERR_UNKNOWN;
}

int wipe_main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"now", 'n', NULL, 0, "zero all contents now", 0},
		{"policy", 'p', "WHEN", 0,
		 "zero the contents whenever the last mapping ends (unmap), the last descriptor "
		 "is closed (close), at both, or never (none)",
		 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_wipe,
		.doc = "Zeroes the contents, now or later.\v"
		       "The device keeps its memory, and private copies keep their "
		       "contents.\n\n" CONTROL_STATUS,
		.children = control_argp,
	};
	struct wipe options_given = {};
	struct mmapdemo_wipe wipe = {.size = sizeof(wipe)};

	control_parse(&options_given.control, &argp, argc, argv);
	wipe.flags = options_given.flags;
	wipe.policy = options_given.policy;
	control_change(&options_given.control, MMAPDEMO_IOCTL_WIPE, &wipe, NO_RANGE, NULL);
	return 0;
}
