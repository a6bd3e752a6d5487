/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_CACHE_H
#define MMAPDEMO_CACHE_H

#include <linux/mm_types.h>

#include "core/assembler.h"

struct mmapdemo_buffer;

extern const char *const mmapdemo_cache_words[MMAPDEMO_CACHES];

const char *mmapdemo_cache_refused(enum mmapdemo_cache cache);
int mmapdemo_cache_set(struct mmapdemo_buffer *buffer);
int mmapdemo_cache_restore(struct mmapdemo_buffer *buffer);
pgprot_t mmapdemo_cache_prot(const struct mmapdemo_buffer *buffer, pgprot_t prot);

#endif
