/* SPDX-License-Identifier: GPL-2.0-only */
/* C7: a table of the commands, each with a valid argument that has an effect. */
#ifndef CONTROL_REFUSALS_H
#define CONTROL_REFUSALS_H

#include <stddef.h>
#include <stdint.h>

#include "support/control.h"

union argument {
	uint32_t size;
	struct mmapdemo_info info;
	struct mmapdemo_resize resize;
	struct mmapdemo_punch punch;
	struct mmapdemo_fill fill;
	struct mmapdemo_sum sum;
	struct mmapdemo_injection injection;
	struct mmapdemo_inject_list inject_list;
	struct mmapdemo_kick kick;
	struct mmapdemo_wait wait;
	struct mmapdemo_wipe wipe;
	struct mmapdemo_export export;
	struct mmapdemo_eventfd eventfd;
	struct mmapdemo_collapse collapse;
};

enum command_index {
	INFO,
	RESIZE,
	PUNCH,
	FILL,
	SUM,
	INJECT_SET,
	INJECT_LIST,
	KICK,
	WAIT,
	WIPE,
	EXPORT,
	EVENTFD,
	COLLAPSE,
	COMMANDS,
};

#define COMMAND(NR, nr, STRUCT, struct_name, ...)                        \
	{                                                                \
		.name = nr, .number = MMAPDEMO_IOCTL_##NR,               \
		.size = sizeof(struct mmapdemo_##struct_name),           \
		.first_size = MMAPDEMO_##STRUCT##_SIZE_VER1, __VA_ARGS__ \
	}

static const struct command {
	const char *name;
	unsigned long number;
	size_t size, first_size; /* of the struct, now and when it was first published */
	bool wants_write, wants_read, answers;
} commands[] = {
	[INFO] = COMMAND(INFO, "info", INFO, info, .answers = true),
	[RESIZE] = COMMAND(RESIZE, "resize", RESIZE, resize, .wants_write = true),
	[PUNCH] = COMMAND(PUNCH, "punch", PUNCH, punch, .wants_write = true),
	[FILL] = COMMAND(FILL, "fill", FILL, fill, .wants_write = true),
	[SUM] = COMMAND(SUM, "sum", SUM, sum, .wants_read = true, .answers = true),
	[INJECT_SET] = COMMAND(INJECT_SET, "inject-set", INJECT, injection, .wants_write = true),
	[INJECT_LIST] =
		COMMAND(INJECT_LIST, "inject-list", INJECT_LIST, inject_list, .answers = true),
	[KICK] = COMMAND(KICK, "kick", KICK, kick, .wants_write = true, .answers = true),
	[WAIT] = COMMAND(WAIT, "wait", WAIT, wait, .answers = true),
	[WIPE] = COMMAND(WIPE, "wipe", WIPE, wipe, .wants_write = true),
	[EXPORT] =
		COMMAND(EXPORT, "export", EXPORT, export, .wants_write = true, .wants_read = true),
	[EVENTFD] = COMMAND(EVENTFD, "eventfd", EVENTFD, eventfd),
	[COLLAPSE] = COMMAND(COLLAPSE, "collapse", COLLAPSE, collapse, .wants_write = true),
};

/*
 * How many bytes more the module's structs have than those here, less than 0 where
 * these are newer: MMAPDEMO_GROWN in the environment, of tests/suites/grown.
 */
int module_grown(void);

/* A valid argument with a visible effect. A refused argument differs from it in one value. */
union argument valid_argument(enum command_index index);

/* A descriptor for the commands, with a rule to list and a pending kick. */
int open_for_commands(void);

/* Everything that a refused command could have changed. */
struct state {
	struct mmapdemo_info info;
	struct mmapdemo_injection rules[4];
	size_t rule_count;
	uint32_t sum, end_sum;
	short polled;
};

struct state state_of(int fd);
#define assert_unchanged(fd, before)                                  \
	do {                                                          \
		struct state state_ = state_of(fd);                   \
                                                                      \
		ck_assert_mem_eq(&state_, before, sizeof(*(before))); \
	} while (0)

/* Memory that ends where nothing is mapped, so that reading past its end is EFAULT. */
void *at_a_border(size_t len);

#endif
