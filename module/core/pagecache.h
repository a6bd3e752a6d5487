/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_PAGECACHE_H
#define MMAPDEMO_PAGECACHE_H

struct mmapdemo_strategy;

extern const struct mmapdemo_strategy mmapdemo_strategy_pagecache;

#endif
