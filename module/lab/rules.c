// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules: ranges of the buffer whose accesses fail, take long or are counted. inject.c and
 * delay.c apply them. Pages with a rule have small folios only: a huge page-table entry
 * would map a page together with its neighbours.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "core/hooks.h"
#include "core/strategy.h"
#include "rules.h"

/**
 * mmapdemo_rules_cut - count the parts that a new entry of the tree leaves of older ones
 * @buffer: the buffer
 * @first: the entry's first page
 * @last: its last page
 * @sign: 1: update the rules' counts of parts; -1: undo that; 0: change nothing
 *
 * An older entry loses a part if the new one covers it, and gains one if the new
 * one cuts it in two.
 *
 * Return: how many parts are gained; negative if more are lost.
 */
static long mmapdemo_rules_cut(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last,
			       int sign)
{
	MA_STATE(mas, &mmapdemo_lab_of(buffer)->rules, first, first);
	struct mmapdemo_rule *rule;
	long sum = 0;

	lockdep_assert_held_write(&buffer->inode->i_mapping->invalidate_lock);
	rcu_read_lock();
	mas_for_each(&mas, rule, last) {
		long gained = (mas.index < first) + (mas.last > last) - 1;

		rule->parts += sign * gained;
		sum += gained;
		if (need_resched()) {
			mas_pause(&mas);
			rcu_read_unlock();
			cond_resched();
			rcu_read_lock();
		}
	}
	rcu_read_unlock();
	return sum;
}

/* Frees the rules that no range refers to any more. */
static void mmapdemo_rules_collect(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_rule *rule, *next;

	lockdep_assert_held_write(&buffer->inode->i_mapping->invalidate_lock);
	list_for_each_entry_safe(rule, next, &mmapdemo_lab_of(buffer)->rule_list, list) {
		if (!rule->parts) {
			list_del(&rule->list);
			kfree(rule);
		}
	}
}

/*
 * Replaces the rules of a range by another one, or by none. Removing a rule
 * has no limit but memory, which is charged to the caller's memory cgroup: a
 * program must be able to end a rule that it made, or a part of it.
 */
static int mmapdemo_rules_store(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last,
				struct mmapdemo_rule *rule)
{
	struct mmapdemo_lab *lab = mmapdemo_lab_of(buffer);
	unsigned long parts = lab->hooks.nr_rules + mmapdemo_rules_cut(buffer, first, last, 0);
	int err = 0;

	if (rule && ++parts > MMAPDEMO_INJECT_RULES_MAX)
		return -ENOSPC;
	/* The maple tree's nodes are charged to no cgroup, so their number has a limit. */
	if (parts > MMAPDEMO_INJECT_PARTS_MAX)
		return -ENOSPC;
	if (rule && buffer->strategy->split)
		err = buffer->strategy->split(buffer, first, last);
	if (err)
		return err;

	mmapdemo_rules_cut(buffer, first, last, 1);
	err = mtree_store_range(&lab->rules, first, last, rule, GFP_KERNEL_ACCOUNT);
	if (err) {
		mmapdemo_rules_cut(buffer, first, last, -1);
		return err;
	}
	if (rule)
		list_add_tail(&rule->list, &lab->rule_list);
	WRITE_ONCE(lab->hooks.nr_rules, parts);
	mmapdemo_rules_collect(buffer);
	return 0;
}

static struct mmapdemo_rule *mmapdemo_rule_new(const struct mmapdemo_injection *injection)
{
	struct mmapdemo_rule *rule = kzalloc(sizeof(*rule), GFP_KERNEL_ACCOUNT);

	if (!rule)
		return NULL;
	spin_lock_init(&rule->lock);
	rule->parts = 1;
	rule->injection = *injection;
	prandom_seed_state(&rule->random, injection->seed);
	return rule;
}

static int mmapdemo_rules_set_locked(struct mmapdemo_buffer *buffer, u64 offset, u64 length,
				     struct mmapdemo_rule *rule)
{
	pgoff_t first = offset >> PAGE_SHIFT;
	pgoff_t last = (mmapdemo_buffer_range_end(offset, length) - 1) >> PAGE_SHIFT;
	int err = mmapdemo_rules_store(buffer, first, last, rule);

	if (err)
		return err;
	/* A process that has mapped the pages, or is about to, faults them in again. */
	buffer->strategy->settle(buffer, first, last);
	unmap_mapping_pages(buffer->inode->i_mapping, first, last - first + 1, false);
	return 0;
}

/**
 * mmapdemo_rules_set - give a range a rule in place of those it has
 * @buffer: the buffer
 * @injection: the rule, checked; with MMAPDEMO_INJECT_NONE there is none from now on
 *
 * Return: 0; -ENOSPC if there would be too many rules, never with
 * MMAPDEMO_INJECT_NONE; -EBUSY or -EINTR as the strategy's split(); -ENOMEM. An error
 * changes no rule, but huge folios may have been split.
 */
int mmapdemo_rules_set(struct mmapdemo_buffer *buffer, const struct mmapdemo_injection *injection)
{
	struct mmapdemo_rule *rule = NULL;
	bool had = false, has = false;
	int err;

	if (injection->action != MMAPDEMO_INJECT_NONE) {
		rule = mmapdemo_rule_new(injection);
		if (!rule)
			return -ENOMEM;
		mmapdemo_hooks_enable();
	}

	err = mmapdemo_buffer_lock(buffer);
	if (!err) {
		mmapdemo_buffer_stop_faults(buffer);
		had = buffer->hooks->nr_rules;
		err = mmapdemo_rules_set_locked(buffer, injection->offset, injection->length, rule);
		has = buffer->hooks->nr_rules;
		mmapdemo_buffer_resume_faults(buffer);
		mmapdemo_buffer_unlock(buffer);
	}
	/* A buffer with rules has enabled the hooks once. */
	if (had + !!rule > has)
		mmapdemo_hooks_disable();
	if (err)
		kfree(rule);
	return err;
}

/**
 * mmapdemo_rules_list - list some of the rules, by offset
 * @buffer: the buffer
 * @cursor: where to begin; returned: where the next call continues, and how many
 *	parts of rules there are in all
 * @injections: where to write them
 * @room: how many at most, not 0
 *
 * Return: how many were written; the last ones if that is less than @room.
 */
unsigned int mmapdemo_rules_list(struct mmapdemo_buffer *buffer,
				 struct mmapdemo_rules_cursor *cursor,
				 struct mmapdemo_injection *injections, unsigned int room)
{
	MA_STATE(mas, &mmapdemo_lab_of(buffer)->rules, cursor->index, cursor->index);
	struct address_space *mapping = buffer->inode->i_mapping;
	struct mmapdemo_rule *rule;
	unsigned int count = 0;

	filemap_invalidate_lock_shared(mapping);
	cursor->parts = buffer->hooks->nr_rules;
	rcu_read_lock();
	while (count < room && (rule = mas_find(&mas, ULONG_MAX))) {
		pgoff_t first = max(mas.index, cursor->index);
		struct mmapdemo_injection *injection = &injections[count++];

		*injection = rule->injection;
		injection->offset = (u64)first << PAGE_SHIFT;
		injection->length = (u64)(mas.last - first + 1) << PAGE_SHIFT;
		spin_lock(&rule->lock);
		injection->hits = rule->hits;
		injection->fired = rule->fired;
		spin_unlock(&rule->lock);
		cursor->index = mas.last + 1;
	}
	rcu_read_unlock();
	filemap_invalidate_unlock_shared(mapping);
	return count;
}

void mmapdemo_rules_init(struct mmapdemo_lab *lab)
{
	mt_init(&lab->rules);
	INIT_LIST_HEAD(&lab->rule_list);
	spin_lock_init(&lab->served_lock);
}

void mmapdemo_rules_exit(struct mmapdemo_lab *lab)
{
	struct mmapdemo_rule *rule, *next;

	mtree_destroy(&lab->rules);
	list_for_each_entry_safe(rule, next, &lab->rule_list, list)
		kfree(rule);
	if (lab->hooks.nr_rules)
		mmapdemo_hooks_disable();
}
