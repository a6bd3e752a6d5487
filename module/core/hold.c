// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds: ranges of pages that a driver uses for longer than a moment, by a kernel address or
 * by DMA. While a hold lasts, its pages are allocated and do not move, and RESIZE and PUNCH do
 * not free them.
 *
 * A reference keeps a page from being freed and from migrating. It does not keep the page in
 * the page cache. So the buffer has a list of the holds, which RESIZE and PUNCH check, as they
 * check for pins.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/pagemap.h>
#include <linux/scatterlist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "buffer.h"
#include "folios.h"
#include "hold.h"
#include "strategy.h"

/**
 * struct mmapdemo_hold - a range of pages that stays
 * @list: in the buffer's list
 * @buffer: the buffer, to which the hold has a reference
 * @first: number of the first page
 * @count: how many pages there are
 * @held: how many of them, from the first on, the hold has a reference to
 * @pages: the pages
 * @at: kernel address of all of them in one piece; NULL before mmapdemo_hold_vmap()
 */
struct mmapdemo_hold {
	struct list_head list;
	struct mmapdemo_buffer *buffer;
	pgoff_t first;
	pgoff_t count;
	pgoff_t held;
	struct page **pages;
	void *at;
};

/* Whether a range has a page of a hold. The caller holds the invalidate lock exclusively. */
bool mmapdemo_hold_has(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last)
{
	struct mmapdemo_hold *hold;
	bool found = false;

	lockdep_assert_held_write(&buffer->inode->i_mapping->invalidate_lock);
	spin_lock(&buffer->holds_lock);
	list_for_each_entry(hold, &buffer->holds, list)
		found |= hold->first <= last && first < hold->first + hold->count;
	spin_unlock(&buffer->holds_lock);
	return found;
}

/*
 * Whether a folio must stay movable: no hold keeps it then. A module cannot ask whether a folio
 * is CMA's, as folio_migratetype() calls a function that is not exported. So each folio of a zone
 * that has CMA counts as such.
 */
static bool mmapdemo_hold_must_move(const struct mmapdemo_hold *hold, struct folio *folio)
{
	struct zone *zone = folio_zone(folio);

	return zone_idx(zone) == ZONE_MOVABLE ||
	       (hold->buffer->movable && zone_cma_pages(zone));
}

/* Takes references to the pages of one more folio. */
static int mmapdemo_hold_folio(struct mmapdemo_hold *hold)
{
	pgoff_t index = hold->first + hold->held;
	struct folio *folio = mmapdemo_folios_lock(hold->buffer, index,
						   hold->count - hold->held, NULL);
	pgoff_t end;
	int err = 0;

	if (IS_ERR(folio))
		return folio == ERR_PTR(-EHWPOISON) ? -EIO : PTR_ERR(folio);
	end = min(folio_next_index(folio), hold->first + hold->count);
	if (mmapdemo_hold_must_move(hold, folio))
		err = -EBUSY;
	for (; !err && index < end; index++) {
		struct page *page = folio_file_page(folio, index);

		if (PageHWPoison(page)) {
			err = -EIO;
			break;
		}
		/* Each page of a huge folio takes one, and the count has 32 bits. */
		if (folio_ref_count(folio) < 0) {
			err = -ENOMEM;
			break;
		}
		folio_get(folio);
		hold->pages[hold->held++] = page;
	}
	folio_unlock(folio);
	folio_put(folio);
	return err;
}

/* Takes the invalidate lock for one folio at a time, so that page faults do not wait for long. */
static int mmapdemo_hold_more(struct mmapdemo_hold *hold)
{
	struct address_space *mapping = hold->buffer->inode->i_mapping;
	int err;

	filemap_invalidate_lock_shared(mapping);
	err = hold->buffer->revoked ? -ENODEV : mmapdemo_hold_folio(hold);
	filemap_invalidate_unlock_shared(mapping);
	if (!err && fatal_signal_pending(current))
		err = -EINTR;
	cond_resched();
	return err;
}

/*
 * Puts the hold in the list before it has a page. From then on no page of its range can be freed,
 * and the size cannot shrink below its end.
 */
static int mmapdemo_hold_begin(struct mmapdemo_hold *hold)
{
	struct mmapdemo_buffer *buffer = hold->buffer;
	struct address_space *mapping = buffer->inode->i_mapping;
	int err = 0;

	filemap_invalidate_lock_shared(mapping);
	if (hold->first + hold->count > mmapdemo_buffer_pages(buffer)) {
		err = mmapdemo_buffer_past_end(buffer);
	} else if (mmapdemo_buffer_sealed(buffer, MMAPDEMO_SEAL_WRITES)) {
		err = -EPERM;
	} else {
		spin_lock(&buffer->holds_lock);
		list_add(&hold->list, &buffer->holds);
		spin_unlock(&buffer->holds_lock);
	}
	filemap_invalidate_unlock_shared(mapping);
	return err;
}

static int mmapdemo_hold_all(struct mmapdemo_hold *hold)
{
	int err = mmapdemo_hold_begin(hold);

	while (!err && hold->held < hold->count)
		err = mmapdemo_hold_more(hold);
	return err;
}

/* Whether a range has whole pages only, and is inside the buffer. */
static bool mmapdemo_hold_fits(const struct mmapdemo_buffer *buffer, u64 pos, u64 bytes)
{
	return bytes && PAGE_ALIGNED(pos) && PAGE_ALIGNED(bytes) && pos <= MAX_LFS_FILESIZE &&
	       bytes <= MAX_LFS_FILESIZE - pos && pos + bytes <= mmapdemo_bytes(buffer);
}

/**
 * mmapdemo_hold - keep the pages of a range allocated and in place
 * @buffer: the buffer
 * @pos: first byte, a multiple of the page size
 * @bytes: a multiple of the page size, above 0
 *
 * Pages that are missing are allocated, and charged to the current task. The kernel can
 * neither migrate the pages nor take them offline meanwhile. mmapdemo_revoke() ends no hold.
 *
 * No hold keeps a page in ZONE_MOVABLE, whose memory may be unplugged. A buffer with
 * MMAPDEMO_CREATE_MOVABLE, as each node has, keeps no page that may be CMA's, either. Other buffers
 * allocate no memory there. But compaction may have moved one of their pages to CMA, and a hold
 * keeps it there. The function with which pin_user_pages() moves such pages away is not exported.
 *
 * Context: Process context, may sleep. Takes the invalidate lock for a folio at a time.
 *
 * Return: the hold, which mmapdemo_hold_end() ends; or ERR_PTR of -EINVAL for a range that is
 * not of whole pages inside the buffer, -EOPNOTSUPP for a buffer of another strategy,
 * -EBUSY where a page lies in ZONE_MOVABLE or, of a movable buffer, in a zone that has CMA,
 * -ENODEV after mmapdemo_revoke(), -EPERM where a seal forbids writing, -ENOMEM, -EIO where a
 * memory error took a page, -EINTR after a fatal signal.
 */
struct mmapdemo_hold *mmapdemo_hold(struct mmapdemo_buffer *buffer, u64 pos, u64 bytes)
{
	struct mmapdemo_hold *hold;
	int err;

	if (!buffer->strategy->has_folios)
		return ERR_PTR(-EOPNOTSUPP);
	if (!mmapdemo_hold_fits(buffer, pos, bytes))
		return ERR_PTR(mmapdemo_buffer_past_end(buffer));
	hold = kzalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);
	if (!hold)
		return ERR_PTR(-ENOMEM);
	hold->buffer = mmapdemo_get(buffer);
	hold->first = pos >> PAGE_SHIFT;
	hold->count = bytes >> PAGE_SHIFT;
	INIT_LIST_HEAD(&hold->list);
	/* Above INT_MAX bytes, kvmalloc() warns, and does not allocate. */
	hold->pages = kvcalloc(hold->count, sizeof(*hold->pages),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	err = hold->pages ? mmapdemo_hold_all(hold) : -ENOMEM;
	if (!err)
		return hold;
	mmapdemo_hold_end(hold);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_hold);

/**
 * mmapdemo_hold_end - end a hold, its kernel address included
 * @hold: the hold, of which no DMA mapping is left; NULL is ignored
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_hold_end(struct mmapdemo_hold *hold)
{
	struct mmapdemo_buffer *buffer;

	if (!hold)
		return;
	buffer = hold->buffer;
	vunmap(hold->at);
	while (hold->held) {
		put_page(hold->pages[--hold->held]);
		cond_resched();
	}
	spin_lock(&buffer->holds_lock);
	list_del(&hold->list);
	spin_unlock(&buffer->holds_lock);
	kvfree(hold->pages);
	kfree(hold);
	mmapdemo_put(buffer);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_hold_end);

/**
 * mmapdemo_hold_vmap - map a hold in one piece of kernel addresses
 * @hold: the hold
 *
 * The address is valid until mmapdemo_hold_end(), in any context. Programs may change the
 * contents at any time.
 *
 * Where data caches are indexed by virtual addresses (parisc, some arm), this address and those
 * of programs use different cache lines. The driver calls flush_kernel_vmap_range() after it has
 * written, and invalidate_kernel_vmap_range() before it reads.
 *
 * Context: Process context, may sleep. The caller serialises calls for the same hold.
 *
 * Return: the address, the same for each call; NULL without memory, and for a hold of more bytes
 * than an unsigned long can count.
 */
void *mmapdemo_hold_vmap(struct mmapdemo_hold *hold)
{
	/* With words of 32 bits vmap() would map the rest of the division only, and succeed. */
	if (!hold->at && hold->count <= ULONG_MAX >> PAGE_SHIFT)
		hold->at = vmap(hold->pages, hold->count, VM_MAP, PAGE_KERNEL);
	return hold->at;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_hold_vmap);

/**
 * mmapdemo_hold_dma_map - map a hold for DMA by a device
 * @hold: the hold, which outlives the mapping
 * @dev: the device
 * @dir: the direction
 * @sgt: is filled in
 *
 * The mapping is a streaming one. Between accesses of the device and of processors, the driver
 * calls dma_sync_sgtable_for_cpu() and dma_sync_sgtable_for_device().
 *
 * Context: Process context, may sleep.
 *
 * Return: 0; -EINVAL for a device whose segments are shorter than a page, and for a hold of more
 * bytes than an unsigned long can count, -ENOMEM; or of
 * dma_map_sgtable(), -EINVAL, -ENOMEM, -EIO and -EREMOTEIO.
 */
int mmapdemo_hold_dma_map(struct mmapdemo_hold *hold, struct device *dev,
			  enum dma_data_direction dir, struct sg_table *sgt)
{
	/* A bounce buffer is shorter than a huge folio. */
	unsigned int segment = min_t(size_t, dma_get_max_seg_size(dev), dma_max_mapping_size(dev));
	int err;

	/* With words of 32 bits a hold may have more bytes than the function below takes. */
	if (segment < PAGE_SIZE || hold->count > ULONG_MAX >> PAGE_SHIFT)
		return -EINVAL;
	err = sg_alloc_table_from_pages_segment(sgt, hold->pages, hold->count, 0,
						hold->count << PAGE_SHIFT, segment,
						GFP_KERNEL_ACCOUNT);
	if (err)
		return err;
	err = dma_map_sgtable(dev, sgt, dir, 0);
	if (err)
		sg_free_table(sgt);
	return err;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_hold_dma_map);

/**
 * mmapdemo_hold_dma_unmap - undo mmapdemo_hold_dma_map()
 * @dev: the device, which has ended its DMA
 * @dir: the direction
 * @sgt: the table, which is freed
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_hold_dma_unmap(struct device *dev, enum dma_data_direction dir,
			     struct sg_table *sgt)
{
	dma_unmap_sgtable(dev, sgt, dir, 0);
	sg_free_table(sgt);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_hold_dma_unmap);
