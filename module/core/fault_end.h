/* SPDX-License-Identifier: GPL-2.0-only */
/* How far page faults may map pages without the invalidate lock, and how they end. */
#ifndef MMAPDEMO_FAULT_END_H
#define MMAPDEMO_FAULT_END_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/percpu.h>

#include "buffer.h"
#include "hooks.h"

/**
 * mmapdemo_fault_enter - begin to map pages without their folios' locks or the invalidate lock
 * @buffer: the buffer
 *
 * mmapdemo_folios_settle() waits until mmapdemo_fault_leave(). Each processor has its own counter,
 * so that others do not write its cache line. A task that moves to another one meanwhile leaves by
 * the same counter.
 *
 * Context: Any. The caller does not sleep before it leaves.
 *
 * Return: for mmapdemo_fault_leave().
 */
static inline atomic_t *mmapdemo_fault_enter(const struct mmapdemo_buffer *buffer)
{
	atomic_t *mapping = &raw_cpu_ptr(buffer->faults)->mapping;

	atomic_inc(mapping);
	smp_mb__after_atomic(); /* pairs with mmapdemo_folios_await_faults() */
	return mapping;
}

static inline void mmapdemo_fault_leave(atomic_t *mapping)
{
	smp_mb__before_atomic(); /* mmapdemo_folios_await_faults() sees the entries */
	atomic_dec(mapping);
}

/**
 * mmapdemo_fault_end - how far page faults may map present pages
 * @buffer: the buffer
 *
 * The answer holds for a folio that the caller has locked until it unlocks it, and for all of them
 * between mmapdemo_fault_enter() and mmapdemo_fault_leave(): see mmapdemo_folios_settle(). It
 * holds for a caller with the invalidate lock anyway.
 *
 * Return: the number of pages; 0 where a caller without the invalidate lock may map none.
 */
static inline pgoff_t mmapdemo_fault_end(const struct mmapdemo_buffer *buffer)
{
	/* Pairs with mmapdemo_buffer_resume_faults(). */
	return smp_load_acquire(&buffer->faults_stopped) ? 0 : mmapdemo_buffer_pages(buffer);
}

/*
 * The same for a page fault that does not look at rules. Setting a rule stops page faults first.
 * A wipe before a new mapping sees the contents needs the invalidate lock, too.
 */
static inline pgoff_t mmapdemo_fault_end_unlocked(const struct mmapdemo_buffer *buffer)
{
	pgoff_t end = mmapdemo_fault_end(buffer);

	return mmapdemo_hooks_active(buffer) || mmapdemo_hooks_wipe(buffer, ~0U) ? 0 : end;
}

/*
 * Updates the file's times after a page fault that has mapped its pages itself. mm/ does that for a
 * page that .fault returns. For a device the times do not matter.
 */
static inline void mmapdemo_fault_stored(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;

	if ((vmf->flags & FAULT_FLAG_WRITE) && (vmf->vma->vm_flags & VM_SHARED) &&
	    file_inode(file) == mmapdemo_buffer_of_vma(vmf->vma)->inode)
		file_update_time(file);
}

#endif
