// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap(), and the life of a VMA, for all strategies.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <uapi/linux/mmapdemo.h>

#include "buffer.h"
#include "hooks.h"
#include "mapping.h"
#include "notify.h"
#include "strategy.h"
#include "tracing.h"

static void mmapdemo_mapping_count(struct mmapdemo_buffer *buffer)
{
	int live = atomic_inc_return(&buffer->vmas);
	int peak = atomic_read(&buffer->vmas_peak);

	while (live > peak && !atomic_try_cmpxchg(&buffer->vmas_peak, &peak, live))
		;
}

/* Counts a VMA that mmap(), a split, mremap() or fork has made. */
static void mmapdemo_mapping_get(struct mmapdemo_buffer *buffer, void **vm_private_data)
{
	*vm_private_data = buffer; /* marks it as counted: see mmapdemo_vma_close() */
	mmapdemo_mapping_count(buffer);
	mmapdemo_hooks_await_wipe(buffer); /* pages may be mapped already */
}

static void mmapdemo_mapping_put(struct mmapdemo_buffer *buffer)
{
	if (mmapdemo_hooks_put(buffer, &buffer->vmas, MMAPDEMO_WIPE_ON_LAST_UNMAP, "last unmap"))
		mmapdemo_notify_event(buffer, MMAPDEMO_LAST_CLOSED);
}

void mmapdemo_vma_open(struct vm_area_struct *vma)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vma->vm_file);

	mmapdemo_mapping_get(buffer, &vma->vm_private_data);
	trace_vma_open(buffer->name, vma, atomic_read(&buffer->vmas));
}

void mmapdemo_vma_close(struct vm_area_struct *vma)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vma->vm_file);

	/* From 7.1 on mm/ also closes a VMA whose mapping failed half-way. */
	if (!vma->vm_private_data)
		return;
	trace_vma_close(buffer->name, vma, atomic_read(&buffer->vmas) - 1);
	mmapdemo_mapping_put(buffer);
}

/* A new mapping can only be counted here: no later step can fail or merge it away. */
int mmapdemo_vma_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
			const struct file *file, void **vm_private_data)
{
	mmapdemo_mapping_get(mmapdemo_buffer_of(file), vm_private_data);
	return 0;
}

/*
 * A mapping may reach past the end of `pagecache', as of a file, but not past what a
 * file offset can name. The kernel checks that for regular files and block devices
 * only (file_mmap_size_max()).
 */
static int mmapdemo_mapping_check(struct mmapdemo_buffer *buffer, pgoff_t pgoff,
				  unsigned long pages)
{
	pgoff_t end;

	if (READ_ONCE(buffer->revoked))
		return -ENODEV;
	if (check_add_overflow(pgoff, pages, &end) || end > MAX_LFS_FILESIZE >> PAGE_SHIFT)
		return -EOVERFLOW;
	if (!buffer->strategy->may_pass_end && end > mmapdemo_buffer_pages(buffer))
		return -EINVAL;
	return 0;
}

int mmapdemo_mapping_mmap_prepare(struct mmapdemo_vma_desc *desc)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(desc->file);
	pgoff_t pgoff = desc->pgoff; /* the strategy may have its own */
	int err = mmapdemo_mapping_check(buffer, pgoff, mmapdemo_vma_desc_pages(desc));

	if (!err)
		err = buffer->strategy->mmap_prepare(buffer, desc);
	if (!err)
		trace_mmap(buffer->name, desc->start, desc->end, pgoff,
			   mmapdemo_vma_desc_flags(desc));
	return err;
}

#ifdef MMAPDEMO_HAS_MMAP_PREPARE
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_mapping_mmap_prepare);
#endif

#ifndef MMAPDEMO_HAS_MMAP_PREPARE
/* .mmap, in place of .mmap_prepare. */
int mmapdemo_mapping_mmap_by_desc(struct file *file, struct vm_area_struct *vma)
{
	return mmapdemo_vma_desc_mmap(file, vma, mmapdemo_mapping_mmap_prepare,
				      mmapdemo_vma_mapped);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_mapping_mmap_by_desc);
#endif

int mmapdemo_mapping_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);
	int err = mmapdemo_mapping_check(buffer, vma->vm_pgoff, vma_pages(vma));

	if (!err)
		err = buffer->strategy->mmap(buffer, vma);
	if (err)
		return err;
	/* If a later step of mm/ fails, it calls .close. */
	mmapdemo_mapping_get(buffer, &vma->vm_private_data);
	trace_mmap(buffer->name, vma->vm_start, vma->vm_end, vma->vm_pgoff, vma->vm_flags);
	return 0;
}
