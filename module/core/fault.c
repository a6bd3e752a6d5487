// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults of the strategy `pagecache'. A page that is there is mapped without a lock of the
 * buffer, as filemap_map_pages() and filemap_fault() do it: the folio is found, locked, and then
 * known to be still in the page cache at that index. The only shared lines that are written are the
 * folio's. A task that removes the folio locks it, too, and then unmaps it. So does page migration.
 *
 * More than that is promised of RESIZE, PUNCH, rules and revoke: once they have unmapped a page,
 * it is not mapped again, as somebody could pin it. They stop page faults before
 * (mmapdemo_buffer_stop_faults()), and wait for those in flight (mmapdemo_folios_settle()). All
 * page faults that make a folio, that rules or a wipe policy concern, or that find faults stopped,
 * hold the invalidate lock (shared) until the folio is mapped or locked. huge.c has what concerns
 * huge pages.
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

/* A store maps the pages of its aligned range of this size, as the core does for a load. */
#define MMAPDEMO_FAULT_AROUND	(max_t(unsigned long, PAGE_SIZE, SZ_64K) >> PAGE_SHIFT)

vm_fault_t mmapdemo_fault_errno(int err)
{
	/* vmf_error() knows this one from 6.5 on. */
	if (err == -EHWPOISON)
		return VM_FAULT_HWPOISON;
	return vmf_error(err);
}

/*
 * The folio of a page that is there, locked, without the invalidate lock. It stays locked until
 * it is mapped, or copied.
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
	/* Now that it is locked, the answer holds. */
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
 * Maps the pages from @first to @last that are there already, and more: unless MADV_RANDOM was
 * given, those of an aligned range of @least pages and, where the kernel maps them together, those
 * of the faulting page's folio. It takes no invalidate lock. filemap_map_pages() leaves alone
 * whatever the page table has: pages, guard regions, marks of userfaultfd. It maps no page of
 * which a memory error is known.
 *
 * A page fault that has to make its page maps no pages of other folios: of a buffer that is filled,
 * each page fault would look at pages once more that those before it have made.
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
 * Whether a store to a shared mapping may have other pages mapped for stores too. Where stores
 * are tracked (soft-dirty bits), the core leaves the permission to write out of vm_page_prot, and
 * decides itself how much a store marks: a page on 6.1 and 6.12, the folio on 7.x (finish_fault()).
 */
static bool mmapdemo_fault_writes_around(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	return (vmf->flags & FAULT_FLAG_WRITE) && (vma->vm_flags & VM_SHARED) &&
	       !uffd_disable_fault_around(vma) && pte_write(pfn_pte(0, vma->vm_page_prot));
}

/*
 * Maps the page of a store, and those around it that are there already. The core does that for
 * loads only. All of them become writable, and dirty, as their folios are from birth.
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
 * Maps the folio that mmapdemo_fault_get_page() has locked, as far as the mapping goes. The core
 * maps one page of it on 6.1 and 6.12, and on 7.x all of it, or one page if the VMA has not all.
 * The caller holds the invalidate lock, so that the folio can only be split, migrated or lost to
 * a memory error once it is unlocked. filemap_map_pages() then maps what there is.
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
	/* Somebody else has locked it, or the page table has changed: the core maps one page. */
	folio = mmapdemo_folios_lock(mmapdemo_buffer_of_vma(vmf->vma), vmf->pgoff, 1, vmf);
	if (IS_ERR(folio))
		return mmapdemo_fault_errno(PTR_ERR(folio));
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
	/* The core asks i_size only, which stays when the buffer is revoked. */
	if (vmf->pgoff < mmapdemo_buffer_pages(buffer) &&
	    !mmapdemo_hooks_has_rule(buffer, first, last))
		ret = filemap_map_pages(vmf, first, last);
	filemap_invalidate_unlock_shared(mapping);
	return ret;
}

/*
 * Maps the pages around a read fault that are there already, unless one of them has a
 * rule. It may not sleep: where it would have to, it maps nothing and the core calls .fault.
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
