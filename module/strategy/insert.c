// SPDX-License-Identifier: GPL-2.0-only
/*
 * insert: pages of the driver's, all mapped by mmap().
 *
 * When:    the driver allocates the pages, programs use all of a mapping (a ring, a
 *          control page), and no later access may page-fault, wait or fail.
 * Gives:   shared and private mappings, O_DIRECT and the like (the pages are counted),
 *          no page fault on a shared mapping, and no .fault to write.
 * Denies:  process-shared futexes (page->mapping is NULL: EFAULT), huge mappings, and a
 *          cheap mmap(), which fills all page tables. An unmapped page stays unmapped:
 *          without .fault, an access after MADV_DONTNEED is SIGBUS.
 * Errors:  the kernel cannot move these pages (they are not on the LRU): soft offline is
 *          EIO. After a memory error, read(), write() and the commands are EIO, and
 *          mmap() of that page is EHWPOISON. Mappings that have the page already keep
 *          it. Only a reload of the module replaces the page.
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
 * If memory for page tables runs out half-way, mm/ unmaps the VMA, which was not counted
 * yet.
 */
static int mmapdemo_insert_mmap_prepare(struct mmapdemo_buffer *buffer,
					struct mmapdemo_vma_desc *desc)
{
	int err;

	/*
	 * mremap() would add addresses that nothing maps. mm/ sets VM_MIXEDMAP: the
	 * mapping has counted pages, and may have frames that are not. VM_IO and
	 * VM_DONTDUMP are not set, as reading the pages has no side effects.
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
