// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps a huge folio with filemap_map_pages(): kernels before 6.15. There mm/ also maps
 * huge pages itself, for a folio that .fault returns or filemap_map_pages() finds.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "count.h"
#include "fault_end.h"
#include "huge.h"

/**
 * mmapdemo_huge_insert - map a huge folio where the page table has no entry
 * @vmf: the page fault, with the PMD
 * @folio: the folio, which the caller has locked and this unlocks
 *
 * Page faults on other pages, guard regions (MADV_GUARD_INSTALL) and UFFDIO_WRITEPROTECT
 * may install a page table meanwhile, as they hold the VMA lock for reading only.
 * filemap_map_pages() tries to lock the folio, and maps all of it or, without a page
 * table, nothing. mmapdemo_folios_settle() waits for that.
 *
 * Return: whether it is mapped.
 */
bool mmapdemo_huge_insert(struct vm_fault *vmf, struct folio *folio)
{
	atomic_t *mapping = mmapdemo_fault_enter(mmapdemo_buffer_of_vma(vmf->vma));
	bool mapped;

	mapped = pmd_none(*vmf->pmd) && mmapdemo_huge_is(vmf, folio);
	folio_unlock(folio);
	if (mapped)
		mapped = filemap_map_pages(vmf, folio->index, folio->index) & VM_FAULT_NOPAGE;
	mmapdemo_fault_leave(mapping);
	if (mapped)
		mmapdemo_count_huge(vmf);
	return mapped;
}

void mmapdemo_huge_mapped_by_core(struct vm_fault *vmf)
{
	mmapdemo_count_huge(vmf);
	mmapdemo_huge_around(vmf);
}

/* .fault is about to return a huge folio. */
void mmapdemo_huge_returned(struct vm_fault *vmf)
{
	if (pmd_none(*vmf->pmd) && mmapdemo_huge_fits(vmf) && !mmapdemo_fault_copies(vmf))
		mmapdemo_huge_mapped_by_core(vmf);
}
