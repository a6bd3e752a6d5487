/* SPDX-License-Identifier: GPL-2.0-only */
/* How far page faults may map pages without the invalidate lock: fault.c, huge.c, strategies. */
#ifndef MMAPDEMO_FAULT_END_H
#define MMAPDEMO_FAULT_END_H

#include <linux/fs.h>

#include "buffer.h"
#include "hooks.h"

/**
 * mmapdemo_fault_end - how far page faults may map pages that are there
 * @buffer: the buffer
 *
 * The answer holds for a folio that the caller has locked, and for all of them inside an RCU
 * read-side section, until the lock or the section ends: see mmapdemo_folios_settle(). It holds
 * for a caller with the invalidate lock anyway.
 *
 * Return: the number of pages; 0 where a caller without the invalidate lock may map none.
 */
static inline pgoff_t mmapdemo_fault_end(const struct mmapdemo_buffer *buffer)
{
	/* Pairs with mmapdemo_buffer_resume_faults(). */
	return smp_load_acquire(&buffer->faults_stopped) ? 0 : mmapdemo_buffer_pages(buffer);
}

/*
 * The same for a page fault that looks at no rule. A rule that is set later is set with page
 * faults stopped. Wiping before a new mapping sees the contents needs the invalidate lock too.
 */
static inline pgoff_t mmapdemo_fault_end_unlocked(const struct mmapdemo_buffer *buffer)
{
	pgoff_t end = mmapdemo_fault_end(buffer);

	return mmapdemo_hooks_active(buffer) || mmapdemo_hooks_wipe(buffer, ~0U) ? 0 : end;
}

#endif
