/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_FAULTLAB_H
#define MMAPDEMO_FAULTLAB_H

#include <linux/ktime.h>
#include <linux/maple_tree.h>

#include "core/buffer.h"

struct mmapdemo_fault;

/**
 * struct mmapdemo_faultlab_cursor - how far a list of the rules has come
 * @index: the page that it goes on at
 * @parts: how many parts of rules there were when it was last taken
 */
struct mmapdemo_faultlab_cursor {
	pgoff_t index;
	unsigned long parts;
};

/* Are there rules? All that an unused lab costs is this. */
static inline bool mmapdemo_faultlab_active(const struct mmapdemo_buffer *buffer)
{
	return unlikely(READ_ONCE(buffer->nr_rules));
}

void mmapdemo_faultlab_init(struct mmapdemo_buffer *buffer);
void mmapdemo_faultlab_exit(struct mmapdemo_buffer *buffer);

bool mmapdemo_faultlab_has_rule(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
ktime_t mmapdemo_faultlab_delay(struct mmapdemo_buffer *buffer, pgoff_t index);
int mmapdemo_faultlab_sleep(ktime_t delay);
bool mmapdemo_faultlab_is_slow(struct mmapdemo_buffer *buffer, loff_t pos, size_t len);
int mmapdemo_faultlab_check(struct mmapdemo_buffer *buffer, pgoff_t index);
int mmapdemo_faultlab_access(struct mmapdemo_buffer *buffer, loff_t pos, size_t *len, bool nowait);

int mmapdemo_faultlab_set(struct mmapdemo_buffer *buffer, const struct mmapdemo_fault *fault);
unsigned int mmapdemo_faultlab_list(struct mmapdemo_buffer *buffer,
				    struct mmapdemo_faultlab_cursor *cursor,
				    struct mmapdemo_fault *faults, unsigned int room);

#endif
