/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the lab (module/lab/) acts on page faults and mappings. The core calls it through
 * a table of functions and does not know it otherwise. While no buffer has a rule or a
 * wipe policy, a static key makes each of these tests a no-operation.
 */
#ifndef MMAPDEMO_HOOKS_H
#define MMAPDEMO_HOOKS_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/jump_label_ratelimit.h>
#include <linux/mm_types.h>

#include "buffer.h"

/**
 * struct mmapdemo_hook_ops - functions of the lab
 * @has_rule: whether a page of a range has a rule. The caller holds the invalidate lock.
 * @check: counts an access to a page. The caller holds the invalidate lock until the
 *	page is mapped or locked, so that a rule set meanwhile finds it. It returns 0, or -EIO,
 *	-EHWPOISON, -ENOMEM as the page's rule says.
 * @delay: delays a page fault for as long as its page's rule says. The caller holds no lock
 *	of the module. It returns 0 to go on, or what the page fault is to return.
 * @access: whether an access other than a page fault fails. It shortens @len, the bytes from
 *	@pos on, to those for which the answer holds. With @nowait it must not sleep.
 *	It returns 0, -EINTR after a fatal signal, -EIO or -ENOMEM as the rule says, -EAGAIN
 *	where it would have to sleep: the access is not counted then.
 * @slow: whether a rule delays some access of a range of bytes; also true where finding out
 *	would wait
 * @put: drops a count of users, and wipes after the last one. @why is for the trace.
 *	It returns whether it was the last one.
 * @detach: the buffer is about to be freed: drops the hooks
 */
struct mmapdemo_hook_ops {
	bool (*has_rule)(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
	int (*check)(struct mmapdemo_buffer *buffer, pgoff_t index);
	vm_fault_t (*delay)(struct vm_fault *vmf);
	int (*access)(struct mmapdemo_buffer *buffer, loff_t pos, size_t *len, bool nowait);
	bool (*slow)(struct mmapdemo_buffer *buffer, loff_t pos, size_t len);
	bool (*put)(struct mmapdemo_buffer *buffer, atomic_t *users, const char *why);
	void (*detach)(struct mmapdemo_buffer *buffer);
};

/**
 * struct mmapdemo_hooks - the lab's hooks of a buffer
 * @ops: its functions
 * @nr_rules: how many parts of rules there are. Changed with the invalidate lock held
 *	exclusively, read without a lock.
 * @wipe_policy: MMAPDEMO_WIPE_ON_ bits
 */
struct mmapdemo_hooks {
	const struct mmapdemo_hook_ops *ops;
	unsigned long nr_rules;
	unsigned int wipe_policy;
};

#ifdef MMAPDEMO_CORE_ALONE /* there is no lab */
static inline bool mmapdemo_hooks_used(const struct mmapdemo_buffer *buffer)
{
	return false;
}
#else
extern struct static_key_false_deferred mmapdemo_hooks_key;

void mmapdemo_hooks_enable(void);
void mmapdemo_hooks_disable(void);
void mmapdemo_hooks_flush(void);

static inline bool mmapdemo_hooks_used(const struct mmapdemo_buffer *buffer)
{
	return static_branch_unlikely(&mmapdemo_hooks_key.key) && READ_ONCE(buffer->hooks);
}
#endif

/* Whether the buffer has rules. */
static inline bool mmapdemo_hooks_active(const struct mmapdemo_buffer *buffer)
{
	return mmapdemo_hooks_used(buffer) && READ_ONCE(buffer->hooks->nr_rules);
}

/* Whether its policy says to wipe on one of these MMAPDEMO_WIPE_ON_ occasions. */
static inline bool mmapdemo_hooks_wipe(const struct mmapdemo_buffer *buffer, unsigned int when)
{
	return mmapdemo_hooks_used(buffer) && (READ_ONCE(buffer->hooks->wipe_policy) & when);
}

static inline bool mmapdemo_hooks_has_rule(struct mmapdemo_buffer *buffer, pgoff_t first,
					   pgoff_t last)
{
	return mmapdemo_hooks_active(buffer) && buffer->hooks->ops->has_rule(buffer, first, last);
}

static inline int mmapdemo_hooks_check(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	return mmapdemo_hooks_active(buffer) ? buffer->hooks->ops->check(buffer, index) : 0;
}

static inline vm_fault_t mmapdemo_hooks_delay(struct mmapdemo_buffer *buffer, struct vm_fault *vmf)
{
	return mmapdemo_hooks_active(buffer) ? buffer->hooks->ops->delay(vmf) : 0;
}

static inline int mmapdemo_hooks_access(struct mmapdemo_buffer *buffer, loff_t pos, size_t *len,
					bool nowait)
{
	if (!mmapdemo_hooks_active(buffer))
		return 0;
	return buffer->hooks->ops->access(buffer, pos, len, nowait);
}

static inline bool mmapdemo_hooks_slow(struct mmapdemo_buffer *buffer, loff_t pos, size_t len)
{
	return mmapdemo_hooks_active(buffer) && buffer->hooks->ops->slow(buffer, pos, len);
}

/*
 * Waits for a wipe. The caller has counted a new user of the buffer, with a full barrier. A user
 * that ends after that is not the last one and does not wipe. One that ended before has read the
 * policy before it dropped the count, so this sees the policy, and waits for its wipe.
 */
static inline void mmapdemo_hooks_await_wipe(const struct mmapdemo_buffer *buffer)
{
	if (mmapdemo_hooks_wipe(buffer, ~0U)) {
		filemap_invalidate_lock_shared(buffer->inode->i_mapping);
		filemap_invalidate_unlock_shared(buffer->inode->i_mapping);
	}
}

/* Drops a count of users, and wipes after the last one if the policy says so. True for the last. */
static inline bool mmapdemo_hooks_put(struct mmapdemo_buffer *buffer, atomic_t *users,
				      unsigned int when, const char *why)
{
	if (mmapdemo_hooks_wipe(buffer, when))
		return buffer->hooks->ops->put(buffer, users, why);
	return atomic_dec_and_test(users);
}

#endif
