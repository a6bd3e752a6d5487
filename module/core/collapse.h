/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_COLLAPSE_H
#define MMAPDEMO_COLLAPSE_H

#include "buffer.h"

struct vm_fault;

#if defined(MMAPDEMO_WITHOUT_HUGE) || !defined(CONFIG_TRANSPARENT_HUGEPAGE)
#define mmapdemo_collapse	NULL /* the strategy cannot */
#else
int mmapdemo_collapse(struct mmapdemo_buffer *buffer, u64 offset, u64 length);
#endif
bool mmapdemo_collapse_in_fault(struct vm_fault *vmf);

/* Between these, pages of a chunk may be missing from the page cache. */
static inline void mmapdemo_collapse_begin(struct mmapdemo_buffer *buffer)
{
	WRITE_ONCE(buffer->collapses, buffer->collapses + 1);
	/*
	 * pairs with the reference that a lookup takes: mmapdemo_collapse_since() sees this, or
	 * mmapdemo_collapse_unused() sees the reference
	 */
	smp_mb();
}

static inline void mmapdemo_collapse_end(struct mmapdemo_buffer *buffer)
{
	/* pairs with mmapdemo_collapse_count() */
	smp_store_release(&buffer->collapses, buffer->collapses + 1);
}

/* For mmapdemo_collapse_since(): the caller reads it before it looks for a page. */
static inline unsigned int mmapdemo_collapse_count(const struct mmapdemo_buffer *buffer)
{
	return smp_load_acquire(&buffer->collapses); /* pairs with mmapdemo_collapse_end() */
}

/*
 * Whether a chunk may have become huge while the caller looked for a page. The caller then looks
 * again, with the invalidate lock held.
 */
static inline bool mmapdemo_collapse_since(const struct mmapdemo_buffer *buffer,
					   unsigned int before)
{
	smp_rmb(); /* pairs with mmapdemo_collapse_begin() */
	return (before & 1) || READ_ONCE(buffer->collapses) != before;
}

#endif
