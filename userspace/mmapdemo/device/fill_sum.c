// SPDX-License-Identifier: GPL-2.0-only
/* mmapdemo fill, sum: the kernel writes and reads, and programs must see the same bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "common/json.h"
#include "common/number.h"
#include "control.h"
#include "support/contents.h"

/* For argp: struct control first. */
struct options {
	struct control control;
	bool has_seed;
	uint64_t seed;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		return control_init(state);
	case 's':
		if (!parse_number(arg, &options->seed))
			argp_error(state, "'%s' is not a number: %s", arg, NUMBER_SAYS);
		options->has_seed = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct advice advice[] = {
	{EIO, "a page there is poisoned: mmapdemo rules lists the rules, heal ends them"},
	{ENOMEM, "no memory is free, or a rule simulates that (mmapdemo rules)"},
	{},
};

int fill_main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"seed", 's', "N", 0, "seed of the pattern (default: 0)", 0},
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "OFFSET LENGTH",
		.doc = "Has the kernel write a pattern.\v"
		       "Each byte of the pattern depends on the seed and on its offset in the "
		       "device. mmapdemo sum --expect-seed checks it.\n\n" CONTROL_STATUS,
		.children = control_argp,
	};
	struct options given = {};
	struct mmapdemo_fill fill = {.size = sizeof(fill)};

	control_parse(&given.control, &argp, argc, argv);
	fill.offset = given.control.operands[0];
	fill.length = given.control.operands[1];
	fill.seed = given.seed;
	control_change(&given.control, MMAPDEMO_IOCTL_FILL, &fill, INSIDE, advice);
	return 0;
}

struct difference {
	uint64_t offset;
	unsigned char expected, seen;
};

static bool find_difference(const unsigned char *expected, const unsigned char *seen, size_t length,
			    struct difference *difference)
{
	size_t i = 0;

	if (!memcmp(expected, seen, length))
		return false;
	while (expected[i] == seen[i])
		i++;
	*difference = (struct difference){difference->offset + i, expected[i], seen[i]};
	return true;
}

/* Does read() return the pattern? Also computes the pattern's sum. */
static bool verify(const struct options *options, int fd, uint32_t *crc,
		   struct difference *difference)
{
	static unsigned char expected[1 << 16], seen[1 << 16];
	uint64_t offset = options->control.operands[0], left = options->control.operands[1];
	bool same = true;

	*crc = 0;
	while (left) {
		size_t length = left < sizeof(seen) ? left : sizeof(seen);
		ssize_t got = pread(fd, seen, length, offset);

		if (got <= 0)
			control_fail(&options->control, "reading at %ju: %s", (uintmax_t)offset,
				     got ? strerror(errno) : "the device ends there now");
		contents_pattern(expected, got, offset, options->seed);
		*crc = contents_crc(*crc, expected, got);
		if (same) {
			difference->offset = offset;
			same = !find_difference(expected, seen, got, difference);
		}
		offset += got;
		left -= got;
	}
	return same;
}

static void print_sum(const struct options *options, const struct mmapdemo_sum *sum,
		      const uint32_t *expected)
{
	struct json_object *object;

	if (!options->control.json) {
		printf("0x%08x\n", sum->crc32c);
		return;
	}
	object = json_object_new_object();
	add_number(object, "offset", sum->offset);
	add_number(object, "length", sum->length);
	add_number(object, "crc32c", sum->crc32c);
	if (expected)
		add_number(object, "expected", *expected);
	show_pretty(object);
}

/* Both the bytes that read() returns and the kernel's sum must be those of the pattern. */
static void sum_and_verify(const struct options *options, int fd, const struct mmapdemo_sum *sum)
{
	struct difference at = {};
	uint32_t expected;
	bool same = verify(options, fd, &expected, &at);

	print_sum(options, sum, &expected);
	if (!same)
		control_fail(&options->control,
			     "not the pattern: byte %ju is 0x%02x, and should be 0x%02x",
			     (uintmax_t)at.offset, at.seen, at.expected);
	if (sum->crc32c != expected)
		control_fail(
			&options->control,
			"read() returns the pattern, but the kernel's sum is 0x%08x, not 0x%08x",
			sum->crc32c, expected);
}

int sum_main(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{"expect-seed", 's', "N", 0,
		 "fail unless the range has the pattern of fill --seed N, both in the kernel's "
		 "sum and byte by byte in read(2)",
		 0},
		{},
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "[OFFSET LENGTH]",
		.doc = "Has the kernel compute the CRC-32C of a range (default: the whole "
		       "device).\v"
		       "Holes count as zeros, and stay holes.\n\n" CONTROL_STATUS,
		.children = control_json_argp,
	};
	struct options options = {};
	struct mmapdemo_sum sum = {.size = sizeof(sum)};
	int fd;

	control_parse(&options.control, &argp, argc, argv);
	fd = open_device(&options.control, O_RDONLY);
	if (!options.control.given)
		options.control.operands[1] = control_info(&options.control, fd).bytes;
	sum.offset = options.control.operands[0];
	sum.length = options.control.operands[1];
	control_do(&options.control, fd, MMAPDEMO_IOCTL_SUM, &sum, INSIDE, advice);
	if (options.has_seed)
		sum_and_verify(&options, fd, &sum);
	else
		print_sum(&options, &sum, NULL);
	close(fd);
	return 0;
}
