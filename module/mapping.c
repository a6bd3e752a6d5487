// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens at mmap, in a VMA's life, and at a fault.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>

#include "buffer.h"
#include "mapping.h"

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
	if (atomic_dec_and_test(&buffer->vmas))
		atomic64_inc(&buffer->last_closes);
}

static void mmapdemo_vma_open(struct vm_area_struct *vma)
{
	mmapdemo_mapping_get(mmapdemo_buffer_of(vma->vm_file));
}

static void mmapdemo_vma_close(struct vm_area_struct *vma)
{
	mmapdemo_mapping_put(mmapdemo_buffer_of(vma->vm_file));
}

/*
 * A page that no PTE has yet, and that filemap_map_pages() did not find: its
 * folio is made here on first use. It is returned locked, and only then is the
 * invalidate lock dropped: whoever truncates waits for the folio's lock, and
 * by then the page is mapped and can be found and unmapped.
 */
static vm_fault_t mmapdemo_vma_fault(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vmf->vma->vm_file);
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio;
	vm_fault_t ret;

	atomic64_inc(&buffer->faults);

	filemap_invalidate_lock_shared(mapping);
	folio = mmapdemo_buffer_get_folio(buffer, vmf->pgoff);
	if (IS_ERR(folio)) {
		ret = vmf_error(PTR_ERR(folio)); /* SIGBUS past the end, or OOM */
	} else {
		folio_lock(folio);
		vmf->page = folio_file_page(folio, vmf->pgoff);
		ret = VM_FAULT_LOCKED;
	}
	filemap_invalidate_unlock_shared(mapping);
	return ret;
}

#ifdef MMAPDEMO_HAS_HUGE_FAULT
/* Can the huge page around the faulting address be mapped, as far as the VMA goes? */
static bool mmapdemo_vma_fits_huge(const struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & HPAGE_PMD_MASK;

	return start >= vma->vm_start && start + HPAGE_PMD_SIZE <= vma->vm_end &&
	       IS_ALIGNED(vmf->pgoff - ((vmf->address - start) >> PAGE_SHIFT), HPAGE_PMD_NR);
}

/*
 * The folio's lock keeps faults on single pages of it out, which would put a
 * page table there; one that did so before is seen here, and wins.
 */
static vm_fault_t mmapdemo_vma_insert_huge(struct vm_fault *vmf, struct folio *folio)
{
	vm_fault_t ret = VM_FAULT_FALLBACK;

#ifdef MMAPDEMO_HAS_INSERT_FOLIO_PMD
	folio_lock(folio);
	if (!pmd_none(*vmf->pmd))
		ret = VM_FAULT_NOPAGE;
	else if (!folio_test_has_hwpoisoned(folio))
		ret = vmf_insert_folio_pmd(vmf, folio, vmf->flags & FAULT_FLAG_WRITE);
	folio_unlock(folio);
#else
	/* Takes the lock, and maps all of it or, without a page table, nothing. */
	if (filemap_map_pages(vmf, folio->index, folio->index) & VM_FAULT_NOPAGE)
		ret = VM_FAULT_NOPAGE;
#endif
	return ret;
}

/*
 * Nothing is mapped in a whole PMD's range: map it in one go, without the page
 * table that the core would allocate for .fault and free again.
 */
static vm_fault_t mmapdemo_vma_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vmf->vma->vm_file);
	struct address_space *mapping = buffer->inode->i_mapping;
	vm_fault_t ret = VM_FAULT_FALLBACK;
	struct folio *folio;

	if (order != HPAGE_PMD_ORDER || !mmapdemo_vma_fits_huge(vmf))
		return VM_FAULT_FALLBACK;
	/* A private store copies one page: .fault will be asked for it. */
	if ((vmf->flags & FAULT_FLAG_WRITE) && !(vmf->vma->vm_flags & VM_SHARED))
		return VM_FAULT_FALLBACK;

	filemap_invalidate_lock_shared(mapping);
	folio = mmapdemo_buffer_get_folio(buffer, vmf->pgoff);
	if (!IS_ERR(folio)) {
		if (folio_order(folio) == HPAGE_PMD_ORDER)
			ret = mmapdemo_vma_insert_huge(vmf, folio);
		folio_put(folio);
	}
	filemap_invalidate_unlock_shared(mapping);
	if (ret != VM_FAULT_FALLBACK)
		atomic64_inc(&buffer->huge_faults);
	return ret;
}
#endif

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
	.fault		= mmapdemo_vma_fault,
	MMAPDEMO_VM_OPS_HUGE_FAULT
	.map_pages	= filemap_map_pages,
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
	return 0;
}
#endif
