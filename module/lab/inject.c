// SPDX-License-Identifier: GPL-2.0-only
/*
 * Injections: ranges of the buffer whose accesses fail, take long or are
 * counted, to try programs against memory that can fail.
 *
 * A rule acts where a page is given out: in page faults, read(2), write(2) and the
 * kernel's own accesses. Pages with a rule have small folios only: a huge page-
 * table entry would give out a page together with its neighbours.
 */
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/prandom.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <uapi/linux/mmapdemo.h>

#include "core/strategy.h"
#include "inject.h"
#include "trace.h"

/**
 * struct mmapdemo_rule - what happens to accesses of a range
 * @list: in the buffer's list of rules
 * @parts: how many ranges of the buffer's tree refer to the rule; written with the
 *	invalidate lock held exclusively
 * @injection: as the program gave it
 * @lock: protects what follows, as accesses hold nothing that excludes others
 * @hits: accesses so far
 * @fired: those that failed
 * @worked: for MMAPDEMO_INJECT_NTH, accesses since one failed, with this one
 * @random: for MMAPDEMO_INJECT_RANDOM
 *
 * A later rule may leave several parts of an earlier one: they share it.
 */
struct mmapdemo_rule {
	struct list_head list;
	unsigned long parts;
	struct mmapdemo_injection injection;
	spinlock_t lock; /* what follows */
	u64 hits;
	u64 fired;
	u32 worked;
	struct rnd_state random;
};

static bool mmapdemo_rule_fires(struct mmapdemo_rule *rule)
{
	const struct mmapdemo_injection *injection = &rule->injection;
	bool fires = false;

	lockdep_assert_held(&rule->lock);
	if (injection->action == MMAPDEMO_INJECT_COUNT)
		return false;
	switch (injection->when) {
	case MMAPDEMO_INJECT_ALWAYS:
		fires = true;
		break;
	case MMAPDEMO_INJECT_ONCE:
		fires = !rule->fired;
		break;
	case MMAPDEMO_INJECT_NTH:
		rule->worked++;
		fires = rule->worked == injection->n;
		if (fires)
			rule->worked = 0;
		break;
	case MMAPDEMO_INJECT_RANDOM:
		fires = prandom_u32_state(&rule->random) < injection->n;
		break;
	}
	return fires;
}

static int mmapdemo_rule_errno(const struct mmapdemo_rule *rule)
{
	switch (rule->injection.action) {
	case MMAPDEMO_INJECT_HWPOISON:
		return -EHWPOISON;
	case MMAPDEMO_INJECT_ENOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

/* The first page of these that has a rule; beyond them where none has. */
static pgoff_t mmapdemo_inject_next(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	MA_STATE(mas, &buffer->rules, first, first);
	void *rule;

	lockdep_assert_held(&buffer->inode->i_mapping->invalidate_lock);
	rcu_read_lock();
	rule = mas_find(&mas, last);
	rcu_read_unlock();
	return rule ? max(first, mas.index) : last + 1;
}

bool mmapdemo_inject_has_rule(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	return mmapdemo_inject_next(buffer, first, last) <= last;
}

/**
 * mmapdemo_inject_check - does an access to a page fail?
 * @buffer: the buffer
 * @index: page number
 *
 * Counts the access. The caller holds the invalidate lock until it has given
 * the page out, so that a rule set meanwhile finds it.
 *
 * Return: 0, or -EIO, -EHWPOISON, -ENOMEM as the page's rule says.
 */
int mmapdemo_inject_check(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct mmapdemo_rule *rule;
	bool fires;

	lockdep_assert_held(&buffer->inode->i_mapping->invalidate_lock);
	rule = mtree_load(&buffer->rules, index);
	if (!rule)
		return 0;

	spin_lock(&rule->lock);
	rule->hits++;
	fires = mmapdemo_rule_fires(rule);
	rule->fired += fires;
	spin_unlock(&rule->lock);
	trace_poison_hit(buffer->name, index, rule->injection.action, fires);
	return fires ? mmapdemo_rule_errno(rule) : 0;
}

static ktime_t mmapdemo_inject_delays(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct mmapdemo_rule *rule;

	lockdep_assert_held(&buffer->inode->i_mapping->invalidate_lock);
	rule = mtree_load(&buffer->rules, index);
	return rule ? ns_to_ktime((u64)rule->injection.delay * NSEC_PER_USEC) : 0;
}

/**
 * mmapdemo_inject_delay - how long a page's rule delays an access
 * @buffer: the buffer
 * @index: page number
 *
 * Context: Process context, may sleep; without the invalidate lock.
 *
 * Return: the time, 0 where there is no such rule.
 */
ktime_t mmapdemo_inject_delay(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	ktime_t delay;

	if (!mmapdemo_inject_active(buffer))
		return 0;
	if (down_read_killable(&mapping->invalidate_lock))
		return 0; /* killed: there is no need to wait */
	delay = mmapdemo_inject_delays(buffer, index);
	filemap_invalidate_unlock_shared(mapping);
	return delay;
}

/**
 * mmapdemo_inject_is_slow - whether a rule delays some access of a range
 * @buffer: the buffer
 * @pos: first byte
 * @len: bytes, above 0
 *
 * Return: true, too, where it would have to wait to know.
 */
bool mmapdemo_inject_is_slow(struct mmapdemo_buffer *buffer, loff_t pos, size_t len)
{
	MA_STATE(mas, &buffer->rules, pos >> PAGE_SHIFT, pos >> PAGE_SHIFT);
	struct address_space *mapping = buffer->inode->i_mapping;
	struct mmapdemo_rule *rule;
	bool slow = false;

	if (!filemap_invalidate_trylock_shared(mapping))
		return true;
	rcu_read_lock();
	mas_for_each(&mas, rule, (pos + len - 1) >> PAGE_SHIFT)
		slow |= rule->injection.delay;
	rcu_read_unlock();
	filemap_invalidate_unlock_shared(mapping);
	return slow;
}

/**
 * mmapdemo_inject_sleep - wait that long
 * @delay: the time
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, or -EINTR after a fatal signal.
 */
int mmapdemo_inject_sleep(ktime_t delay)
{
	if (delay) {
		set_current_state(TASK_KILLABLE);
		schedule_hrtimeout(&delay, HRTIMER_MODE_REL);
	}
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/**
 * mmapdemo_inject_access - whether an access other than a page fault fails, and how far
 * @buffer: the buffer
 * @pos: where it begins, in bytes
 * @len: in: bytes of it; out: as many of them as the answer holds for
 * @nowait: it must not sleep
 *
 * Return: 0, -EINTR after a fatal signal, -EIO or -ENOMEM as the rule says, -EAGAIN
 * where it would have to sleep: the access is not counted then.
 */
int mmapdemo_inject_access(struct mmapdemo_buffer *buffer, loff_t pos, size_t *len, bool nowait)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	pgoff_t index = pos >> PAGE_SHIFT;
	pgoff_t next;
	int err;

	if (!mmapdemo_inject_active(buffer))
		return 0;
	if (nowait) {
		if (!filemap_invalidate_trylock_shared(mapping))
			return -EAGAIN;
		if (mmapdemo_inject_delays(buffer, index)) {
			filemap_invalidate_unlock_shared(mapping);
			return -EAGAIN;
		}
	} else {
		err = mmapdemo_inject_sleep(mmapdemo_inject_delay(buffer, index));
		if (err)
			return err;
		filemap_invalidate_lock_shared(mapping);
	}
	err = mmapdemo_inject_check(buffer, index);
	next = mmapdemo_inject_next(buffer, index, (pos + *len - 1) >> PAGE_SHIFT);
	next = max(next, index + 1);
	*len = min_t(u64, *len, ((u64)next << PAGE_SHIFT) - pos);
	filemap_invalidate_unlock_shared(mapping);
	return err == -EHWPOISON ? -EIO : err;
}

/**
 * mmapdemo_inject_cut - count what a new entry of the tree leaves of older ones
 * @buffer: the buffer
 * @first: the entry's first page
 * @last: its last page
 * @sign: 1: the rules count their parts so; -1: they undo that; 0: they stay as they are
 *
 * An older entry loses a part if the new one covers it, and gains one if the new
 * one cuts it in two.
 *
 * Return: how many parts are gained; negative if more are lost.
 */
static long mmapdemo_inject_cut(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last,
				int sign)
{
	MA_STATE(mas, &buffer->rules, first, first);
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
static void mmapdemo_inject_collect(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_rule *rule, *next;

	lockdep_assert_held_write(&buffer->inode->i_mapping->invalidate_lock);
	list_for_each_entry_safe(rule, next, &buffer->rule_list, list) {
		if (!rule->parts) {
			list_del(&rule->list);
			kfree(rule);
		}
	}
}

/*
 * Puts a rule, or none, in the place of those that a range has. Healing has no
 * limit but memory, which the caller's control group is charged for: a
 * program must be able to end a rule that it made, or a part of it.
 */
static int mmapdemo_inject_store(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last,
				 struct mmapdemo_rule *rule)
{
	unsigned long parts = buffer->nr_rules + mmapdemo_inject_cut(buffer, first, last, 0);
	int err = 0;

	if (rule && ++parts > MMAPDEMO_INJECT_RULES_MAX)
		return -ENOSPC;
	/* The maple tree's nodes are charged to nobody: they must have an end. */
	if (parts > MMAPDEMO_INJECT_PARTS_MAX)
		return -ENOSPC;
	if (rule && buffer->strategy->split)
		err = buffer->strategy->split(buffer, first, last);
	if (err)
		return err;

	mmapdemo_inject_cut(buffer, first, last, 1);
	err = mtree_store_range(&buffer->rules, first, last, rule, GFP_KERNEL_ACCOUNT);
	if (err) {
		mmapdemo_inject_cut(buffer, first, last, -1);
		return err;
	}
	if (rule)
		list_add_tail(&rule->list, &buffer->rule_list);
	WRITE_ONCE(buffer->nr_rules, parts);
	mmapdemo_inject_collect(buffer);
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

/**
 * mmapdemo_inject_set - give a range a rule in place of those it has
 * @buffer: the buffer
 * @injection: the rule, checked; with MMAPDEMO_INJECT_NONE there is none from now on
 *
 * Return: 0; -ENOSPC if there would be too many rules, never with
 * MMAPDEMO_INJECT_NONE; -EBUSY or -EINTR as the strategy's split(); -ENOMEM. An error
 * changes no rule, but folios may be small that were huge.
 */
int mmapdemo_inject_set(struct mmapdemo_buffer *buffer, const struct mmapdemo_injection *injection)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	pgoff_t first = injection->offset >> PAGE_SHIFT;
	pgoff_t last = (injection->offset + injection->length - 1) >> PAGE_SHIFT;
	struct mmapdemo_rule *rule = NULL;
	int err;

	if (injection->action != MMAPDEMO_INJECT_NONE) {
		rule = mmapdemo_rule_new(injection);
		if (!rule)
			return -ENOMEM;
	}

	err = mmapdemo_buffer_lock(buffer);
	if (err)
		goto free;
	filemap_invalidate_lock(mapping);
	err = mmapdemo_inject_store(buffer, first, last, rule);
	if (err)
		goto unlock;
	/* Who has the pages mapped, or was just given them, asks again. */
	buffer->strategy->settle(buffer, first, last);
	unmap_mapping_pages(mapping, first, last - first + 1, false);
unlock:
	filemap_invalidate_unlock(mapping);
	mmapdemo_buffer_unlock(buffer);
free:
	if (err)
		kfree(rule);
	return err;
}

/**
 * mmapdemo_inject_list - list some of the rules, by offset
 * @buffer: the buffer
 * @cursor: where to begin; returned: where the next call goes on, and how many
 *	parts of rules there are in all
 * @injections: where to write them
 * @room: how many at most, not 0
 *
 * Return: how many were written; the last ones if that is less than @room.
 */
unsigned int mmapdemo_inject_list(struct mmapdemo_buffer *buffer,
				  struct mmapdemo_inject_cursor *cursor,
				  struct mmapdemo_injection *injections, unsigned int room)
{
	MA_STATE(mas, &buffer->rules, cursor->index, cursor->index);
	struct address_space *mapping = buffer->inode->i_mapping;
	struct mmapdemo_rule *rule;
	unsigned int count = 0;

	filemap_invalidate_lock_shared(mapping);
	cursor->parts = buffer->nr_rules;
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

void mmapdemo_inject_init(struct mmapdemo_buffer *buffer)
{
	mt_init(&buffer->rules);
	INIT_LIST_HEAD(&buffer->rule_list);
}

void mmapdemo_inject_exit(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_rule *rule, *next;

	mtree_destroy(&buffer->rules);
	list_for_each_entry_safe(rule, next, &buffer->rule_list, list)
		kfree(rule);
}
