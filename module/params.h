/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_PARAMS_H
#define MMAPDEMO_PARAMS_H

#include <linux/types.h>

struct mmapdemo_node_settings;

/* Settings of the nodes that the load makes; without name and strategy. */
extern struct mmapdemo_node_settings mmapdemo_param_settings;
extern unsigned long mmapdemo_param_strategies; /* bits by place in mmapdemo_strategies */

int mmapdemo_params_set(struct mmapdemo_node_settings *settings, const char *word,
			const char *val);

#endif
