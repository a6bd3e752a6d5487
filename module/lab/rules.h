/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_RULES_H
#define MMAPDEMO_RULES_H

#include <linux/list.h>
#include <linux/maple_tree.h>
#include <linux/prandom.h>
#include <linux/spinlock.h>
#include <uapi/linux/mmapdemo.h>

#include "core/buffer.h"
#include "core/hooks.h"

#define MMAPDEMO_SERVED_BITS	6

/**
 * struct mmapdemo_served - a page fault that has had its delay, and will be retried
 * @task: its task, only compared, as the task may be gone; NULL for none
 * @started: when that task began, as a later one may have the same address
 * @index: its page
 */
struct mmapdemo_served {
	const struct task_struct *task;
	u64 started;
	pgoff_t index;
};

/**
 * struct mmapdemo_lab - the lab's part of a buffer
 * @hooks: the part that the core uses
 * @rules: by page number. Changed with the mapping's invalidate lock held exclusively, and
 *	read with it held.
 * @rule_list: each rule once; protected as @rules
 * @served_lock: protects @served
 * @served: page faults that have had their delay, by a hash of their tasks. If two
 *	tasks have the same hash, the later one is remembered, and the other delayed again.
 */
struct mmapdemo_lab {
	struct mmapdemo_hooks hooks;
	struct maple_tree rules;
	struct list_head rule_list;
	spinlock_t served_lock; /* served */
	struct mmapdemo_served served[1 << MMAPDEMO_SERVED_BITS];
};

static inline struct mmapdemo_lab *mmapdemo_lab_of(const struct mmapdemo_buffer *buffer)
{
	return container_of(buffer->hooks, struct mmapdemo_lab, hooks);
}

/**
 * struct mmapdemo_rule - what happens to accesses of a range
 * @list: in the buffer's list of rules
 * @parts: how many ranges of the buffer's tree refer to the rule; written with the
 *	invalidate lock held exclusively
 * @injection: as the program gave it
 * @lock: protects the members below, as accesses hold no other exclusive lock
 * @hits: accesses so far
 * @fired: accesses that failed
 * @worked: for MMAPDEMO_INJECT_NTH, accesses since one failed, with this one
 * @random: for MMAPDEMO_INJECT_RANDOM
 *
 * A later rule may leave several parts of an earlier one: they share it.
 */
struct mmapdemo_rule {
	struct list_head list;
	unsigned long parts;
	struct mmapdemo_injection injection;
	spinlock_t lock; /* protects the members below */
	u64 hits;
	u64 fired;
	u32 worked;
	struct rnd_state random;
};

/**
 * struct mmapdemo_rules_cursor - position in a list of the rules
 * @index: the page where it continues
 * @parts: how many parts of rules there were when it was last taken
 */
struct mmapdemo_rules_cursor {
	pgoff_t index;
	unsigned long parts;
};

/* How many parts of rules there are, at this moment. */
static inline unsigned long mmapdemo_rules_parts(const struct mmapdemo_buffer *buffer)
{
	return buffer->hooks ? READ_ONCE(buffer->hooks->nr_rules) : 0;
}

void mmapdemo_rules_init(struct mmapdemo_lab *lab);
void mmapdemo_rules_exit(struct mmapdemo_lab *lab);
int mmapdemo_rules_set(struct mmapdemo_buffer *buffer, const struct mmapdemo_injection *injection);
unsigned int mmapdemo_rules_list(struct mmapdemo_buffer *buffer,
				 struct mmapdemo_rules_cursor *cursor,
				 struct mmapdemo_injection *injections, unsigned int room);

#endif
