// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfn: physically contiguous memory, mapped by frame number.
 *
 * When:    what is mapped has no struct page (a device's registers or memory: a
 *          PCI BAR), or hardware wants it in one piece and knows the address. For
 *          ordinary memory any other strategy gives more.
 * Gives:   contiguity; no fault ever; page tables filled by frame numbers alone.
 * Denies:  all that needs to hold a page: O_DIRECT, io_uring, futexes, vmsplice,
 *          process_vm_readv (EFAULT), mlock, core dumps, fork's and munmap's
 *          counting, so that freeing the memory while it is mapped is a hole into
 *          the kernel (CVE-2024-0582): here it lives as long as the module, which
 *          files and VMAs hold. And private mappings, see below.
 * Errors:  memory that has a struct page answers as `insert' does; MADV_HWPOISON and
 *          move_pages() do not find it (EFAULT). Of memory that has none, a
 *          driver hears nothing before register_pfn_address_space() (mm/memory-failure.c of
 *          7.x): a processor that reads the error is interrupted.
 * Carried: mmap_action_remap_full() from 7.1 on, remap_pfn_range() before, which set
 *          VM_IO (no GUP, no side effects of being looked at), VM_PFNMAP,
 *          VM_DONTEXPAND and VM_DONTDUMP; .access for debuggers.
 * In tree: drivers/char/mem.c (/dev/mem), drivers/uio/uio.c, drivers/pci/mmap.c,
 *          drivers/infiniband/core/ib_core_uverbs.c.
 *
 * For registers, the attributes are yours to choose (pgprot_noncached(),
 * pgprot_writecombine()). For memory they must be those of the kernel's own mapping, which is
 * write-back until cache.c changes it: two attributes for a page are undefined on some CPUs.
 */
#include "core/buffer.h"
#include "core/mapping.h"
#include "core/strategy.h"
#include "cache.h"
#include "fixed.h"
#include "list.h"

static const struct vm_operations_struct mmapdemo_pfn_vm_ops = {
	.open	= mmapdemo_vma_open,
	.close	= mmapdemo_vma_close,
	MMAPDEMO_VM_OPS_MAPPED
	.access	= mmapdemo_fixed_access,
};

/*
 * The core can copy on write here, but remembers which pages are no copies by
 * having vm_pgoff be the frame number, which it then tells everybody in
 * /proc/PID/maps; and .access could not know a copy. A private mapping can be made
 * writable at any time: all are refused.
 */
static int mmapdemo_pfn_mmap_prepare(struct mmapdemo_buffer *buffer, struct mmapdemo_vma_desc *desc)
{
	int err;

	if (mmapdemo_vma_desc_is_cow_mapping(desc))
		return -EINVAL;
	err = mmapdemo_fixed_mappable(buffer, desc->pgoff, mmapdemo_vma_desc_pages(desc));
	if (err)
		return err;
	desc->vm_ops = &mmapdemo_pfn_vm_ops;
	desc->page_prot = mmapdemo_cache_prot(buffer, desc->page_prot);
	mmapdemo_action_remap_full(desc, mmapdemo_fixed_frame(buffer, desc->pgoff));
	return 0;
}

const struct mmapdemo_strategy mmapdemo_strategy_pfn = {
	.name		= "pfn",
	.node		= "mmapdemo-pfn",
	.may_be_uncached = true,
	.init		= mmapdemo_fixed_alloc_block,
	.exit		= mmapdemo_fixed_free_block,
	.resident	= mmapdemo_fixed_resident,
	.mmap_prepare	= mmapdemo_pfn_mmap_prepare,
	.piece		= mmapdemo_fixed_piece,
	.wipe		= mmapdemo_fixed_wipe,
};
