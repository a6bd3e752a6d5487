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
		{EINVAL, "BYTES wants to be a multiple of the page size, above 0"},
		{EFBIG, "more than a file offset can name"},
		{},
	};
	struct control control = control_plain(
		argc, argv, control_argp, "BYTES",
		"Gives the device another size, a multiple of the page size.\v"
		"What is cut off is lost: touching it in a mapping is SIGBUS. What is "
		"added is zero.\n\n" CONTROL_STATUS);
	struct mmapdemo_resize resize = {.size = sizeof(resize)};

	resize.bytes = control.operands[0];
	control_change(&control, MMAPDEMO_IOCTL_RESIZE, &resize, NO_RANGE, advice);
	return 0;
}

int punch_main(int argc, char **argv)
{
	struct control control = control_plain(
		argc, argv, control_argp, "OFFSET LENGTH",
		"Gives a range's memory back: whole pages are freed, the rest is zeroed.\v"
		"All mappings show zeros there then, but for private copies.\n"
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
		{EBUSY, "a page is pinned or in use: try again when that is over"},
		{ENOMEM, "no memory in one piece: echo 1 >/proc/sys/vm/compact_memory, and again"},
		{},
	};
	struct control control = control_plain(
		argc, argv, control_argp, "OFFSET LENGTH",
		"Makes the memory of a range huge pages again, where it has become small.\v"
		"Contents stay. Pieces of a huge page's size that have a hole, a broken page or a "
		"rule stay as they are.\n"
		"\n" CONTROL_STATUS);
	struct mmapdemo_collapse collapse = {.size = sizeof(collapse)};
	int fd;

	collapse.offset = control.operands[0];
	collapse.length = control.operands[1];
	fd = open_device(&control, O_RDWR | O_CLOEXEC);
	if (!(control_info(&control, fd).features & MMAPDEMO_FEATURE_HUGE))
		control_fail(&control, "it makes no huge pages (huge=never, another strategy, or "
				       "the kernel has none)");
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
			argp_error(state, "wants --now, --policy or both");
		return ARGP_ERR_UNKNOWN;
	}
	return ARGP_ERR_UNKNOWN;
}

int wipe_main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"now", 'n', NULL, 0, "zero all of it", 0},
		{"policy", 'p', "WHEN", 0,
		 "from now on zero it when the last mapping goes (unmap), the last descriptor "
		 "(close), at both, or not (none)",
		 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_wipe,
		.doc = "Zeroes the contents, now or later.\v"
		       "Memory stays held; private copies stay.\n\n" CONTROL_STATUS,
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
