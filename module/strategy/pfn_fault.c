// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfn-fault: physically contiguous memory, whose frames are mapped one by one as they are touched.
 *
 * When:    the memory has no struct page (a PCI BAR), as with `pfn', and is large and used in
 *          parts, or must be unmapped while programs use it (reset, hot-unplug). Page faults
 *          decide afterwards whether to map it again: templates/pfn-fault/ does so.
 * Gives:   mmap() at no cost, a place for checks and delays (the lab's rules work).
 * Denies:  what `pfn' denies, private mappings too. Each page costs a page fault.
 * Errors:  as `pfn', but mmap() does not check for them: each new page fault of a broken page
 *          is SIGBUS (BUS_MCEERR_AR). A page that userfaultfd has marked is SIGBUS, too (6.12).
 * Carried: vm_ops->fault, which calls vmf_insert_pfn(). The driver sets VM_PFNMAP and the other
 *          flags that remap_pfn_range() sets. .access for debuggers.
 * In tree: drivers/misc/ocxl/context.c; in 6.12 also drivers/vfio/pci/vfio_pci_core.c (with huge
 *          entries), drivers/dma-buf/udmabuf.c and heaps/cma_heap.c.
 *
 * fork() copies the entries of a VM_PFNMAP mapping (vma_needs_copy(), mm/memory.c), so the child
 * has no page fault where the parent had one.
 */
#include <linux/mm.h>

#include "core/buffer.h"
#include "core/mapping.h"
#include "core/strategy.h"
#include "cache.h"
#include "fixed.h"
#include "list.h"

static vm_fault_t mmapdemo_pfn_fault_give(struct mmapdemo_buffer *buffer, struct vm_fault *vmf)
{
	if (mmapdemo_fault_is_marked(vmf))
		return VM_FAULT_SIGBUS;
	if (mmapdemo_fixed_broken(buffer, (loff_t)vmf->pgoff << PAGE_SHIFT))
		return VM_FAULT_HWPOISON;
	return vmf_insert_pfn(vmf->vma, vmf->address, mmapdemo_fixed_frame(buffer, vmf->pgoff));
}

static vm_fault_t mmapdemo_pfn_fault_fault(struct vm_fault *vmf)
{
	return mmapdemo_fixed_fault(vmf, mmapdemo_pfn_fault_give);
}

/*
 * Nothing is left to wait for: a page fault holds the invalidate lock until the frame is mapped,
 * and the caller holds that lock exclusively.
 */
static void mmapdemo_pfn_fault_settle(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	lockdep_assert_held_write(&buffer->inode->i_mapping->invalidate_lock);
}

static const struct vm_operations_struct mmapdemo_pfn_fault_vm_ops = {
	.open	= mmapdemo_vma_open,
	.close	= mmapdemo_vma_close,
	MMAPDEMO_VM_OPS_MAPPED
	.fault	= mmapdemo_pfn_fault_fault,
	.access	= mmapdemo_fixed_access,
};

/*
 * vmf_insert_pfn() has a BUG() for copy-on-write mappings, on each architecture, as those without
 * pte_special() could not tell a frame from a copy. All private mappings are refused, as one can be
 * made writable at any time.
 */
static int mmapdemo_pfn_fault_mmap_prepare(struct mmapdemo_buffer *buffer,
					   struct mmapdemo_vma_desc *desc)
{
	if (mmapdemo_vma_desc_is_cow_mapping(desc))
		return -EINVAL;
	mmapdemo_vma_desc_set_pfnmap(desc);
	desc->vm_ops = &mmapdemo_pfn_fault_vm_ops;
	desc->page_prot = mmapdemo_cache_prot(buffer, desc->page_prot);
	return 0;
}

const struct mmapdemo_strategy mmapdemo_strategy_pfn_fault = {
	.name		= "pfn-fault",
	.node		= "mmapdemo-pfn-fault",
	.may_be_uncached = true,
	.init		= mmapdemo_fixed_alloc_block,
	.exit		= mmapdemo_fixed_free_block,
	.resident	= mmapdemo_fixed_resident,
	.mmap_prepare	= mmapdemo_pfn_fault_mmap_prepare,
	.piece		= mmapdemo_fixed_piece,
	.wipe		= mmapdemo_fixed_wipe,
	.settle		= mmapdemo_pfn_fault_settle,
};
