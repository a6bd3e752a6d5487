// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults of the strategy `pagecache'. A page fault maps a present page without a lock of the
 * buffer, as filemap_map_pages() and filemap_fault() do: it finds the folio, locks it, and then
 * checks that it is still in the page cache at that index. It writes no shared cache lines but the
 * folio's. A task that removes the folio locks it, too, and then unmaps it. So does page migration.
 *
 * RESIZE, PUNCH, rules and revoke promise more: a page that they have unmapped is not mapped
 * again, as a program could pin it. They stop page faults before (mmapdemo_buffer_stop_faults()),
 * and wait for those in flight (mmapdemo_folios_settle()). A page fault that makes a folio, that
 * is subject to rules or a wipe policy, or that finds page faults stopped, holds the invalidate
 * lock (shared) until the folio is mapped or locked. huge.c is for huge pages.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sizes.h>
#include <linux/userfaultfd_k.h>

#include "buffer.h"
#include "count.h"
#include "fault.h"
#include "fault_end.h"
#include "folios.h"
#include "hooks.h"
#include "huge.h"
#include "tracing.h"

/* A store maps the pages of its aligned range of this size, as mm/ does for a load. */
#define MMAPDEMO_FAULT_AROUND	(max_t(unsigned long, PAGE_SIZE, SZ_64K) >> PAGE_SHIFT)

vm_fault_t mmapdemo_fault_errno(int err)
{
	/* vmf_error() handles -EHWPOISON from 6.5 on. */
	if (err == -EHWPOISON)
		return VM_FAULT_HWPOISON;
	return vmf_error(err);
}

/*
 * Finds the folio of a present page without the invalidate lock, and locks it. It stays locked
 * until it is mapped or copied.
 */
static bool mmapdemo_fault_get_resident(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	struct folio *folio;

	if (!mmapdemo_fault_end_unlocked(buffer))
		return false;
	folio = filemap_lock_folio(buffer->inode->i_mapping, vmf->pgoff);
	if (IS_ERR_OR_NULL(folio))
		return false;
	/* The answer holds as long as the folio is locked. */
	if (vmf->pgoff >= mmapdemo_fault_end_unlocked(buffer) || !folio_test_uptodate(folio)) {
		folio_unlock(folio);
		folio_put(folio);
		return false;
	}
	mmapdemo_huge_before_core(vmf, folio);
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return true;
}

/* Finds or makes the folio of the faulting page, and returns it locked. */
static vm_fault_t mmapdemo_fault_get_page(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	struct folio *folio;
	int err;

	if (vmf->pgoff >= mmapdemo_buffer_pages(buffer))
		return VM_FAULT_SIGBUS;
	err = mmapdemo_hooks_check(buffer, vmf->pgoff);
	if (err)
		return mmapdemo_fault_errno(err);
	folio = mmapdemo_folios_lock(buffer, vmf->pgoff, 1, vmf);
	if (IS_ERR(folio))
		return mmapdemo_fault_errno(PTR_ERR(folio));
	mmapdemo_huge_before_core(vmf, folio);
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return VM_FAULT_LOCKED;
}

/* Extends a range to an aligned number of pages, as far as the page table and the VMA go. */
static void mmapdemo_fault_extend(const struct vm_fault *vmf, unsigned long pages, pgoff_t *first,
				  pgoff_t *last)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long start = max(vmf->address & PMD_MASK, vma->vm_start);
	unsigned long end = pmd_addr_end(vmf->address, vma->vm_end);
	pgoff_t from = round_down(vmf->pgoff, pages);
	pgoff_t least = vmf->pgoff - ((vmf->address - start) >> PAGE_SHIFT);
	pgoff_t most = vmf->pgoff + ((end - vmf->address) >> PAGE_SHIFT) - 1;

	*first = min(*first, max(from, least));
	*last = max(*last, min(from + pages - 1, most));
}

/*
 * Maps the present pages from @first to @last, without the invalidate lock. Unless MADV_RANDOM was
 * given, it also maps those of an aligned range of @least pages and, where the kernel maps them
 * together, those of the faulting page's folio. filemap_map_pages() leaves existing page table
 * entries alone (pages, guard regions, markers of userfaultfd), and maps no page with a known
 * memory error.
 *
 * A page fault that makes its page maps no pages of other folios. While a program fills a buffer,
 * each page fault would otherwise look again at the pages that earlier ones have made.
 */
static vm_fault_t mmapdemo_fault_map(struct vm_fault *vmf, pgoff_t first, pgoff_t last,
				     unsigned long least, bool *unlocked)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	struct xarray *pages = &buffer->inode->i_mapping->i_pages;
	atomic_t *mapping = mmapdemo_fault_enter(buffer);
	pgoff_t end = mmapdemo_fault_end_unlocked(buffer);
	vm_fault_t ret = 0;

	if (vmf->pgoff < end && xa_load(pages, vmf->pgoff)) {
		if (mmapdemo_map_pages_batches())
			least = max(least, 1UL << xa_get_order(pages, vmf->pgoff));
		if (!(vmf->vma->vm_flags & VM_RAND_READ))
			mmapdemo_fault_extend(vmf, least, &first, &last);
		ret = filemap_map_pages(vmf, first, min(last, end - 1));
	}
	mmapdemo_fault_leave(mapping);
	*unlocked = end;
	return ret;
}

/*
 * Whether a store to a shared mapping may map other pages for writing, too. Where stores are
 * tracked (soft-dirty bits), mm/ leaves write permission out of vm_page_prot, and decides itself
 * how much a store marks: a page on 6.1 and 6.12, the folio on 7.x (finish_fault()).
 */
static bool mmapdemo_fault_writes_around(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	return (vmf->flags & FAULT_FLAG_WRITE) && (vma->vm_flags & VM_SHARED) &&
	       !uffd_disable_fault_around(vma) && pte_write(pfn_pte(0, vma->vm_page_prot));
}

/*
 * Maps the page of a store, and the present pages around it. mm/ does that for loads only. All of
 * them become writable, and dirty, as their folios are from birth.
 */
static bool mmapdemo_fault_write_around(struct vm_fault *vmf)
{
	bool unlocked;

	if (!mmapdemo_fault_writes_around(vmf))
		return false;
	if (!(mmapdemo_fault_map(vmf, vmf->pgoff, vmf->pgoff, MMAPDEMO_FAULT_AROUND, &unlocked) &
	      VM_FAULT_NOPAGE))
		return false;
	mmapdemo_fault_stored(vmf);
	mmapdemo_huge_after_core(vmf);
	return true;
}

/* Whether a page fault that makes a folio, or has to lock it, may map all of it. */
static bool mmapdemo_fault_maps_folio(struct vm_fault *vmf, struct folio *folio)
{
	struct vm_area_struct *vma = vmf->vma;

	if (!folio_test_large(folio) || folio_size(folio) >= PMD_SIZE)
		return false;
	if (vma->vm_flags & VM_RAND_READ)
		return false;
	if (vmf->flags & FAULT_FLAG_WRITE)
		return mmapdemo_fault_writes_around(vmf);
	return !uffd_disable_fault_around(vma);
}

/*
 * Maps the folio that mmapdemo_fault_get_page() has locked, as far as the mapping goes. By itself,
 * mm/ maps one page of it on 6.1 and 6.12, and on 7.x all of it if the VMA covers it. The caller
 * holds the invalidate lock, so that the folio can only be split, migrated or lost to a memory
 * error once it is unlocked. filemap_map_pages() then maps the pages that are present.
 */
static vm_fault_t mmapdemo_fault_map_folio(struct vm_fault *vmf)
{
	struct folio *folio = page_folio(vmf->page);
	pgoff_t first = vmf->pgoff, last = first;
	vm_fault_t ret;

	if (!mmapdemo_fault_maps_folio(vmf, folio))
		return VM_FAULT_LOCKED;
	mmapdemo_fault_extend(vmf, folio_nr_pages(folio), &first, &last);
	folio_unlock(folio);
	ret = filemap_map_pages(vmf, first, last) & VM_FAULT_NOPAGE;
	folio_put(folio);
	if (ret) {
		mmapdemo_fault_stored(vmf);
		return ret;
	}
	/* Another task has locked it, or the page table has changed: mm/ maps one page. */
	folio = mmapdemo_folios_lock(mmapdemo_buffer_of_vma(vmf->vma), vmf->pgoff, 1, vmf);
	if (IS_ERR(folio))
		return mmapdemo_fault_errno(PTR_ERR(folio));
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return VM_FAULT_LOCKED;
}

/*
 * Serves a page that no PTE maps yet, and that mmapdemo_fault_around() did not find. It drops
 * the invalidate lock once the folio is locked: truncation waits for the folio's lock, and by
 * then the page is mapped, so that truncation finds and unmaps it.
 */
vm_fault_t mmapdemo_fault_page(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	struct address_space *mapping = buffer->inode->i_mapping;
	vm_fault_t ret;

	ret = mmapdemo_hooks_delay(buffer, vmf);
	if (ret)
		return ret;
	if (mmapdemo_fault_write_around(vmf)) {
		ret = VM_FAULT_NOPAGE;
	} else if (mmapdemo_fault_get_resident(vmf)) {
		ret = VM_FAULT_LOCKED;
	} else {
		ret = mmapdemo_buffer_lock_mapping(mapping);
		if (ret)
			return ret;
		ret = mmapdemo_fault_get_page(vmf);
		if (ret == VM_FAULT_LOCKED)
			ret = mmapdemo_fault_map_folio(vmf);
		filemap_invalidate_unlock_shared(mapping);
	}
	if (ret & (VM_FAULT_LOCKED | VM_FAULT_NOPAGE))
		mmapdemo_count_fault(vmf);
	trace_fault(buffer->name, vmf, ret);
	return ret;
}

/* The same for a buffer that has rules or a wipe policy, or whose page faults are stopped. */
static vm_fault_t mmapdemo_fault_around_locked(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	struct address_space *mapping = buffer->inode->i_mapping;
	vm_fault_t ret = 0;

	if (!filemap_invalidate_trylock_shared(mapping))
		return 0;
	/* mm/ checks i_size only, which a revoke does not change. */
	if (vmf->pgoff < mmapdemo_buffer_pages(buffer) &&
	    !mmapdemo_hooks_has_rule(buffer, first, last))
		ret = filemap_map_pages(vmf, first, last);
	filemap_invalidate_unlock_shared(mapping);
	return ret;
}

/*
 * Maps the present pages around a read fault, unless one of them has a rule. It must not
 * sleep: where it would have to, it maps nothing and mm/ calls .fault.
 */
vm_fault_t mmapdemo_fault_around(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	bool unlocked;
	vm_fault_t ret = mmapdemo_fault_map(vmf, first, last, 1, &unlocked);

	if (!unlocked)
		ret = mmapdemo_fault_around_locked(vmf, first, last);
	if (ret & VM_FAULT_NOPAGE) {
		mmapdemo_count_fault(vmf);
		mmapdemo_huge_after_core(vmf);
	}
	trace_map_pages(buffer->name, vmf, first, last, ret);
	return ret;
}
