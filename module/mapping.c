// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens at mmap and in a VMA's life.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <uapi/linux/mmapdemo.h>

#include "buffer.h"
#include "content.h"
#include "fault.h"
#include "mapping.h"
#include "notify.h"
#include "trace.h"

/* A VMA came to life: mapped, split off, moved to, or inherited over fork. */
static void mmapdemo_mapping_get(struct mmapdemo_buffer *buffer)
{
	int live = atomic_inc_return(&buffer->vmas);
	int peak = atomic_read(&buffer->vmas_peak);

	while (live > peak && !atomic_try_cmpxchg(&buffer->vmas_peak, &peak, live))
		;
}

static void mmapdemo_mapping_put(struct mmapdemo_buffer *buffer)
{
	if (mmapdemo_content_put(buffer, &buffer->vmas, MMAPDEMO_WIPE_ON_LAST_UNMAP, "last unmap"))
		mmapdemo_notify_event(buffer, MMAPDEMO_LAST_CLOSED);
}

static void mmapdemo_vma_open(struct vm_area_struct *vma)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vma->vm_file);

	/* Copied from the VMA that it comes from: its faults are to be its own. */
	vma->vm_private_data = NULL;
	mmapdemo_mapping_get(buffer);
	trace_vma_open(buffer->name, vma, atomic_read(&buffer->vmas));
}

static void mmapdemo_vma_close(struct vm_area_struct *vma)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vma->vm_file);

	trace_vma_close(buffer->name, vma, atomic_read(&buffer->vmas) - 1);
	mmapdemo_mapping_put(buffer);
}

#ifdef MMAPDEMO_HAS_MMAP_PREPARE
/* The only place to count a new mapping: nothing that follows can fail or merge it away. */
static int mmapdemo_vma_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
			       const struct file *file, void **vm_private_data)
{
	mmapdemo_mapping_get(mmapdemo_buffer_of(file));
	return 0;
}
#endif

static const struct vm_operations_struct mmapdemo_vm_ops = {
	.open		= mmapdemo_vma_open,
	.close		= mmapdemo_vma_close,
	MMAPDEMO_VM_OPS_MAPPED
	.fault		= mmapdemo_fault_page,
	MMAPDEMO_VM_OPS_HUGE_FAULT
	.map_pages	= mmapdemo_fault_around,
};

/*
 * As for a file, a mapping may reach past the end (touching it there is
 * SIGBUS), but not past what a file offset can name. The core checks that for
 * regular files and block devices only.
 */
static int mmapdemo_mapping_check(pgoff_t pgoff, unsigned long pages)
{
	pgoff_t end;

	if (check_add_overflow(pgoff, pages, &end) || end > MAX_LFS_FILESIZE >> PAGE_SHIFT)
		return -EOVERFLOW;
	return 0;
}

#ifdef MMAPDEMO_HAS_MMAP_PREPARE
int mmapdemo_mapping_mmap_prepare(struct vm_area_desc *desc)
{
	int err = mmapdemo_mapping_check(desc->pgoff, vma_desc_pages(desc));

	if (err)
		return err;
	desc->vm_ops = &mmapdemo_vm_ops;
	trace_mmap(mmapdemo_buffer_of(desc->file)->name, desc->start, desc->end, desc->pgoff,
		   vma_flags_to_legacy(desc->vma_flags));
	return 0;
}
#else
int mmapdemo_mapping_mmap(struct file *file, struct vm_area_struct *vma)
{
	int err = mmapdemo_mapping_check(vma->vm_pgoff, vma_pages(vma));

	if (err)
		return err;
	vma->vm_ops = &mmapdemo_vm_ops;
	/* Should the core fail after this, it calls close. */
	mmapdemo_mapping_get(mmapdemo_buffer_of(file));
	trace_mmap(mmapdemo_buffer_of(file)->name, vma->vm_start, vma->vm_end, vma->vm_pgoff,
		   vma->vm_flags);
	return 0;
}
#endif
