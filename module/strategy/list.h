/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_LIST_H
#define MMAPDEMO_LIST_H

#include <linux/types.h>

struct mmapdemo_strategy;

extern const struct mmapdemo_strategy mmapdemo_strategy_anon;
extern const struct mmapdemo_strategy mmapdemo_strategy_fault;
extern const struct mmapdemo_strategy mmapdemo_strategy_insert;
extern const struct mmapdemo_strategy mmapdemo_strategy_vmalloc;
extern const struct mmapdemo_strategy mmapdemo_strategy_pfn;
extern const struct mmapdemo_strategy mmapdemo_strategy_pfn_fault;
extern const struct mmapdemo_strategy mmapdemo_strategy_dma;

/* In the order of the table. tools/strategies reads the names for the tests. */
#define MMAPDEMO_STRATEGY_NAMES	"pagecache,anon,fault,insert,vmalloc,pfn,pfn-fault,dma"
#define MMAPDEMO_STRATEGIES	8
extern const struct mmapdemo_strategy *const mmapdemo_strategies[MMAPDEMO_STRATEGIES];

int mmapdemo_strategy_find(const char *name, size_t len);

#endif
