// SPDX-License-Identifier: GPL-2.0-only
/*
 * pagecache: a file without a file system.
 *
 * When:    the driver may choose the memory, and programs should find all that
 *          they know of files: the default choice for a new driver.
 * Gives:   the whole contract: shared and private, process-shared futexes,
 *          O_DIRECT and io_uring on the mapping, huge mappings, memory on first
 *          use, charged to its user, resize and holes under live mappings,
 *          SIGBUS past the end, migration and compaction, userfaultfd's write
 *          tracking, and from 7.2 on its write-protection.
 * Denies:  physical contiguity, and memory that never moves: for DMA it has to
 *          be pinned like any user memory. Also missing and minor page faults
 *          of userfaultfd, which only the kernel's own shmem and hugetlbfs report.
 * Carried: a private inode's address_space, filemap_add_folio(),
 *          filemap_map_pages(), and in .fault a locked folio of it;
 *          vmf_insert_folio_pmd() from 6.15 on; file->f_mapping set by open().
 * In tree: fs/aio.c (the ring of a context), block/fops.c (block devices),
 *          drivers/dax/device.c, mm/secretmem.c, virt/kvm/guest_memfd.c.
 *
 * folios.c makes the folios, reshape.c splits and frees them, and fault.c serves
 * page faults.
 */
#include <linux/mm.h>

#include "buffer.h"
#include "collapse.h"
#include "fault.h"
#include "folios.h"
#include "huge.h"
#include "mapping.h"
#include "pagecache.h"
#include "pieces.h"
#include "reshape.h"
#include "strategy.h"
#include "uffd.h"

static const struct vm_operations_struct mmapdemo_pagecache_vm_ops = {
	.open		= mmapdemo_vma_open,
	.close		= mmapdemo_vma_close,
	MMAPDEMO_VM_OPS_MAPPED
	.fault		= mmapdemo_fault_page,
	MMAPDEMO_VM_OPS_HUGE_FAULT
	.map_pages	= mmapdemo_fault_around,
	MMAPDEMO_VM_OPS_UFFD
};

/*
 * Sets no VM_ flag. VM_DONTEXPAND is not needed: mremap() adds the file's next pages, or
 * SIGBUS. VM_DONTDUMP and VM_IO are not needed: reading memory has no side effects.
 */
static int mmapdemo_pagecache_mmap_prepare(struct mmapdemo_buffer *buffer,
					   struct mmapdemo_vma_desc *desc)
{
	vm_flags_t flags = mmapdemo_vma_desc_flags(desc);

	desc->vm_ops = &mmapdemo_pagecache_vm_ops;
	/*
	 * mm/ counts a mapping that may be written before it calls this, and
	 * mmapdemo_seal_add() forbids such counts while it sets a seal.
	 */
	if (!mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_WRITES) || !(flags & VM_SHARED))
		return 0;
	if (flags & VM_WRITE)
		return -EPERM;
	mmapdemo_vma_desc_forbid_write(desc);
	return 0;
}

const struct mmapdemo_strategy mmapdemo_strategy_pagecache = {
	.name		= "pagecache",
	.node		= "mmapdemo",
	.may_pass_end	= true,
	.may_be_huge	= true,
	.has_folios	= true,
	.init		= mmapdemo_folios_init,
	.exit		= mmapdemo_folios_exit,
	.resident	= mmapdemo_folios_resident,
	.mmap_prepare	= mmapdemo_pagecache_mmap_prepare,
	.piece		= mmapdemo_pieces_get,
	.present	= mmapdemo_pieces_present,
	.seek		= mmapdemo_pieces_seek,
	.wipe		= mmapdemo_pieces_wipe,
	.resize		= mmapdemo_reshape_resize,
	.punch		= mmapdemo_reshape_punch,
	.collapse	= mmapdemo_collapse,
	.split		= mmapdemo_reshape_split,
	.settle		= mmapdemo_folios_settle,
};
