/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_PARAMS_H
#define MMAPDEMO_PARAMS_H

#include <linux/types.h>

extern loff_t mmapdemo_param_size;
extern umode_t mmapdemo_param_mode;
extern bool mmapdemo_param_huge;
extern bool mmapdemo_param_prealloc;
extern int mmapdemo_param_node; /* NUMA_NO_NODE: any */
extern unsigned long mmapdemo_param_strategies; /* bits by place in mmapdemo_strategies */

struct mmapdemo_node_settings;

int mmapdemo_params_set(struct mmapdemo_node_settings *settings, const char *word,
			const char *val);

#endif
