// SPDX-License-Identifier: GPL-2.0-only
/*
 * insert: own pages, all mapped at mmap time.
 *
 * When:    the pages are the driver's, a mapping is used whole (a ring, a control
 *          page), and no later access may fault, wait or fail.
 * Gives:   shared and private, O_DIRECT and the like (the pages are counted), no
 *          fault ever on a shared mapping, nothing to do in a fault handler.
 * Denies:  process-shared futexes (page->mapping is NULL: EFAULT), huge mappings, a
 *          cheap mmap() (it fills all page tables); and what is once unmapped from
 *          it stays so: after MADV_DONTNEED there is SIGBUS, as there is no .fault.
 * Errors:  the kernel cannot move these pages (they are not on the LRU): soft offline
 *          is EIO, the memory stays. After a memory error, read(), write() and the
 *          commands are EIO, and mmap() of that page is EHWPOISON; mappings that have
 *          it already keep it. There is no cure but a reload.
 * Carried: mmap_action_map_kernel_pages_full() from 7.1 on, vm_insert_pages() before.
 * In tree: io_uring/memmap.c, kernel/trace/ring_buffer.c, drivers/xen/gntdev.c,
 *          drivers/firewire/core-cdev.c, drivers/media/common/videobuf2/
 *          videobuf2-dma-sg.c.
 */
#include "core/buffer.h"
#include "core/mapping.h"
#include "core/strategy.h"
#include "fixed.h"
#include "list.h"

static const struct vm_operations_struct mmapdemo_insert_vm_ops = {
	.open	= mmapdemo_vma_open,
	.close	= mmapdemo_vma_close,
	MMAPDEMO_VM_OPS_MAPPED
};

/*
 * Where the page tables run out half-way, what is mapped by then goes with the
 * VMA, which was not counted yet.
 */
static int mmapdemo_insert_mmap_prepare(struct mmapdemo_buffer *buffer,
					struct mmapdemo_vma_desc *desc)
{
	int err;

	/*
	 * What mremap() would add is not mapped by anybody. The core sets VM_MIXEDMAP:
	 * pages that are counted, in a mapping that may have frames without. No
	 * VM_IO, no VM_DONTDUMP: looking at them does nothing.
	 */
	mmapdemo_vma_desc_set_flags(desc, MMAPDEMO_VMA_DONTEXPAND);
	desc->vm_ops = &mmapdemo_insert_vm_ops;
	err = mmapdemo_fixed_mappable(buffer, desc->pgoff, mmapdemo_vma_desc_pages(desc));
	if (err)
		return err;
	mmapdemo_action_map_kernel_pages_full(desc, buffer->pages + desc->pgoff);
	return 0;
}

const struct mmapdemo_strategy mmapdemo_strategy_insert = {
	.name		= "insert",
	.node		= "mmapdemo-insert",
	.init		= mmapdemo_fixed_alloc_pages,
	.exit		= mmapdemo_fixed_free_pages,
	.resident	= mmapdemo_fixed_resident,
	.mmap_prepare	= mmapdemo_insert_mmap_prepare,
	.piece		= mmapdemo_fixed_piece,
	.wipe		= mmapdemo_fixed_wipe,
};
