// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault: pages of the driver's, mapped one by one as programs touch them.
 *
 * When:    the driver allocates single pages (alloc_page()), and a mapping should cost
 *          nothing until it is used, or the driver wants to see, delay or fail each
 *          first access. "Linux Device Drivers" does so.
 * Gives:   shared and private mappings, O_DIRECT and the like (the pages are counted),
 *          a place for checks (the fault lab works), and a new page fault after
 *          MADV_DONTNEED.
 * Denies:  process-shared futexes (page->mapping is NULL: EFAULT), huge mappings, and
 *          resize (rmap could not find freed pages in page tables;
 *          unmap_mapping_range() and a lock could). Each page costs a page fault.
 * Errors:  the kernel cannot move these pages (they are not on the LRU): soft offline is
 *          EIO. After a memory error, read(), write() and the commands are EIO, and
 *          each new page fault is SIGBUS (BUS_MCEERR_AR). Page tables that have the
 *          page already keep it. Only a reload of the module replaces the page.
 * Carried: vm_ops->fault, which sets vmf->page with a reference.
 * In tree: drivers/usb/mon/mon_bin.c, drivers/hsi/clients/cmt_speech.c,
 *          drivers/uio/uio.c (its logical memory), kernel/relay.c,
 *          sound/core/pcm_native.c (status and control page).
 *
 * Unlike LDD3 (2005), this file checks bounds in .fault, too, as VMAs grow and are split. It
 * returns the page locked, so that a task that unmaps it can wait until it is mapped.
 */
#include <linux/pagemap.h>

#include "core/buffer.h"
#include "core/count.h"
#include "core/fault_end.h"
#include "core/mapping.h"
#include "core/strategy.h"
#include "fixed.h"
#include "list.h"
#include "trace.h"

static vm_fault_t mmapdemo_fault_give(struct mmapdemo_buffer *buffer, struct vm_fault *vmf)
{
	struct page *page = buffer->pages[vmf->pgoff];

	lock_page(page);
	/*
	 * mm/ must not get a broken page: it unmaps a locked one through
	 * page->mapping, which is NULL here (6.1 to 7.3: an oops). A memory error
	 * between this check and that of mm/, some instructions later, still causes
	 * the oops.
	 */
	if (PageHWPoison(page)) {
		unlock_page(page);
		return VM_FAULT_HWPOISON;
	}
	get_page(page);
	vmf->page = page;
	return VM_FAULT_LOCKED;
}

/*
 * Takes no invalidate lock, as in core/fault.c: a rule is set with page faults stopped, and then
 * waits for the lock of each page (mmapdemo_fault_settle()).
 */
static vm_fault_t mmapdemo_fault_give_unlocked(struct mmapdemo_buffer *buffer,
					       struct vm_fault *vmf)
{
	vm_fault_t ret = 0;

	if (vmf->pgoff < mmapdemo_fault_end_unlocked(buffer))
		ret = mmapdemo_fault_give(buffer, vmf);
	if (ret != VM_FAULT_LOCKED || mmapdemo_fault_end_unlocked(buffer))
		return ret;
	unlock_page(vmf->page);
	put_page(vmf->page);
	vmf->page = NULL;
	return 0;
}

static vm_fault_t mmapdemo_fault_fault(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	vm_fault_t ret = mmapdemo_fault_give_unlocked(buffer, vmf);

	if (!ret)
		return mmapdemo_fixed_fault(vmf, mmapdemo_fault_give);
	if (ret == VM_FAULT_LOCKED)
		mmapdemo_count_fault(vmf);
	trace_fault(buffer->name, vmf, ret);
	return ret;
}

/*
 * From 6.7 on, a VMA without .map_pages has .fault called with mmap_lock: mm/ drops the VMA's lock
 * and starts again (vmf_can_call_fault()). filemap_map_pages() would find nothing here.
 */
static vm_fault_t mmapdemo_fault_map_none(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	return 0;
}

/* Waits for page faults, which keep a page locked until it is mapped. */
static void mmapdemo_fault_settle(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	for (last = min(last, mmapdemo_buffer_pages(buffer) - 1); first <= last; first++) {
		lock_page(buffer->pages[first]);
		unlock_page(buffer->pages[first]);
	}
}

static const struct vm_operations_struct mmapdemo_fault_vm_ops = {
	.open		= mmapdemo_vma_open,
	.close		= mmapdemo_vma_close,
	MMAPDEMO_VM_OPS_MAPPED
	.fault		= mmapdemo_fault_fault,
	.map_pages	= mmapdemo_fault_map_none,
};

static int mmapdemo_fault_mmap_prepare(struct mmapdemo_buffer *buffer,
				       struct mmapdemo_vma_desc *desc)
{
	/*
	 * mremap() could add no pages. VM_IO and VM_DONTDUMP are not set, as reading
	 * memory has no side effects. VM_DONTEXPAND also ends mlock()'s counting and
	 * merging with neighbours (VM_SPECIAL).
	 */
	mmapdemo_vma_desc_set_flags(desc, MMAPDEMO_VMA_DONTEXPAND);
	desc->vm_ops = &mmapdemo_fault_vm_ops;
	return 0;
}

const struct mmapdemo_strategy mmapdemo_strategy_fault = {
	.name		= "fault",
	.node		= "mmapdemo-fault",
	.init		= mmapdemo_fixed_alloc_pages,
	.exit		= mmapdemo_fixed_free_pages,
	.resident	= mmapdemo_fixed_resident,
	.mmap_prepare	= mmapdemo_fault_mmap_prepare,
	.piece		= mmapdemo_fixed_piece,
	.wipe		= mmapdemo_fixed_wipe,
	.settle		= mmapdemo_fault_settle,
};
