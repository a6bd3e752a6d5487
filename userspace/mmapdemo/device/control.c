// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/number.h"
#include "control.h"
#include "trouble.h"

enum { DEVICE = 'd', JSON = 'j' };

#define DEVICE_OPTION                                                                  \
	{                                                                              \
		"device", DEVICE, "PATH", 0, "the device (default: /dev/mmapdemo)", -1 \
	}

static const struct argp_option options[] = {
	DEVICE_OPTION,
	{},
};

static const struct argp_option json_options[] = {
	DEVICE_OPTION,
	{"json", JSON, NULL, 0, "print JSON, for programs", -1},
	{},
};

/* The n-th operand's name; returns its length, 0 if there is none. */
static int operand_name(const struct control *control, int n, const char **name)
{
	static const char ends[] = " []";
	const char *at = control->wants + strspn(control->wants, ends);

	while (n--) {
		at += strcspn(at, ends);
		at += strspn(at, ends);
	}
	*name = at;
	return strcspn(at, ends);
}

static void parse_operand(struct control *control, const char *text, struct argp_state *state)
{
	const char *name;
	int length = operand_name(control, control->given, &name);

	if (!length)
		argp_error(state, "'%s' is one argument too many", text);
	if (!parse_number(text, &control->operands[control->given]))
		argp_error(state, "%.*s '%s' is not a number: %s", length, name, text, NUMBER_SAYS);
	control->given++;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct control *control = state->input;
	const char *name;

	switch (key) {
	case DEVICE:
		control->device = arg;
		return 0;
	case JSON:
		control->json = true;
		return 0;
	case ARGP_KEY_ARG:
		parse_operand(control, arg, state);
		return 0;
	case ARGP_KEY_END:
		if (!control->given && *control->wants == '[')
			return 0;
		if (operand_name(control, control->given, &name))
			argp_error(state, "wants %s", control->wants);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {.options = options, .parser = parse};
static const struct argp json_argp = {.options = json_options, .parser = parse};

const struct argp_child control_argp[] = {{.argp = &argp}, {}};
const struct argp_child control_json_argp[] = {{.argp = &json_argp}, {}};

error_t control_init(struct argp_state *state)
{
	state->child_inputs[0] = state->input;
	return 0;
}

void control_parse(struct control *control, const struct argp *command, int argc, char **argv)
{
	control->name = argv[0];
	control->wants = command->args_doc ? command->args_doc : "";
	control->device = "/dev/mmapdemo";
	argp_parse(command, argc, argv, 0, NULL, control);
}

struct control control_plain(int argc, char **argv, const struct argp_child *children,
			     const char *args_doc, const char *doc)
{
	const struct argp command = {.args_doc = args_doc, .doc = doc, .children = children};
	struct control control = {};

	control_parse(&control, &command, argc, argv);
	return control;
}

void control_fail(const struct control *control, const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: %s: ", control->name, control->device);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static const char *advise(const struct advice *advice, int error)
{
	for (; advice && advice->says; advice++)
		if (advice->error == error)
			return advice->says;
	return NULL;
}

static void __attribute__((noreturn))
refuse(const struct control *control, const struct trouble *trouble)
{
	char line[1024];

	control_fail(control, "%s", trouble_line(trouble, line));
}

struct device control_device(const struct control *control)
{
	struct device device = device_find(control->device);
	struct trouble trouble;

	if (!device.error && !device.is_ours) {
		trouble = device_trouble(&device);
		refuse(control, &trouble);
	}
	return device;
}

int open_device(const struct control *control, int flags)
{
	const struct device device = device_find(control->device);
	struct trouble trouble;
	char line[1024];
	int fd, error;

	/* open() of a pipe would wait. Another driver's device fails at the first ioctl. */
	if (!device.error && !S_ISCHR(device.mode)) {
		trouble = device_trouble(&device);
		refuse(control, &trouble);
	}
	fd = open(control->device, flags | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	error = errno;
	trouble = device_open_trouble(&device, (flags & O_ACCMODE) != O_RDONLY, error);
	/* Without a known cause, says is strerror() itself. */
	if (!strcmp(trouble.says, strerror(error)))
		control_fail(control, "%s", trouble_line(&trouble, line));
	control_fail(control, "%s: %s", strerror(error), trouble_line(&trouble, line));
}

/* Ends the program if the operands are no valid range, and says why. */
static void explain_range(const struct control *control, int fd, enum range range)
{
	uint64_t offset = control->operands[0], length = control->operands[1];
	struct mmapdemo_info info = control_info(control, fd);
	uint64_t page = info.page_size;

	if (!length)
		control_fail(control, "LENGTH is 0: it must be at least 1");
	if (range == WHOLE_PAGES && (offset % page || length % page))
		control_fail(control, "OFFSET and LENGTH must be multiples of the page size, %ju",
			     (uintmax_t)page);
	if (range == INSIDE && (offset > info.bytes || length > info.bytes - offset))
		control_fail(control,
			     "%ju bytes from offset %ju reach past the end, which is at %ju",
			     (uintmax_t)length, (uintmax_t)offset, (uintmax_t)info.bytes);
	if (offset + length < offset)
		control_fail(control, "OFFSET and LENGTH are too large");
}

void control_explain(const struct control *control, const struct advice *advice)
{
	static const struct advice shared[] = {
		{ENOTTY, "no device of this module, or the module is older and lacks this command"},
		{E2BIG,
		 "the module is older than this program, and lacks an option of this command"},
		{EOPNOTSUPP, "this device, or an older module, cannot do that (mmapdemo info)"},
		{EINTR, "a signal interrupted it: it may have been done in part"},
		{EBUSY, "pages there are pinned or in use by I/O: try again when that is over"},
		{ENOMEM, "not enough memory is free: free some, or take less"},
		{},
	};
	const int error = errno;
	const struct device device = device_find(control->device);
	const char *says = advise(advice, error);
	struct trouble trouble = {};
	char line[1024];

	if (!says)
		says = advise(shared, error);
	if (!says && device.is_ours)
		trouble = device_call_trouble(&device, "ioctl()", error);
	if (trouble.with)
		control_fail(control, "%s: %s", strerror(error), trouble_line(&trouble, line));
	control_fail(control, "%s%s%s", strerror(error), says ? ": " : "", says ? says : "");
}

void control_do(const struct control *control, int fd, unsigned long request, void *argument,
		enum range range, const struct advice *advice)
{
	int error;

	if (!ioctl(fd, request, argument))
		return;
	error = errno;
	if (error == EINVAL && range != NO_RANGE)
		explain_range(control, fd, range);
	errno = error;
	control_explain(control, advice);
}

void control_change(const struct control *control, unsigned long request, void *argument,
		    enum range range, const struct advice *advice)
{
	int fd = open_device(control, O_RDWR);

	control_do(control, fd, request, argument, range, advice);
	close(fd);
}

struct mmapdemo_info control_info(const struct control *control, int fd)
{
	struct mmapdemo_info info = {.size = sizeof(info)};

	control_do(control, fd, MMAPDEMO_IOCTL_INFO, &info, NO_RANGE, NULL);
	return info;
}
