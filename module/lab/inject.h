/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_INJECT_H
#define MMAPDEMO_INJECT_H

#include <linux/ktime.h>
#include <linux/maple_tree.h>

#include "core/buffer.h"

struct mmapdemo_injection;

/**
 * struct mmapdemo_inject_cursor - how far a list of the rules has come
 * @index: the page that it goes on at
 * @parts: how many parts of rules there were when it was last taken
 */
struct mmapdemo_inject_cursor {
	pgoff_t index;
	unsigned long parts;
};

/* Are there rules? All that an unused lab costs is this. */
static inline bool mmapdemo_inject_active(const struct mmapdemo_buffer *buffer)
{
	return unlikely(READ_ONCE(buffer->nr_rules));
}

void mmapdemo_inject_init(struct mmapdemo_buffer *buffer);
void mmapdemo_inject_exit(struct mmapdemo_buffer *buffer);

bool mmapdemo_inject_has_rule(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
ktime_t mmapdemo_inject_delay(struct mmapdemo_buffer *buffer, pgoff_t index);
int mmapdemo_inject_sleep(ktime_t delay);
bool mmapdemo_inject_is_slow(struct mmapdemo_buffer *buffer, loff_t pos, size_t len);
int mmapdemo_inject_check(struct mmapdemo_buffer *buffer, pgoff_t index);
int mmapdemo_inject_access(struct mmapdemo_buffer *buffer, loff_t pos, size_t *len, bool nowait);

int mmapdemo_inject_set(struct mmapdemo_buffer *buffer, const struct mmapdemo_injection *injection);
unsigned int mmapdemo_inject_list(struct mmapdemo_buffer *buffer,
				  struct mmapdemo_inject_cursor *cursor,
				  struct mmapdemo_injection *injections, unsigned int room);

#endif
