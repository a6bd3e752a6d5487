// SPDX-License-Identifier: GPL-2.0-only
/* Zeroes the contents: on request, or when the last user ends. */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "core/buffer.h"
#include "core/hooks.h"
#include "core/notify.h"
#include "core/strategy.h"
#include "trace.h"
#include "wipe.h"

/**
 * mmapdemo_wipe_all - zero all contents in place
 * @buffer: the buffer. The caller holds its inode's lock or, to keep page faults from
 *	mapping pages that are not zeroed yet, its invalidate lock.
 * @why: for the trace
 * @killable: whether a fatal signal ends it
 *
 * Return: as the strategy's wipe().
 */
static int mmapdemo_wipe_all(struct mmapdemo_buffer *buffer, const char *why, bool killable)
{
	int err = buffer->strategy->wipe(buffer, killable);

	trace_wipe(buffer->name, why, mmapdemo_buffer_bytes(buffer));
	return err;
}

/*
 * hook_ops->put. The invalidate lock makes the end of the last user and its wipe one step:
 * the first page fault, or open, of a new user comes before the count falls or after the
 * wipe. A user that is not the last one takes no lock.
 */
bool mmapdemo_wipe_put(struct mmapdemo_buffer *buffer, atomic_t *users, const char *why)
{
	bool last;

	if (atomic_add_unless(users, -1, 1))
		return false;
	mmapdemo_buffer_stop_faults(buffer);
	last = atomic_dec_and_test(users);
	if (last) /* No error can be reported for a broken page: its next use is an error. */
		mmapdemo_wipe_all(buffer, why, false);
	mmapdemo_buffer_resume_faults(buffer);
	if (last)
		mmapdemo_notify_event(buffer, MMAPDEMO_WIPED);
	return last;
}

/* Sets MMAPDEMO_WIPE_ON_ bits. The caller holds no lock of the module or of an mm. */
void mmapdemo_wipe_set_policy(struct mmapdemo_buffer *buffer, unsigned int policy)
{
	unsigned int old;

	/* A buffer with a policy has enabled the hooks once. */
	if (policy)
		mmapdemo_hooks_enable();
	old = xchg(&buffer->hooks->wipe_policy, policy);
	if (old)
		mmapdemo_hooks_disable();
}

/*
 * Return: 0, -EINTR after a fatal signal, -EPERM where a seal forbids it, -EIO where a page is
 * broken, and all others are zeroed.
 */
int mmapdemo_wipe_now(struct mmapdemo_buffer *buffer)
{
	int err = mmapdemo_buffer_lock(buffer);

	if (err)
		return err;
	err = mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_WRITES) ? -EPERM :
	      mmapdemo_wipe_all(buffer, "now", true);
	mmapdemo_buffer_unlock(buffer);
	if (err != -EINTR && err != -EPERM)
		mmapdemo_notify_event(buffer, MMAPDEMO_WIPED);
	return err;
}
