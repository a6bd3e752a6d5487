// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo create: a buffer whose descriptor a command inherits, or one with a node. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "common/number.h"
#include "control.h"
#include "nodes.h"

/* For argp: struct control first. */
struct create {
	struct control control;
	struct mmapdemo_create argument;
	const char *node; /* --node */
	char **command;	  /* and its arguments; for a node, its settings */
};

static error_t parse_create(int key, char *arg, struct argp_state *state)
{
	struct create *create = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return control_init(state);
	case 's':
		if (!parse_number(arg, (uint64_t *)&create->argument.bytes))
			argp_error(state, "--size '%s' is not a number: %s", arg, NUMBER_SAYS);
		return 0;
	case 'n':
		create->argument.name = (uintptr_t)arg;
		return 0;
	case 'N':
		create->node = arg;
		return 0;
	case ARGP_KEY_ARG:
		/* All arguments from here on belong to the command. */
		create->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		if (!create->node)
			argp_error(state, "wants a COMMAND");
		return 0;
	case ARGP_KEY_END:
		if (create->node && (create->argument.bytes || create->argument.name))
			argp_error(state, "with --node, NODE is the name, and size=SIZE the size");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static int create_buffer(const struct create *create)
{
	static const struct advice advice[] = {
		{EINVAL,
		 "SIZE is more than a file can have, or NAME is longer than 200 bytes or has "
		 "a control character"},
		{EFBIG, "SIZE is more than ulimit -f allows"},
		{EOPNOTSUPP,
		 "only a device of the strategy pagecache can, and only with a newer module"},
		{},
	};
	struct mmapdemo_create argument = create->argument;
	int device = open_device(&create->control, O_RDWR);
	int fd = ioctl(device, MMAPDEMO_IOCTL_CREATE, &argument);

	if (fd < 0)
		control_explain(&create->control, advice);
	close(device);
	return fd;
}

int create_main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"size", 's', "SIZE", 0, "bytes of the buffer (default: 0; ftruncate() changes it)",
		 0},
		{"name", 'n', "NAME", 0, "the name that /proc/PID/fd and maps show", 0},
		{"node", 'N', "NODE", 0, "make a device node, /dev/NODE, and run no command", 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_create,
		.args_doc = "[--] COMMAND [ARGUMENT...]\n--node=NODE [WORD=VALUE...]",
		.doc = "Runs a command with a descriptor of a new buffer, or makes a node.\v"
		       "The buffer is a regular file without a path. The environment variable "
		       "MMAPDEMO_FD has the descriptor's number. The kernel frees the buffer when "
		       "its last user leaves.\n\n"
		       "A node's name begins with mmapdemo-. Its settings are size=SIZE (16M), "
		       "mode=OCTAL (0600), owner=USER:GROUP (root), strategy=NAME (pagecache), and "
		       "node=, huge=, prealloc= and cache=, which are as the module's parameters. "
		       "The node stays until `mmapdemo destroy' or until the module is "
		       "unloaded.\n\n" CONTROL_STATUS
		       " With COMMAND it is the command's; 126 COMMAND cannot run; 127 there is no "
		       "such command.",
		.children = control_argp,
	};
	struct create create = {
		.control = {.name = argv[0], .wants = "", .device = "/dev/mmapdemo"},
		.argument = {.size = sizeof(create.argument)},
	};
	char number[16];
	int fd, error;

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &create);
	if (create.node) {
		node_make(&create.control, create.node, create.command);
		return 0;
	}
	fd = create_buffer(&create);
	snprintf(number, sizeof(number), "%d", fd);
	if (fcntl(fd, F_SETFD, 0) || setenv("MMAPDEMO_FD", number, 1))
		control_fail(&create.control, "%s", strerror(errno));
	execvp(*create.command, create.command);
	error = errno;
	fprintf(stderr, "%s: %s: %s\n", create.control.name, *create.command, strerror(error));
	return error == ENOENT ? 127 : 126;
}
