/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts that commands on a device of the module have in common: --device, numbers as
 * operands, ioctls, and errors with their cause and cure.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/mmapdemo.h>

#include "device.h"

#define CONTROL_STATUS "Exit status: 0 done; 1 it failed; 2 usage error."

struct control {
	const char *name;     /* of the command, "mmapdemo punch" */
	const char *wants;    /* args_doc: a word an operand; in brackets if they are optional */
	const char *device;   /* --device */
	bool json;	      /* --json */
	uint64_t operands[3]; /* all are numbers */
	int given;	      /* how many of them */
};

/*
 * For .children of a command's argp: --device and the operands; and --json as
 * well. A command with a parser of its own has struct control as the first
 * member of its input, and its parser calls control_init() for ARGP_KEY_INIT.
 */
extern const struct argp_child control_argp[], control_json_argp[];
error_t control_init(struct argp_state *state);

void control_parse(struct control *control, const struct argp *argp, int argc, char **argv);

/* The same for a command that has no other options than one of these lists. */
struct control control_plain(int argc, char **argv, const struct argp_child *children,
			     const char *args_doc, const char *doc);

/* Ends the program, status 1: "mmapdemo punch: /dev/mmapdemo: WHY" */
void control_fail(const struct control *control, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* The device that --device names. The program ends if that is another file. */
struct device control_device(const struct control *control);

/* The program ends if the path names nothing, or a file that is no device. */
int open_device(const struct control *control, int flags);

/* The cause and the cure of an errno. A list ends with an empty one. */
struct advice {
	int error;
	const char *says;
};

/* The check of the first two operands as offset and length. */
enum range { NO_RANGE, ANY_RANGE, INSIDE, WHOLE_PAGES };

/* Ends the program with a message about errno: this advice, or a general one. */
void control_explain(const struct control *control, const struct advice *advice)
	__attribute__((noreturn));

/* Calls an ioctl; ends the program with the reason if that fails. */
void control_do(const struct control *control, int fd, unsigned long request, void *argument,
		enum range range, const struct advice *advice);

/* Opens the device and does the same. */
void control_change(const struct control *control, unsigned long request, void *argument,
		    enum range range, const struct advice *advice);

struct mmapdemo_info control_info(const struct control *control, int fd);

#endif
