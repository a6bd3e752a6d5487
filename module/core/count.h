/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_COUNT_H
#define MMAPDEMO_COUNT_H

#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#include "buffer.h"

/*
 * Page faults are counted twice: per processor for the buffer, and for the VMA in its
 * vm_private_data. vm_ops->open must not fail, so it cannot rely on memory for a struct.
 * Bit 0 says whether the VMA is counted as a live mapping: from 7.1 on the core also
 * closes a VMA whose mapping failed half-way and which was never counted. Then come the
 * page faults on small pages, and from the middle on the huge pages mapped.
 */
#define MMAPDEMO_VMA_COUNTED		BIT(0)
#define MMAPDEMO_VMA_FAULTS_SHIFT	1
#define MMAPDEMO_VMA_HUGE_SHIFT		(BITS_PER_LONG / 2)

/* A private store copies one page: nothing huge can serve it. */
static inline bool mmapdemo_fault_copies(const struct vm_fault *vmf)
{
	return (vmf->flags & FAULT_FLAG_WRITE) && !(vmf->vma->vm_flags & VM_SHARED);
}

static inline void mmapdemo_count_add(const struct vm_fault *vmf, enum mmapdemo_fault_kind kind,
				      unsigned long vma_one)
{
	this_cpu_inc(mmapdemo_buffer_of(vmf->vma->vm_file)->faults->count[kind]);
	atomic_long_add(vma_one, (atomic_long_t *)&vmf->vma->vm_private_data);
}

static inline void mmapdemo_count_fault(const struct vm_fault *vmf)
{
	enum mmapdemo_fault_kind kind = MMAPDEMO_FAULTED_READ;

	if (mmapdemo_fault_copies(vmf))
		kind = MMAPDEMO_FAULTED_COW;
	else if (vmf->flags & FAULT_FLAG_WRITE)
		kind = MMAPDEMO_FAULTED_WRITE;
	mmapdemo_count_add(vmf, kind, 1UL << MMAPDEMO_VMA_FAULTS_SHIFT);
}

static inline void mmapdemo_count_huge(const struct vm_fault *vmf)
{
	mmapdemo_count_add(vmf, MMAPDEMO_FAULTED_HUGE, 1UL << MMAPDEMO_VMA_HUGE_SHIFT);
}

unsigned long mmapdemo_count_sum(struct mmapdemo_buffer *buffer, enum mmapdemo_fault_kind kind);

#endif
