// SPDX-License-Identifier: GPL-2.0-only
/*
 * The static key of the hooks. A buffer with rules counts once, and so does one with a wipe
 * policy. Switching the key patches code on all processors. A program may set and remove a
 * rule in a loop, so the key is switched off at most once a second.
 */
#include "hooks.h"

DEFINE_STATIC_KEY_DEFERRED_FALSE(mmapdemo_hooks_key, HZ);

/**
 * mmapdemo_hooks_enable - make the core call the hooks
 *
 * Page faults that began earlier may have skipped them.
 *
 * Context: Process context, may sleep. The caller holds no lock that page faults take: this takes
 * the lock of CPU hotplug, which cpusets hold around mmap_lock.
 */
void mmapdemo_hooks_enable(void)
{
	static_branch_deferred_inc(&mmapdemo_hooks_key);
}

/* Undoes one mmapdemo_hooks_enable(). */
void mmapdemo_hooks_disable(void)
{
	static_branch_slow_dec_deferred(&mmapdemo_hooks_key);
}

/* Before the module is unloaded: waits for a deferred switch of the key. */
void mmapdemo_hooks_flush(void)
{
	static_key_deferred_flush(&mmapdemo_hooks_key);
}
