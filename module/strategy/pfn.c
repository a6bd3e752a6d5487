// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfn: physically contiguous memory, mapped by frame number.
 *
 * When:    the memory has no struct page (a device's registers or memory: a PCI BAR),
 *          or hardware needs it in one piece and knows the address. For ordinary
 *          memory any other strategy gives more.
 * Gives:   contiguity; no page fault; page tables filled by frame numbers alone.
 * Denies:  all that needs a reference to a page: O_DIRECT, io_uring, futexes, vmsplice,
 *          process_vm_readv (EFAULT), mlock, core dumps. fork and munmap count no
 *          references, so freeing mapped memory lets programs access memory of others
 *          (CVE-2024-0582). Here files and VMAs keep the buffer, and so the memory.
 *          Private mappings are refused, see below.
 * Errors:  memory with a struct page behaves as with `insert'; MADV_HWPOISON and
 *          move_pages() do not find it (EFAULT). For memory without one, a driver
 *          learns of an error only by register_pfn_address_space()
 *          (mm/memory-failure.c of 7.x).
 * Carried: mmap_action_remap_full() from 7.1 on, remap_pfn_range() before, which set
 *          VM_IO (no GUP, as reads may have side effects), VM_PFNMAP,
 *          VM_DONTEXPAND and VM_DONTDUMP; .access for debuggers.
 * In tree: drivers/char/mem.c (/dev/mem), drivers/uio/uio.c, drivers/pci/mmap.c,
 *          drivers/infiniband/core/ib_core_uverbs.c.
 *
 * For registers, the driver chooses the page attributes (pgprot_noncached(),
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
 * mm/ supports copy-on-write here, but sets vm_pgoff to the frame number to tell copies from
 * frames, and /proc/PID/maps would show that number to programs. Also, .access could not
 * tell a copy. All private mappings are refused, as one can be made writable at any time.
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
