// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of the strategy `pagecache': page-cache folios of the buffer's
 * inode. The kernel's own page-cache code finds, maps, copies on write, migrates
 * and truncates them as it does for any file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include MMAPDEMO_FOLIO_BATCH_H
#include <linux/rcupdate_wait.h>
#include <linux/sched/signal.h>

#include "buffer.h"
#include "faultlab.h"
#include "folios.h"
#include "params.h"
#include "strategy.h"

/*
 * Folios are never dirty: there is nowhere to write them back to, and the
 * split of a huge folio by truncation would account its dirty tails to an
 * inode->i_wb that such an inode does not have (an oops).
 */
static bool mmapdemo_folios_dirty(struct address_space *mapping, struct folio *folio)
{
	return false;
}

static const struct address_space_operations mmapdemo_aops = {
	.dirty_folio	= mmapdemo_folios_dirty,
	.migrate_folio	= filemap_migrate_folio,
};

static struct folio *mmapdemo_folios_new(struct mmapdemo_buffer *buffer, pgoff_t index,
					 unsigned int order, gfp_t gfp)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio;
	int err;

	folio = mmapdemo_filemap_alloc_folio(gfp | __GFP_ZERO, order);
	if (!folio)
		return ERR_PTR(-ENOMEM);

	/* Zeroed and up to date before anybody can find it. */
	flush_dcache_folio(folio);
	__folio_mark_uptodate(folio);
	err = filemap_add_folio(mapping, folio, index, gfp);
	if (err) {
		folio_put(folio);
		return ERR_PTR(err);
	}
	folio_unlock(folio);
	return folio;
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
/*
 * A huge folio for the aligned chunk around a page, if all of the chunk lies
 * inside the buffer: some kernels map a huge folio whole, whatever the size says.
 */
static struct folio *mmapdemo_folios_add_huge(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping);
	unsigned long present;

	index = round_down(index, HPAGE_PMD_NR);
	present = index;
	if (!buffer->huge || index + HPAGE_PMD_NR > mmapdemo_buffer_pages(buffer))
		return ERR_PTR(-ENOMEM);
	if (mmapdemo_faultlab_active(buffer) &&
	    mmapdemo_faultlab_has_rule(buffer, index, index + HPAGE_PMD_NR - 1))
		return ERR_PTR(-ENOMEM);
	/* Adding it would say so too, but after 2 MiB had been cleared for nothing. */
	if (xa_find(&mapping->i_pages, &present, index + HPAGE_PMD_NR - 1, XA_PRESENT))
		return ERR_PTR(-EEXIST);
	/* Small ones do as well: no hard search, no complaint. */
	return mmapdemo_folios_new(buffer, index, HPAGE_PMD_ORDER,
					 gfp | __GFP_NORETRY | __GFP_NOWARN);
}

/* By the entry, as the folio may go any time. With pages of 64 KiB even a leaf may hold it. */
static bool mmapdemo_folios_huge_at(struct xa_state *xas)
{
	return IS_ALIGNED(xas->xa_index, HPAGE_PMD_NR) &&
	       xa_get_order(xas->xa, xas->xa_index) == HPAGE_PMD_ORDER;
}
#else
static struct folio *mmapdemo_folios_add_huge(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	return ERR_PTR(-ENOMEM);
}

static bool mmapdemo_folios_huge_at(struct xa_state *xas)
{
	return false;
}
#endif

/* Where part of the chunk is there already, or memory is short, one page. */
static struct folio *mmapdemo_folios_add(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct folio *folio = mmapdemo_folios_add_huge(buffer, index);

	if (IS_ERR(folio))
		folio = mmapdemo_folios_new(buffer, index, 0,
					    mapping_gfp_mask(buffer->inode->i_mapping));
	return folio;
}

/**
 * mmapdemo_folios_get - the folio that holds a page, made where there is none
 * @buffer: the buffer
 * @index: page number in the buffer
 *
 * The caller holds the mapping's invalidate lock (shared is enough), so the
 * folio stays in the buffer at least until that is dropped.
 *
 * Return: the folio with a reference, unlocked; or ERR_PTR of -ENXIO past the
 * end, -ENOMEM where memory or the caller's memory cgroup has no room.
 */
struct folio *mmapdemo_folios_get(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio;

	lockdep_assert_held(&mapping->invalidate_lock);
	if (index >= mmapdemo_buffer_pages(buffer))
		return ERR_PTR(-ENXIO);

	do {
		folio = filemap_get_folio(mapping, index);
		if (!IS_ERR_OR_NULL(folio))
			return folio;
		folio = mmapdemo_folios_add(buffer, index);
	} while (folio == ERR_PTR(-EEXIST)); /* somebody else was faster: take theirs */
	return folio;
}

/*
 * mmapdemo_folios_get() for who does not map it. To have the folio stay in the
 * buffer, the caller holds the inode's lock.
 */
static struct folio *mmapdemo_folios_use(struct mmapdemo_buffer *buffer, loff_t pos)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio;

	filemap_invalidate_lock_shared(mapping);
	folio = mmapdemo_folios_get(buffer, pos >> PAGE_SHIFT);
	filemap_invalidate_unlock_shared(mapping);
	return folio;
}

/**
 * mmapdemo_folios_populate - have a folio behind each page of a range
 * @buffer: the buffer
 * @pos: first byte
 * @len: bytes; what lies past the end of the buffer is left out
 *
 * Return: 0, or an errno as mmapdemo_folios_get(), or -EINTR when killed.
 */
int mmapdemo_folios_populate(struct mmapdemo_buffer *buffer, loff_t pos, size_t len)
{
	loff_t end = min_t(u64, (u64)pos + len, i_size_read(buffer->inode));
	int err = 0;

	while (pos < end && !err) {
		struct folio *folio = mmapdemo_folios_use(buffer, pos);

		if (IS_ERR(folio))
			return PTR_ERR(folio);
		pos = folio_pos(folio) + folio_size(folio);
		folio_put(folio);
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

/* Memory held, in bytes. */
size_t mmapdemo_folios_resident(struct mmapdemo_buffer *buffer)
{
	return READ_ONCE(buffer->inode->i_mapping->nrpages) << PAGE_SHIFT;
}

/* First byte at or after @pos, inside the buffer, that has a folio; -ENXIO where none has. */
static loff_t mmapdemo_folios_seek_data(struct mmapdemo_buffer *buffer, loff_t pos)
{
	unsigned long index = pos >> PAGE_SHIFT;

	if (!xa_find(&buffer->inode->i_mapping->i_pages, &index, ULONG_MAX, XA_PRESENT))
		return -ENXIO;
	return max_t(loff_t, pos, (loff_t)index << PAGE_SHIFT);
}

/*
 * First byte at or after @pos, inside the buffer, that has none; the end is a
 * hole. The caller holds the inode's lock: folios stay.
 */
static loff_t mmapdemo_folios_seek_hole(struct mmapdemo_buffer *buffer, loff_t pos)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	loff_t size = i_size_read(buffer->inode);
	pgoff_t index = pos >> PAGE_SHIFT;
	struct folio *folio;

	/*
	 * Not page_cache_next_miss(): it calls page 0 missing even where it is
	 * present. Nor its xas_next(): from inside a huge folio on, it takes each of
	 * the folio's entries in the tree for one page.
	 */
	while (!IS_ERR_OR_NULL(folio = filemap_get_folio(mapping, index))) {
		index = folio_next_index(folio);
		folio_put(folio);
		cond_resched();
	}
	return clamp_t(loff_t, (loff_t)index << PAGE_SHIFT, pos, size);
}

loff_t mmapdemo_folios_seek(struct mmapdemo_buffer *buffer, loff_t pos, int whence)
{
	return whence == SEEK_DATA ? mmapdemo_folios_seek_data(buffer, pos) :
				     mmapdemo_folios_seek_hole(buffer, pos);
}

/* Counted when somebody asks: the core, which may split them, tells nobody. */
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

/* A folio that is being replaced is missing for a moment, and the invalidate lock held. */
static struct folio *mmapdemo_folios_find(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio = filemap_get_folio(mapping, index);

	if (IS_ERR_OR_NULL(folio)) {
		filemap_invalidate_lock_shared(mapping);
		folio = filemap_get_folio(mapping, index);
		filemap_invalidate_unlock_shared(mapping);
	}
	return IS_ERR(folio) ? NULL : folio;
}

/*
 * The folio is not locked while it is a piece: user memory that is copied to it
 * may be a mapping of this very folio, and its fault takes the folio's lock. The
 * inode's lock, which no fault takes, keeps the folio in the buffer.
 */
int mmapdemo_folios_piece(struct mmapdemo_buffer *buffer, loff_t pos, bool make,
			  struct mmapdemo_piece *piece)
{
	struct folio *folio = make ? mmapdemo_folios_use(buffer, pos) :
				     mmapdemo_folios_find(buffer, pos >> PAGE_SHIFT);
	size_t in_page = PAGE_SIZE - offset_in_page(pos);

	if (IS_ERR(folio))
		return PTR_ERR(folio);
	piece->folio = folio;
	piece->page = NULL;
	piece->at = NULL;
	if (!folio) {
		piece->bytes = min(piece->bytes, in_page);
		return 0;
	}
	piece->bytes = min(piece->bytes, folio_test_highmem(folio) ?
			   in_page : folio_size(folio) - offset_in_folio(folio, pos));
	if (!make && mapping_writably_mapped(buffer->inode->i_mapping))
		flush_dcache_folio(folio);
	piece->at = kmap_local_folio(folio, offset_in_folio(folio, pos));
	return 0;
}

void mmapdemo_folios_wipe(struct mmapdemo_buffer *buffer)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio_batch batch;
	pgoff_t index = 0;
	unsigned int i;

	folio_batch_init(&batch);
	while (filemap_get_folios(mapping, &index, ULONG_MAX, &batch)) {
		for (i = 0; i < folio_batch_count(&batch); i++) {
			struct folio *folio = batch.folios[i];

			folio_zero_range(folio, 0, folio_size(folio));
			flush_dcache_folio(folio);
			cond_resched();
		}
		folio_batch_release(&batch);
	}
}

/* A fault gives out a folio locked, and it is unlocked once it is mapped. */
void mmapdemo_folios_settle(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio_batch batch;
	unsigned int i;

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

/* All memory now or none, and nobody else killed for it. */
static int mmapdemo_folios_prealloc(struct mmapdemo_buffer *buffer)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping);
	loff_t size = i_size_read(buffer->inode);
	int err;

	if (size >> PAGE_SHIFT > si_mem_available())
		return -ENOMEM;
	mapping_set_gfp_mask(mapping, gfp | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	err = mmapdemo_folios_populate(buffer, 0, size);
	mapping_set_gfp_mask(mapping, gfp);
	return err;
}

int mmapdemo_folios_init(struct mmapdemo_buffer *buffer)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	int err;

	mapping->a_ops = &mmapdemo_aops;
	mapping_set_gfp_mask(mapping, GFP_HIGHUSER_MOVABLE);
	/* Lets truncation split a huge folio, and has it counted as what it is. */
	mapping_set_large_folios(mapping);
	/* Clean folios with nothing behind them: reclaim must not take them. */
	mapping_set_unevictable(mapping);
	buffer->huge = mmapdemo_param_huge;
	buffer->prealloc = mmapdemo_param_prealloc;
	if (!buffer->prealloc)
		return 0;
	err = mmapdemo_folios_prealloc(buffer);
	if (err)
		pr_err("prealloc=1: not enough memory for size=%lld\n",
		       i_size_read(buffer->inode));
	return err;
}

/* They go with their inode. */
void mmapdemo_folios_exit(struct mmapdemo_buffer *buffer)
{
}
