// SPDX-License-Identifier: GPL-2.0-only
/* Delays of accesses, as rules say. */
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "core/hooks.h"
#include "delay.h"
#include "rules.h"

/* How long the rule of a page delays an access. The caller holds the invalidate lock. */
ktime_t mmapdemo_delay_of(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct mmapdemo_rule *rule;

	lockdep_assert_held(&buffer->inode->i_mapping->invalidate_lock);
	rule = mtree_load(&mmapdemo_lab_of(buffer)->rules, index);
	return rule ? ns_to_ktime((u64)rule->injection.delay * NSEC_PER_USEC) : 0;
}

/* The same, for a caller without the invalidate lock. It may sleep. */
static ktime_t mmapdemo_delay_find(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	ktime_t delay;

	if (down_read_killable(&mapping->invalidate_lock))
		return 0; /* killed: do not wait */
	delay = mmapdemo_delay_of(buffer, index);
	filemap_invalidate_unlock_shared(mapping);
	return delay;
}

/* hook_ops->slow */
bool mmapdemo_delay_is_slow(struct mmapdemo_buffer *buffer, loff_t pos, size_t len)
{
	MA_STATE(mas, &mmapdemo_lab_of(buffer)->rules, pos >> PAGE_SHIFT, pos >> PAGE_SHIFT);
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

/* Return: 0, or -EINTR after a fatal signal. */
static int mmapdemo_delay_sleep(ktime_t delay)
{
	if (delay) {
		set_current_state(TASK_KILLABLE);
		schedule_hrtimeout(&delay, HRTIMER_MODE_REL);
	}
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/**
 * mmapdemo_delay_access - delay an access other than a page fault
 * @buffer: the buffer
 * @index: page number
 *
 * Context: Process context, may sleep; without the invalidate lock.
 *
 * Return: 0, or -EINTR after a fatal signal.
 */
int mmapdemo_delay_access(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	return mmapdemo_delay_sleep(mmapdemo_delay_find(buffer, index));
}

static struct mmapdemo_served *mmapdemo_delay_slot(struct mmapdemo_lab *lab)
{
	return &lab->served[hash_ptr(current, MMAPDEMO_SERVED_BITS)];
}

static void mmapdemo_delay_remember(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct mmapdemo_lab *lab = mmapdemo_lab_of(buffer);

	spin_lock(&lab->served_lock);
	*mmapdemo_delay_slot(lab) = (struct mmapdemo_served){
		.task		= current,
		.started	= current->start_time,
		.index		= index,
	};
	spin_unlock(&lab->served_lock);
}

/* Whether this task's page fault has had its delay. Clears that mark. */
static bool mmapdemo_delay_was_served(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct mmapdemo_lab *lab = mmapdemo_lab_of(buffer);
	struct mmapdemo_served *slot = mmapdemo_delay_slot(lab);
	bool served;

	spin_lock(&lab->served_lock);
	served = slot->task == current && slot->started == current->start_time &&
		 slot->index == index;
	if (served)
		slot->task = NULL;
	spin_unlock(&lab->served_lock);
	return served;
}

/*
 * hook_ops->delay. If the page fault may be retried, this drops the lock of the mm or of the
 * VMA meanwhile, so that the process can map and unmap other memory. A kernel thread keeps
 * the lock, as its last fput() runs elsewhere, and would not keep this module loaded.
 *
 * FAULT_FLAG_TRIED does not tell whether a page fault has had its delay. mlock() and
 * MAP_POPULATE do not set it (__mm_populate(), mm/gup.c). Neither is it set if a signal was
 * pending and the program ran its handler first (fault_signal_pending()). Such page faults
 * would be delayed for ever.
 *
 * Return: 0 to go on; VM_FAULT_RETRY after a delay for which the lock was dropped, or if
 * the page fault must not wait; VM_FAULT_SIGBUS after a fatal signal.
 */
vm_fault_t mmapdemo_delay_fault(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	pgoff_t index = vmf->pgoff;
	ktime_t delay = mmapdemo_delay_find(buffer, index);

	if (!delay || mmapdemo_delay_was_served(buffer, index) || vmf->flags & FAULT_FLAG_TRIED)
		return 0;
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY) || current->flags & PF_KTHREAD)
		return mmapdemo_delay_sleep(delay) ? VM_FAULT_SIGBUS : 0;
	get_file(file);
	mmapdemo_release_fault_lock(vmf);
	mmapdemo_delay_sleep(delay);
	mmapdemo_delay_remember(buffer, index);
	fput(file);
	return VM_FAULT_RETRY;
}
