// SPDX-License-Identifier: GPL-2.0-only
/* Huge pages of the strategy `pagecache', in page faults. */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/userfaultfd_k.h>

#include "buffer.h"
#include "collapse.h"
#include "count.h"
#include "fault_end.h"
#include "folios.h"
#include "hooks.h"
#include "huge.h"
#include "tracing.h"

/* One page fault maps at most this many huge pages, as fault-around does small ones. */
#define MMAPDEMO_HUGE_AROUND	16

/* Whether the VMA has room for the huge page around the faulting address. */
bool mmapdemo_huge_fits(const struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & HPAGE_PMD_MASK;

	return start >= vma->vm_start && start + HPAGE_PMD_SIZE <= vma->vm_end &&
	       IS_ALIGNED(vmf->pgoff - ((vmf->address - start) >> PAGE_SHIFT), HPAGE_PMD_NR);
}

/*
 * Whether a locked folio can be mapped as the huge page around a page. It may have been split or
 * removed before it was locked. All of it must lie inside the end: prealloc may have made folios
 * beyond it, for a larger size.
 */
bool mmapdemo_huge_is(const struct vm_fault *vmf, struct folio *folio)
{
	return folio->mapping == vmf->vma->vm_file->f_mapping &&
	       folio_order(folio) == HPAGE_PMD_ORDER && folio_test_uptodate(folio) &&
	       folio_next_index(folio) <= mmapdemo_fault_end(mmapdemo_buffer_of_vma(vmf->vma));
}

/* Maps a huge page beside the faulting one, in the same page table, if it has a huge folio. */
static void mmapdemo_huge_next(struct vm_fault *vmf, unsigned long addr, pmd_t *pmd)
{
	struct vm_fault next = {
		.vma		= vmf->vma,
		.gfp_mask	= vmf->gfp_mask,
		.pgoff		= vmf->vma->vm_pgoff +
				  ((addr - vmf->vma->vm_start) >> PAGE_SHIFT),
		.address	= addr,
		.real_address	= addr,
		.flags		= vmf->flags & ~FAULT_FLAG_WRITE,
		.pmd		= pmd,
		.prealloc_pte	= vmf->prealloc_pte,
	};
	struct folio *folio = filemap_get_folio(vmf->vma->vm_file->f_mapping, next.pgoff);

	if (IS_ERR_OR_NULL(folio))
		return;
	if (folio_order(folio) == HPAGE_PMD_ORDER && folio_trylock(folio))
		mmapdemo_huge_insert(&next, folio);
	folio_put(folio);
	vmf->prealloc_pte = next.prealloc_pte;
}

/*
 * Fault-around for huge pages: the same page fault maps the present huge folios that
 * follow, because a page fault costs more than an entry. It maps them as for reading. A
 * store that the VMA's protection allows then needs no page fault of its own, unless
 * stores are tracked.
 */
void mmapdemo_huge_around(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address & HPAGE_PMD_MASK;
	unsigned long end = pud_addr_end(addr, vma->vm_end);
	pmd_t *pmd = vmf->pmd;
	int i;

	if ((vma->vm_flags & VM_RAND_READ) || uffd_disable_fault_around(vma))
		return;
	for (i = 1; i < MMAPDEMO_HUGE_AROUND; i++) {
		addr += HPAGE_PMD_SIZE;
		pmd++;
		if (addr + HPAGE_PMD_SIZE > end)
			break;
		if (mmapdemo_map_pages_needs_table() && !vmf->prealloc_pte)
			break;
		if (pmd_none(*pmd))
			mmapdemo_huge_next(vmf, addr, pmd);
	}
}

/* Returns the folio of a present page, locked, without the invalidate lock; or NULL. */
static struct folio *mmapdemo_huge_resident(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	struct folio *folio;

	if (!mmapdemo_fault_end_unlocked(buffer))
		return NULL;
	folio = filemap_lock_folio(buffer->inode->i_mapping, vmf->pgoff);
	return IS_ERR(folio) ? NULL : folio;
}

/* Returns the folio of a page of a chunk without rules, locked, made if it is missing; or NULL. */
static struct folio *mmapdemo_huge_made(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	pgoff_t first = round_down(vmf->pgoff, HPAGE_PMD_NR);
	struct folio *folio;

	/* A chunk with a rule has small folios only, whose page faults check the rule. */
	if (vmf->pgoff >= mmapdemo_buffer_pages(buffer) ||
	    mmapdemo_hooks_has_rule(buffer, first, first + HPAGE_PMD_NR - 1))
		return NULL;
	folio = mmapdemo_folios_lock(buffer, vmf->pgoff, 1, vmf);
	return IS_ERR(folio) ? NULL : folio;
}

/* Maps a locked folio if it is huge, and the huge folios beside it. Unlocks it. */
static vm_fault_t mmapdemo_huge_serve(struct vm_fault *vmf, struct folio *folio)
{
	vm_fault_t ret = VM_FAULT_FALLBACK;

	if (folio_order(folio) != HPAGE_PMD_ORDER) {
		folio_unlock(folio);
	} else if (mmapdemo_huge_insert(vmf, folio)) {
		mmapdemo_huge_around(vmf);
		mmapdemo_fault_stored(vmf);
		ret = VM_FAULT_NOPAGE;
	}
	folio_put(folio);
	return ret;
}

/*
 * vm_ops->huge_fault, since 6.6. If nothing is mapped in the range of a PMD, this maps the range
 * at once, without the page table that mm/ would allocate for .fault and free again. If a huge
 * page is mapped and stores to it are tracked, the store needs small pages.
 */
vm_fault_t mmapdemo_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	struct address_space *mapping = buffer->inode->i_mapping;
	vm_fault_t ret = VM_FAULT_FALLBACK;
	struct folio *folio;

	if (order != HPAGE_PMD_ORDER || !pmd_none(*vmf->pmd) ||
	    !mmapdemo_huge_fits(vmf) || mmapdemo_fault_copies(vmf))
		return VM_FAULT_FALLBACK;
	/* mm/ frees an unused page table after .fault, but not after .huge_fault. */
	if (mmapdemo_map_pages_needs_table())
		return VM_FAULT_FALLBACK;

	folio = mmapdemo_huge_resident(vmf);
	if (folio) {
		bool small = folio_order(folio) != HPAGE_PMD_ORDER;

		ret = mmapdemo_huge_serve(vmf, folio);
		folio = NULL;
		if (small && mmapdemo_collapse_in_fault(vmf))
			folio = mmapdemo_huge_resident(vmf);
		if (folio)
			ret = mmapdemo_huge_serve(vmf, folio);
	} else {
		if (mmapdemo_buffer_lock_mapping(mapping))
			return VM_FAULT_FALLBACK; /* killed: .fault reports it */
		folio = mmapdemo_huge_made(vmf);
		if (folio)
			ret = mmapdemo_huge_serve(vmf, folio);
		filemap_invalidate_unlock_shared(mapping);
	}
	trace_huge_fault(buffer->name, vmf, ret);
	return ret;
}
