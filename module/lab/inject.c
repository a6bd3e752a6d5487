// SPDX-License-Identifier: GPL-2.0-only
/*
 * Injections: accesses that fail or are counted as a rule says, to test how programs handle
 * failing memory. A rule acts on page faults, read(2), write(2) and the kernel's own accesses.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "core/hooks.h"
#include "delay.h"
#include "inject.h"
#include "rules.h"
#include "trace.h"

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

/* The first page of a range that has a rule; a page beyond the range if none has. */
static pgoff_t mmapdemo_inject_next(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	MA_STATE(mas, &mmapdemo_lab_of(buffer)->rules, first, first);
	void *rule;

	lockdep_assert_held(&buffer->inode->i_mapping->invalidate_lock);
	rcu_read_lock();
	rule = mas_find(&mas, last);
	rcu_read_unlock();
	return rule ? max(first, mas.index) : last + 1;
}

/* hook_ops->has_rule */
bool mmapdemo_inject_has_rule(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	return mmapdemo_inject_next(buffer, first, last) <= last;
}

/* hook_ops->check */
int mmapdemo_inject_check(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct mmapdemo_rule *rule;
	bool fires;

	lockdep_assert_held(&buffer->inode->i_mapping->invalidate_lock);
	rule = mtree_load(&mmapdemo_lab_of(buffer)->rules, index);
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

/* hook_ops->access */
int mmapdemo_inject_access(struct mmapdemo_buffer *buffer, loff_t pos, size_t *len, bool nowait)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	pgoff_t index = pos >> PAGE_SHIFT;
	pgoff_t next;
	int err;

	if (nowait) {
		if (!filemap_invalidate_trylock_shared(mapping))
			return -EAGAIN;
		if (mmapdemo_delay_of(buffer, index)) {
			filemap_invalidate_unlock_shared(mapping);
			return -EAGAIN;
		}
	} else {
		err = mmapdemo_delay_access(buffer, index);
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
