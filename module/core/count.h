/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_COUNT_H
#define MMAPDEMO_COUNT_H

#include <linux/mm.h>
#include <linux/percpu.h>

#include "buffer.h"

/* Whether the page fault is a store to a private mapping, which copies one page. */
static inline bool mmapdemo_fault_copies(const struct vm_fault *vmf)
{
	return (vmf->flags & FAULT_FLAG_WRITE) && !(vmf->vma->vm_flags & VM_SHARED);
}

/* Per processor, so that page faults share no cache line that they write. */
static inline void mmapdemo_count_add(const struct vm_fault *vmf, enum mmapdemo_fault_kind kind)
{
	this_cpu_inc(mmapdemo_buffer_of_vma(vmf->vma)->faults->count[kind]);
}

static inline void mmapdemo_count_fault(const struct vm_fault *vmf)
{
	enum mmapdemo_fault_kind kind = MMAPDEMO_FAULTED_READ;

	if (mmapdemo_fault_copies(vmf))
		kind = MMAPDEMO_FAULTED_COW;
	else if (vmf->flags & FAULT_FLAG_WRITE)
		kind = MMAPDEMO_FAULTED_WRITE;
	mmapdemo_count_add(vmf, kind);
}

static inline void mmapdemo_count_huge(const struct vm_fault *vmf)
{
	mmapdemo_count_add(vmf, MMAPDEMO_FAULTED_HUGE);
}

unsigned long mmapdemo_count_sum(struct mmapdemo_buffer *buffer, enum mmapdemo_fault_kind kind);

#endif
