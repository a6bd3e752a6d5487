// SPDX-License-Identifier: GPL-2.0-only
/*
 * userfaultfd(2) on mappings of the strategy `pagecache': write-protection and access
 * tracking. mm/ implements both and only asks whether the file allows them.
 *
 * Missing and minor page faults are not offered. A file's ->fault() has to report them
 * with handle_userfault(), as shmem's and hugetlbfs's do, and that function is not
 * exported to modules. Registration is EINVAL, since a monitor that learns of no page
 * fault would lose data.
 *
 * The requests that fill page tables do not work, either. Before mm/ inserts a page, it
 * compares the page's place with the size of the inode that was opened
 * (mfill_file_over_size() in mm/userfaultfd.c). A device node's size is 0, whatever
 * file->f_mapping has, so UFFDIO_COPY, ZEROPAGE and POISON are EFAULT. UFFDIO_CONTINUE
 * is EINVAL, as there is no ->get_folio_noalloc(), which is given that inode as well.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/userfaultfd_k.h>

#include "uffd.h"

#ifdef MMAPDEMO_HAS_UFFD_OPS

static bool mmapdemo_uffd_can(struct vm_area_struct *vma, vm_flags_t vm_flags)
{
	return !(vm_flags & (VM_UFFD_MISSING | VM_UFFD_MINOR));
}

/* mm/ calls this for any UFFDIO_COPY, whether or not the copy can be mapped. */
static struct folio *mmapdemo_uffd_alloc(struct vm_area_struct *vma, unsigned long addr)
{
	return vma_alloc_folio(mapping_gfp_mask(vma->vm_file->f_mapping), 0, vma, addr);
}

/* mm/ would refuse to map the folio next, so it is not added to the page cache. */
static int mmapdemo_uffd_add(struct folio *folio, struct vm_area_struct *vma, unsigned long addr)
{
	return -EFAULT;
}

const struct vm_uffd_ops mmapdemo_uffd_ops = {
	.can_userfault	= mmapdemo_uffd_can,
	.alloc_folio	= mmapdemo_uffd_alloc,
	.filemap_add	= mmapdemo_uffd_add,
};

#endif
