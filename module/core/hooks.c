// SPDX-License-Identifier: GPL-2.0-only
/*
 * The static key of the hooks. Each buffer that has rules counts once, and each that has a
 * wipe policy. Switching the key patches code on all processors. A program may set and
 * remove a rule in a loop, so the key is switched off at most once a second.
 */
#include "hooks.h"

DEFINE_STATIC_KEY_DEFERRED_FALSE(mmapdemo_hooks_key, HZ);

/**
 * mmapdemo_hooks_enable - have the core call the hooks
 *
 * Page faults that began before may have skipped them.
 *
 * Context: Process context, may sleep. The caller holds no lock that page faults take: the
 * lock of CPU hotplug, which this takes, is held by cpusets around mmap_lock.
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

/* Before the module goes: nothing of the key is left to be done later. */
void mmapdemo_hooks_flush(void)
{
	static_key_deferred_flush(&mmapdemo_hooks_key);
}
