/* SPDX-License-Identifier: GPL-2.0-only */
/* C7: the commands as a table, each with an argument that is right and has an effect. */
#ifndef CONTROL_REFUSALS_H
#define CONTROL_REFUSALS_H

#include <stddef.h>
#include <stdint.h>

#include "support_control.h"

union argument {
	uint32_t size;
	struct mmapdemo_info info;
	struct mmapdemo_resize resize;
	struct mmapdemo_punch punch;
	struct mmapdemo_fill fill;
	struct mmapdemo_sum sum;
	struct mmapdemo_fault fault;
	struct mmapdemo_fault_list fault_list;
	struct mmapdemo_kick kick;
	struct mmapdemo_wait wait;
	struct mmapdemo_wipe wipe;
};

enum command_index { INFO, RESIZE, PUNCH, FILL, SUM, FAULT_SET, FAULT_LIST, KICK, WAIT, WIPE };

static const struct command {
	const char *name;
	unsigned long number;
	size_t size;
	bool wants_write, wants_read, answers;
} commands[] = {
	[INFO] = {"info", MMAPDEMO_IOCTL_INFO, sizeof(struct mmapdemo_info), .answers = true},
	[RESIZE] = {"resize", MMAPDEMO_IOCTL_RESIZE, sizeof(struct mmapdemo_resize), true},
	[PUNCH] = {"punch", MMAPDEMO_IOCTL_PUNCH, sizeof(struct mmapdemo_punch), true},
	[FILL] = {"fill", MMAPDEMO_IOCTL_FILL, sizeof(struct mmapdemo_fill), true},
	[SUM] = {"sum", MMAPDEMO_IOCTL_SUM, sizeof(struct mmapdemo_sum), .wants_read = true,
		 .answers = true},
	[FAULT_SET] = {"fault-set", MMAPDEMO_IOCTL_FAULT_SET, sizeof(struct mmapdemo_fault), true},
	[FAULT_LIST] = {"fault-list", MMAPDEMO_IOCTL_FAULT_LIST, sizeof(struct mmapdemo_fault_list),
			.answers = true},
	[KICK] = {"kick", MMAPDEMO_IOCTL_KICK, sizeof(struct mmapdemo_kick), true, .answers = true},
	[WAIT] = {"wait", MMAPDEMO_IOCTL_WAIT, sizeof(struct mmapdemo_wait), .answers = true},
	[WIPE] = {"wipe", MMAPDEMO_IOCTL_WIPE, sizeof(struct mmapdemo_wipe), true},
};

/* Right, and its effect would show: what is refused differs from it in one thing. */
union argument valid_argument(enum command_index index);

/* A descriptor to try the commands on: with a rule to be listed and a kick to be told of. */
int open_for_commands(void);

/* All that a refused command could have changed. */
struct state {
	struct mmapdemo_info info;
	struct mmapdemo_fault rules[4];
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
