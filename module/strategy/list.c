// SPDX-License-Identifier: GPL-2.0-only
/* The list of all strategies. */
#include <linux/errno.h>
#include <linux/string.h>

#include "core/pagecache.h"
#include "core/strategy.h"
#include "list.h"

const struct mmapdemo_strategy *const mmapdemo_strategies[MMAPDEMO_STRATEGIES] = {
	&mmapdemo_strategy_pagecache,
	&mmapdemo_strategy_anon,
	&mmapdemo_strategy_fault,
	&mmapdemo_strategy_insert,
	&mmapdemo_strategy_vmalloc,
	&mmapdemo_strategy_pfn,
	&mmapdemo_strategy_pfn_fault,
	&mmapdemo_strategy_dma,
};

/* Return: the strategy's place in the list, or -EINVAL. */
int mmapdemo_strategy_find(const char *name, size_t len)
{
	int i;

	for (i = 0; i < MMAPDEMO_STRATEGIES; i++) {
		const char *known = mmapdemo_strategies[i]->name;

		if (strlen(known) == len && !memcmp(known, name, len))
			return i;
	}
	return -EINVAL;
}
