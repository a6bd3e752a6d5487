// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of the strategy `pagecache': page-cache folios of the buffer's
 * inode. The kernel's own page-cache code finds, maps, copies on write, migrates
 * and truncates them as it does for any file.
 *
 * A folio is dirty from birth. Soft offlining and memory failure take a clean folio
 * for a copy of data on a disk, and drop it.
 *
 * Contents change only under the folio's lock, which page migration holds, too. A
 * reference alone does not exclude migration: it may be dropped after migration has
 * copied the folio and before migration checks the count. Readers need a reference
 * only, and check the uptodate flag: before 6.11, migration publishes the new folio
 * before it copies.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include MMAPDEMO_FOLIO_BATCH_H
#include <linux/rcupdate.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "broken.h"
#include "buffer.h"
#include "folios.h"
#include "hooks.h"
#include "strategy.h"

/*
 * Marks a locked folio as up to date: readers may use its contents.
 *
 * When mm/ splits a folio, it accounts a dirty page beyond i_size to inode->i_wb, which
 * this inode does not have. A large folio there, which prealloc or fallocate(2) makes
 * before a larger size is published, becomes dirty with the size. A small one is never split.
 */
void mmapdemo_folios_complete(struct mmapdemo_buffer *buffer, struct folio *folio)
{
	flush_dcache_folio(folio);
	folio_mark_uptodate(folio);
	if (likely(folio->index < mmapdemo_buffer_pages(buffer)) || !folio_test_large(folio))
		folio_mark_dirty(folio);
}

/*
 * Zeroes a locked folio that is not up to date. mm/ itself adds such folios
 * (read_cache_folio(), for the build ID of a mapped file).
 */
int mmapdemo_folios_ready(struct mmapdemo_buffer *buffer, struct folio *folio)
{
	if (likely(folio_test_uptodate(folio)))
		return 0;
	if (mmapdemo_broken_has(buffer, folio->index, folio_next_index(folio) - 1))
		return -EHWPOISON;
	folio_zero_range(folio, 0, folio_size(folio));
	mmapdemo_folios_complete(buffer, folio);
	return 0;
}

static int mmapdemo_folios_read(struct file *file, struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	struct mmapdemo_buffer *buffer = mapping->host->i_private;
	int err = mmapdemo_folios_ready(buffer, folio);

	/* Beyond the end no call could use or free it. */
	if (err || folio->index >= mmapdemo_buffer_pages(buffer)) {
		mmapdemo_broken_drop(mapping, folio);
		err = -EIO;
	}
	folio_unlock(folio);
	return err;
}

static const struct address_space_operations mmapdemo_aops = {
	.read_folio	= mmapdemo_folios_read,
	.dirty_folio	= noop_dirty_folio,
	.migrate_folio	= filemap_migrate_folio,
	MMAPDEMO_AOPS_ERROR_REMOVE,
};

/*
 * Allocates by the policy of the VMA, which mbind(2) sets. Without one, it prefers the
 * buffer's node, and otherwise allocates as the policy of the task says.
 */
static struct folio *mmapdemo_folios_alloc(struct mmapdemo_buffer *buffer,
					   const struct vm_fault *vmf, gfp_t gfp,
					   unsigned int order)
{
	if (vmf && (buffer->node == NUMA_NO_NODE || mmapdemo_vma_has_policy(vmf->vma)))
		return mmapdemo_vma_alloc_folio(gfp, order, vmf->vma, vmf->address, order > 0);
	if (buffer->node != NUMA_NO_NODE)
		return __folio_alloc_node(gfp, order, buffer->node);
	return mmapdemo_filemap_alloc_folio(gfp, order);
}

/* Return: a new folio in the page cache, locked, with a reference; or ERR_PTR. */
static struct folio *mmapdemo_folios_new(struct mmapdemo_buffer *buffer, pgoff_t index,
					 const struct vm_fault *vmf, unsigned int order, gfp_t gfp)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio;
	int err;

	folio = mmapdemo_folios_alloc(buffer, vmf, gfp | __GFP_ZERO, order);
	if (!folio)
		return ERR_PTR(-ENOMEM);

	/* The charge may reclaim, or a cgroup full of clean cache would get single pages only. */
	err = filemap_add_folio(mapping, folio, index, gfp | __GFP_DIRECT_RECLAIM);
	if (err)
		goto put;
	/* A memory error may have taken the page that was here, after the caller looked. */
	if (unlikely(mmapdemo_broken_has(buffer, index, folio_next_index(folio) - 1))) {
		err = -EHWPOISON;
		mmapdemo_broken_drop(mapping, folio);
		folio_unlock(folio);
		goto put;
	}
	mmapdemo_folios_complete(buffer, folio);
	return folio;
put:
	folio_put(folio);
	return ERR_PTR(err);
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
/* Before Linux 6.9 the page cache has no folio of two pages: a large folio needs a third page. */
#define MMAPDEMO_LEAST_ORDER	2

/* The largest folio that one use of a page makes where no huge one fits. */
#define MMAPDEMO_TOUCH_ORDER	get_order(SZ_64K)

/* Whether a large folio may be made for an aligned range. */
bool mmapdemo_folios_may_be_large(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last,
				  pgoff_t end)
{
	pgoff_t now = mmapdemo_buffer_pages(buffer);

	/* It must lie inside the end: some kernels map all of a large folio, whatever the size. */
	if (last >= end)
		return false;
	/* It must not reach across the present end: see mmapdemo_folios_complete(). */
	if (first < now && last >= now)
		return false;
	if (mmapdemo_broken_has(buffer, first, last))
		return false;
	return !mmapdemo_hooks_has_rule(buffer, first, last);
}

/* A mapping may have a memory policy of its own, and pays only for pages that it can reach. */
static bool mmapdemo_folios_within(const struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	return !vmf || (first >= vmf->vma->vm_pgoff &&
			last - vmf->vma->vm_pgoff < vma_pages(vmf->vma));
}

/*
 * Adds a large folio for the aligned range around a page. Racing page faults wait for the first
 * one. It would cost more if each cleared a folio of which one is used.
 *
 * Return: the folio, locked; NULL where none of this order can be made, ERR_PTR of -EEXIST where
 * the page is there now, -EINTR.
 */
static struct folio *mmapdemo_folios_add_order(struct mmapdemo_buffer *buffer, pgoff_t index,
					       const struct vm_fault *vmf, pgoff_t end,
					       unsigned int order, gfp_t gfp)
{
	struct xarray *pages = &buffer->inode->i_mapping->i_pages;
	pgoff_t first = round_down(index, 1UL << order), last = first + (1UL << order) - 1;
	struct mutex *making = &buffer->making[(first >> order) % MMAPDEMO_MAKING];
	unsigned long present = first;
	struct folio *folio = NULL;

	if (!mmapdemo_folios_may_be_large(buffer, first, last, end) ||
	    (order < HPAGE_PMD_ORDER && !mmapdemo_folios_within(vmf, first, last)))
		return NULL;
	if (mutex_lock_killable(making))
		return ERR_PTR(-EINTR);
	if (!xa_find(pages, &present, last, XA_PRESENT))
		folio = mmapdemo_folios_new(buffer, first, vmf, order, gfp);
	mutex_unlock(making);
	if (!IS_ERR_OR_NULL(folio))
		return folio;
	return xa_load(pages, index) ? ERR_PTR(-EEXIST) : NULL;
}

/* The same for a huge folio, and then for the orders from @most down. */
static struct folio *mmapdemo_folios_add_large(struct mmapdemo_buffer *buffer, pgoff_t index,
					       const struct vm_fault *vmf, pgoff_t end,
					       unsigned int most, gfp_t gfp)
{
	unsigned int order = HPAGE_PMD_ORDER;
	struct folio *folio = NULL;

	if (!buffer->huge)
		return NULL;
	/* Small folios will do: do not reclaim hard, do not warn. */
	gfp |= __GFP_NORETRY | __GFP_NOWARN;
	while (!folio && order >= MMAPDEMO_LEAST_ORDER) {
		folio = mmapdemo_folios_add_order(buffer, index, vmf, end, order, gfp);
		order = min(order - 1, most);
		/* A smaller folio is worth no reclaim at all, and no reserves. */
		gfp = (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_NOMEMALLOC;
	}
	return folio;
}

/*
 * How large a folio may be that is not huge. For a page fault it is MMAPDEMO_TOUCH_ORDER at most,
 * and a single page with MADV_RANDOM. Other callers get no more than they want, which is @pages
 * from @index on.
 */
static unsigned int mmapdemo_folios_order(const struct vm_fault *vmf, pgoff_t index, pgoff_t pages)
{
	unsigned int most = min(HPAGE_PMD_ORDER - 1, ilog2(max_t(pgoff_t, pages, 1)));

	if (vmf)
		return vmf->vma->vm_flags & VM_RAND_READ ? 0 : MMAPDEMO_TOUCH_ORDER;
	return index ? min_t(unsigned int, most, __ffs(index)) : most;
}

/* Asks the entry, as the folio may go at any time. With pages of 64 KiB a leaf may hold it. */
static bool mmapdemo_folios_huge_at(struct xa_state *xas)
{
	return IS_ALIGNED(xas->xa_index, HPAGE_PMD_NR) &&
	       xa_get_order(xas->xa, xas->xa_index) == HPAGE_PMD_ORDER;
}
#else
static struct folio *mmapdemo_folios_add_large(struct mmapdemo_buffer *buffer, pgoff_t index,
					       const struct vm_fault *vmf, pgoff_t end,
					       unsigned int most, gfp_t gfp)
{
	return NULL;
}

static unsigned int mmapdemo_folios_order(const struct vm_fault *vmf, pgoff_t index, pgoff_t pages)
{
	return 0;
}

static bool mmapdemo_folios_huge_at(struct xa_state *xas)
{
	return false;
}
#endif

/* Adds a large folio, or one page where none fits or memory is short. Returns it locked. */
static struct folio *mmapdemo_folios_add(struct mmapdemo_buffer *buffer, pgoff_t index,
					 const struct vm_fault *vmf, pgoff_t end,
					 unsigned int most, gfp_t gfp)
{
	struct folio *folio;

	if (mmapdemo_broken_has(buffer, index, index))
		return ERR_PTR(-EHWPOISON);
	folio = mmapdemo_folios_add_large(buffer, index, vmf, end, most, gfp);
	return folio ?: mmapdemo_folios_new(buffer, index, vmf, 0, gfp);
}

/**
 * mmapdemo_folios_lock - the folio that holds a page, made where there is none
 * @buffer: the buffer
 * @index: page number in the buffer, below its end
 * @pages: how many pages the caller wants from there on; a folio that is made has no others,
 *	unless it is huge. Ignored for a page fault.
 * @vmf: the page fault that wants it, whose VMA has the memory policy; or NULL
 *
 * Context: Process context, may sleep. The caller holds the mapping's invalidate
 * lock (shared is enough), so that the folio is not truncated. A memory error may remove
 * it all the same, once it is unlocked.
 *
 * Return: the folio, up to date, locked, with a reference; or ERR_PTR of -ENOMEM where
 * memory or the caller's memory cgroup has no room, -EHWPOISON where a memory error
 * took the page, -EINTR where the caller is being killed.
 */
struct folio *mmapdemo_folios_lock(struct mmapdemo_buffer *buffer, pgoff_t index, pgoff_t pages,
				   const struct vm_fault *vmf)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio;
	int err;

	do {
		folio = filemap_lock_folio(mapping, index);
		if (IS_ERR_OR_NULL(folio))
			folio = mmapdemo_folios_add(buffer, index, vmf,
						    mmapdemo_buffer_pages(buffer),
						    mmapdemo_folios_order(vmf, index, pages),
						    mapping_gfp_mask(mapping));
	} while (folio == ERR_PTR(-EEXIST)); /* another task added one: use that */
	if (IS_ERR(folio))
		return folio;
	err = mmapdemo_folios_ready(buffer, folio);
	if (likely(!err))
		return folio;
	folio_unlock(folio);
	folio_put(folio);
	return ERR_PTR(err);
}

/**
 * mmapdemo_folios_populate - allocate a folio for each page of a range
 * @buffer: the buffer; the caller holds its inode's lock
 * @pos: first byte
 * @end: where the range ends; it may lie beyond the buffer's end
 * @size: the buffer's size to come. No large folio reaches past it.
 *
 * The OOM killer is not invoked.
 *
 * Return: 0, or an errno as mmapdemo_folios_lock(), -EINTR when killed, -ENODEV once the
 * buffer is revoked.
 */
int mmapdemo_folios_populate(struct mmapdemo_buffer *buffer, loff_t pos, loff_t end, loff_t size)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping) | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	bool asked = false;

	while (pos < end) {
		pgoff_t index = pos >> PAGE_SHIFT;
		struct folio *folio = filemap_get_folio(mapping, index);

		if (IS_ERR_OR_NULL(folio)) {
			pgoff_t pages = mmapdemo_buffer_pages_of(end) - index;
			unsigned int most = mmapdemo_folios_order(NULL, index, pages);

			if (!asked && (end - pos) >> PAGE_SHIFT > si_mem_available())
				return -ENOMEM;
			asked = true;
			filemap_invalidate_lock_shared(mapping);
			/* The end is 0 after a revoke, and does not show i_size. */
			if (buffer->revoked)
				folio = ERR_PTR(-ENODEV);
			else
				folio = mmapdemo_folios_add(buffer, index, NULL,
							    mmapdemo_buffer_pages_of(size), most,
							    gfp);
			filemap_invalidate_unlock_shared(mapping);
			if (folio == ERR_PTR(-EEXIST))
				continue;
			if (IS_ERR(folio))
				return PTR_ERR(folio);
			folio_unlock(folio);
		}
		/* The end of a file of the largest size may not fit a loff_t. */
		pos = min_t(u64, end, (u64)folio_pos(folio) + folio_size(folio));
		folio_put(folio);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* Memory held, in bytes. */
u64 mmapdemo_folios_resident(struct mmapdemo_buffer *buffer)
{
	return (u64)READ_ONCE(buffer->inode->i_mapping->nrpages) << PAGE_SHIFT;
}

/* Counts huge folios on request, since mm/ splits them without a callback. */
unsigned long mmapdemo_folios_huge(struct mmapdemo_buffer *buffer)
{
	XA_STATE(xas, &buffer->inode->i_mapping->i_pages, 0);
	unsigned long found = 0;
	struct folio *folio;

	rcu_read_lock();
	xas_for_each(&xas, folio, ULONG_MAX) {
		if (xas_retry(&xas, folio))
			continue;
		found += mmapdemo_folios_huge_at(&xas);
		if (need_resched()) {
			xas_pause(&xas);
			cond_resched_rcu();
		}
	}
	rcu_read_unlock();
	return found;
}

/* The next folio at or after a page, locked, with a reference; NULL where there is none. */
struct folio *mmapdemo_folios_next(struct address_space *mapping, pgoff_t *index)
{
	struct folio *folio;

	for (; xa_find(&mapping->i_pages, index, ULONG_MAX, XA_PRESENT); (*index)++) {
		folio = filemap_lock_folio(mapping, *index);
		if (!IS_ERR_OR_NULL(folio))
			return folio;
	}
	return NULL;
}

/**
 * mmapdemo_folios_publish - mark folios dirty that a larger size now covers
 * @buffer: the buffer; the caller holds its invalidate lock, and the inode's
 * @first: the first page that is new
 */
void mmapdemo_folios_publish(struct mmapdemo_buffer *buffer, pgoff_t first)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio;

	lockdep_assert_held(&mapping->invalidate_lock);
	while (first < mmapdemo_buffer_pages(buffer) &&
	       (folio = mmapdemo_folios_next(mapping, &first))) {
		folio_mark_dirty(folio);
		first = folio_next_index(folio);
		folio_unlock(folio);
		folio_put(folio);
		cond_resched();
	}
}

/* How long to sleep before the counts of page faults are read again. */
#define MMAPDEMO_AWAIT_US	10

/*
 * Waits for page faults that filemap_map_pages() serves without the invalidate lock, and that
 * looked at buffer->faults_stopped before it was set. They do not sleep.
 */
static void mmapdemo_folios_await_faults(struct mmapdemo_buffer *buffer)
{
	unsigned int cpu;

	smp_mb(); /* pairs with mmapdemo_fault_enter(): a page fault not seen here sees the flag */
	for_each_possible_cpu(cpu)
		while (atomic_read_acquire(&per_cpu_ptr(buffer->faults, cpu)->mapping))
			usleep_range(MMAPDEMO_AWAIT_US, 2 * MMAPDEMO_AWAIT_US);
}

/**
 * mmapdemo_folios_settle - wait for page faults in flight
 * @buffer: the buffer; the caller has called mmapdemo_buffer_stop_faults()
 * @first: first page
 * @last: last page
 *
 * After this, no page of the range is mapped anew until mmapdemo_buffer_resume_faults(). A page
 * fault that .fault or .huge_fault serves keeps its folio locked until the folio is mapped, and
 * looks at buffer->faults_stopped once it has that lock.
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_folios_settle(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio_batch batch;
	unsigned int i;

	lockdep_assert_held_write(&mapping->invalidate_lock);
	mmapdemo_folios_await_faults(buffer);
	folio_batch_init(&batch);
	while (filemap_get_folios(mapping, &first, last, &batch)) {
		for (i = 0; i < folio_batch_count(&batch); i++) {
			folio_lock(batch.folios[i]);
			folio_unlock(batch.folios[i]);
		}
		folio_batch_release(&batch);
		cond_resched();
	}
}

static int mmapdemo_folios_prealloc(struct mmapdemo_buffer *buffer)
{
	int err = mmapdemo_buffer_lock(buffer);

	if (err)
		return err;
	err = mmapdemo_folios_populate(buffer, 0, mmapdemo_buffer_bytes(buffer),
				       mmapdemo_buffer_bytes(buffer));
	mmapdemo_buffer_unlock(buffer);
	return err;
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
/* The page cache's tree cannot be split at a larger entry: arm64 with pages of 64 KiB. */
#define MMAPDEMO_HAS_HUGE_FOLIOS	(HPAGE_PMD_ORDER < 2 * XA_CHUNK_SHIFT)
#else
#define MMAPDEMO_HAS_HUGE_FOLIOS	false
#endif

int mmapdemo_folios_init(struct mmapdemo_buffer *buffer)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	int i;

	for (i = 0; i < MMAPDEMO_MAKING; i++)
		mutex_init(&buffer->making[i]);
	mapping->a_ops = &mmapdemo_aops;
	mapping_set_gfp_mask(mapping, buffer->movable ? GFP_HIGHUSER_MOVABLE : GFP_HIGHUSER);
	/* Truncation then splits large folios, and huge ones are counted as such. */
	mapping_set_large_folios(mapping);
	/* Reclaim must not scan folios that cannot be written back. */
	mapping_set_unevictable(mapping);
	buffer->huge &= MMAPDEMO_HAS_HUGE_FOLIOS;
	buffer->collapse_next = jiffies;
	return buffer->prealloc ? mmapdemo_folios_prealloc(buffer) : 0;
}

/* The folios go with their inode. */
void mmapdemo_folios_exit(struct mmapdemo_buffer *buffer)
{
}
