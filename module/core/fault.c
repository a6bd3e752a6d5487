// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults of the strategy `pagecache'. A page fault that maps a folio, and not a
 * copy, holds the invalidate lock (shared) until the folio is mapped or locked. So
 * taking that lock exclusively, then locking a folio, then unmapping it guarantees
 * that nobody maps it again.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/userfaultfd_k.h>

#include "buffer.h"
#include "count.h"
#include "fault.h"
#include "folios.h"
#include "hooks.h"
#include "mapping.h"
#include "trace.h"

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
/* One page fault maps at most this many huge pages, as fault-around does small ones. */
#define MMAPDEMO_HUGE_AROUND	16

/* Can the huge page around the faulting address be mapped, as far as the VMA goes? */
static bool mmapdemo_fault_fits_huge(const struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & HPAGE_PMD_MASK;

	return start >= vma->vm_start && start + HPAGE_PMD_SIZE <= vma->vm_end &&
	       IS_ALIGNED(vmf->pgoff - ((vmf->address - start) >> PAGE_SHIFT), HPAGE_PMD_NR);
}

/*
 * Maps a huge folio, which the caller has locked and this unlocks, where the page table
 * has no entry.
 *
 * A page table may come there meanwhile, of page faults on other pages, guard regions
 * (MADV_GUARD_INSTALL) or UFFDIO_WRITEPROTECT, which hold the VMA lock for reading only.
 * So nothing is inserted as for writing: vmf_insert_folio_pmd() warns then. In a VMA
 * that is writable, and whose stores nobody tracks, the entry is writable all the same.
 */
static bool mmapdemo_fault_insert_huge(struct vm_fault *vmf, struct folio *folio)
{
	bool mapped = false;

#ifdef MMAPDEMO_HAS_INSERT_FOLIO_PMD
	if (pmd_none(*vmf->pmd) && folio->mapping == vmf->vma->vm_file->f_mapping &&
	    folio_test_uptodate(folio) && !folio_test_has_hwpoisoned(folio)) {
		vmf_insert_folio_pmd(vmf, folio, false);
		mapped = pmd_trans_huge(*vmf->pmd);
	}
	folio_unlock(folio);
#else
	/* It tries to lock the folio, and maps all of it or, without a page table, nothing. */
	folio_unlock(folio);
	if (pmd_none(*vmf->pmd))
		mapped = filemap_map_pages(vmf, folio->index, folio->index) & VM_FAULT_NOPAGE;
#endif
	if (mapped)
		mmapdemo_count_huge(vmf);
	return mapped;
}

/* Maps a huge page beside the faulting one, in the same page table, if it has a huge folio. */
static void mmapdemo_fault_next_huge(struct vm_fault *vmf, unsigned long addr, pmd_t *pmd)
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
	struct file *file = vmf->vma->vm_file;
	struct folio *folio;

	/* prealloc may have made folios beyond the end, for a larger size. */
	if (next.pgoff + HPAGE_PMD_NR > mmapdemo_buffer_pages(mmapdemo_buffer_of(file)))
		return;
	folio = filemap_get_folio(file->f_mapping, next.pgoff);
	if (IS_ERR_OR_NULL(folio))
		return;
	if (folio_order(folio) == HPAGE_PMD_ORDER && folio_trylock(folio))
		mmapdemo_fault_insert_huge(&next, folio);
	folio_put(folio);
	vmf->prealloc_pte = next.prealloc_pte;
}

/*
 * Fault-around for huge pages: the same page fault maps the huge folios that follow
 * and are there already, because a page fault costs more than an entry. They are
 * mapped as for reading. A store that the VMA's protection allows then needs no page
 * fault of its own, unless stores are tracked.
 */
static void mmapdemo_fault_around_huge(struct vm_fault *vmf)
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
			mmapdemo_fault_next_huge(vmf, addr, pmd);
	}
}

#ifdef MMAPDEMO_HAS_HUGE_FAULT
/*
 * If nothing is mapped in the range of a PMD, this maps it in one go, without the page
 * table that the core would allocate for .fault and free again. If a huge page is
 * mapped and stores to it are tracked, small pages have to serve the store.
 */
vm_fault_t mmapdemo_fault_huge(struct vm_fault *vmf, unsigned int order)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vmf->vma->vm_file);
	struct address_space *mapping = buffer->inode->i_mapping;
	vm_fault_t ret = VM_FAULT_FALLBACK;
	struct folio *folio;
	pgoff_t first;

	if (order != HPAGE_PMD_ORDER || !pmd_none(*vmf->pmd) ||
	    !mmapdemo_fault_fits_huge(vmf) || mmapdemo_fault_copies(vmf))
		return VM_FAULT_FALLBACK;
	/* The core frees an unused page table after .fault, but not after .huge_fault. */
	if (mmapdemo_map_pages_needs_table())
		return VM_FAULT_FALLBACK;

	if (mmapdemo_fault_lock(mapping))
		return VM_FAULT_FALLBACK; /* killed: .fault says so */
	first = round_down(vmf->pgoff, HPAGE_PMD_NR);
	/* A chunk with a rule has small folios only, whose page faults ask the rule. */
	if (vmf->pgoff >= mmapdemo_buffer_pages(buffer) ||
	    mmapdemo_hooks_has_rule(buffer, first, first + HPAGE_PMD_NR - 1))
		goto unlock;
	folio = mmapdemo_folios_lock(buffer, vmf->pgoff, vmf);
	if (!IS_ERR(folio)) {
		if (folio_order(folio) != HPAGE_PMD_ORDER) {
			folio_unlock(folio);
		} else if (mmapdemo_fault_insert_huge(vmf, folio)) {
			mmapdemo_fault_around_huge(vmf);
			ret = VM_FAULT_NOPAGE;
		}
		folio_put(folio);
	}
unlock:
	filemap_invalidate_unlock_shared(mapping);
	trace_huge_fault(buffer->name, vmf, ret);
	return ret;
}

#endif
#endif

#if defined(CONFIG_TRANSPARENT_HUGEPAGE) && !defined(MMAPDEMO_HAS_INSERT_FOLIO_PMD)
/* The core maps a huge page itself, for what .fault returns or filemap_map_pages() finds. */
static void mmapdemo_fault_mapped_by_core(struct vm_fault *vmf)
{
	mmapdemo_count_huge(vmf);
	mmapdemo_fault_around_huge(vmf);
}

static void mmapdemo_fault_before_core(struct vm_fault *vmf, struct folio *folio)
{
	if (folio_order(folio) == HPAGE_PMD_ORDER && pmd_none(*vmf->pmd) &&
	    mmapdemo_fault_fits_huge(vmf) && !mmapdemo_fault_copies(vmf))
		mmapdemo_fault_mapped_by_core(vmf);
}

static void mmapdemo_fault_after_core(struct vm_fault *vmf)
{
	if (pmd_trans_huge(*vmf->pmd))
		mmapdemo_fault_mapped_by_core(vmf);
}
#else
/* The core asked .huge_fault first, which maps all that is huge. */
static void mmapdemo_fault_before_core(struct vm_fault *vmf, struct folio *folio)
{
}

static void mmapdemo_fault_after_core(struct vm_fault *vmf)
{
}
#endif

vm_fault_t mmapdemo_fault_errno(int err)
{
	/* vmf_error() knows this one from 6.5 on. */
	if (err == -EHWPOISON)
		return VM_FAULT_HWPOISON;
	return vmf_error(err);
}

/*
 * A page that is only copied need not stay where it is, so the lock of its folio is
 * enough. A rule, and a wipe that has to end before a new mapping sees the contents,
 * depend on the invalidate lock.
 */
static bool mmapdemo_fault_get_copied(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vmf->vma->vm_file);
	struct folio *folio;

	if (!mmapdemo_fault_copies(vmf) || mmapdemo_hooks_active(buffer) ||
	    mmapdemo_hooks_wipe(buffer, ~0U))
		return false;
	folio = filemap_lock_folio(buffer->inode->i_mapping, vmf->pgoff);
	if (IS_ERR_OR_NULL(folio))
		return false;
	if (vmf->pgoff >= mmapdemo_buffer_pages(buffer) || !folio_test_uptodate(folio)) {
		folio_unlock(folio);
		folio_put(folio);
		return false;
	}
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return true;
}

/* Finds or makes the folio of the faulting page, and returns it locked. */
static vm_fault_t mmapdemo_fault_get_page(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vmf->vma->vm_file);
	struct folio *folio;
	int err;

	if (vmf->pgoff >= mmapdemo_buffer_pages(buffer))
		return VM_FAULT_SIGBUS;
	err = mmapdemo_hooks_check(buffer, vmf->pgoff);
	if (err)
		return mmapdemo_fault_errno(err);
	folio = mmapdemo_folios_lock(buffer, vmf->pgoff, vmf);
	if (IS_ERR(folio))
		return mmapdemo_fault_errno(PTR_ERR(folio));
	mmapdemo_fault_before_core(vmf, folio);
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return VM_FAULT_LOCKED;
}

/*
 * Serves a page that no PTE has yet, and that mmapdemo_fault_around() did not find. The
 * invalidate lock is dropped once the folio is locked: truncation waits for the folio's
 * lock, and by then the page is mapped, so that truncation finds and unmaps it.
 */
vm_fault_t mmapdemo_fault_page(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vmf->vma->vm_file);
	struct address_space *mapping = buffer->inode->i_mapping;
	vm_fault_t ret;

	ret = mmapdemo_hooks_delay(buffer, vmf);
	if (ret)
		return ret;
	if (mmapdemo_fault_get_copied(vmf)) {
		ret = VM_FAULT_LOCKED;
	} else {
		ret = mmapdemo_fault_lock(mapping);
		if (ret)
			return ret;
		ret = mmapdemo_fault_get_page(vmf);
		filemap_invalidate_unlock_shared(mapping);
	}
	if (ret & VM_FAULT_LOCKED)
		mmapdemo_count_fault(vmf);
	trace_fault(buffer->name, vmf, ret);
	return ret;
}

/*
 * Maps the pages around a read fault that are there already, unless one of them has a
 * rule. It may not sleep: where it would have to, it maps nothing and the core calls .fault.
 */
vm_fault_t mmapdemo_fault_around(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(vmf->vma->vm_file);
	struct address_space *mapping = buffer->inode->i_mapping;
	vm_fault_t ret = 0;

	if (!filemap_invalidate_trylock_shared(mapping))
		return 0;
	if (!mmapdemo_hooks_has_rule(buffer, first, last))
		ret = filemap_map_pages(vmf, first, last);
	if (ret & VM_FAULT_NOPAGE) {
		mmapdemo_count_fault(vmf);
		mmapdemo_fault_after_core(vmf);
	}
	filemap_invalidate_unlock_shared(mapping);
	trace_map_pages(buffer->name, vmf, first, last, ret);
	return ret;
}
