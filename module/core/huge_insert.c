// SPDX-License-Identifier: GPL-2.0-only
/* Maps a huge folio with vmf_insert_folio_pmd(): kernels since 6.15. */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "count.h"
#include "huge.h"

/**
 * mmapdemo_huge_insert - map a huge folio where the page table has no entry
 * @vmf: the page fault, with the PMD
 * @folio: the folio, which the caller has locked and this unlocks
 *
 * Page faults on other pages, guard regions (MADV_GUARD_INSTALL) and UFFDIO_WRITEPROTECT
 * may install a page table meanwhile, as they hold the VMA lock for reading only. So this
 * never inserts for writing: vmf_insert_folio_pmd() would warn. In a writable VMA whose
 * stores are not tracked, the entry is writable all the same.
 *
 * Return: whether it is mapped.
 */
bool mmapdemo_huge_insert(struct vm_fault *vmf, struct folio *folio)
{
	bool mapped = false;

	if (pmd_none(*vmf->pmd) && mmapdemo_huge_is(vmf, folio) &&
	    !folio_test_has_hwpoisoned(folio)) {
		vmf_insert_folio_pmd(vmf, folio, false);
		mapped = pmd_trans_huge(*vmf->pmd);
	}
	folio_unlock(folio);
	if (mapped)
		mmapdemo_count_huge(vmf);
	return mapped;
}
