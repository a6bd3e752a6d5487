// SPDX-License-Identifier: GPL-2.0-only
/*
 * A chunk is the memory of one huge folio. A chunk of small folios, whose huge folio was split or
 * could not be allocated, gets a huge folio with the same contents: by a command, or by a page
 * fault of a mapping with MADV_HUGEPAGE. Page faults wait for huge pages in such mappings alone,
 * as is the kernel's default (Documentation/admin-guide/mm/transhuge.rst, defrag).
 *
 * MADV_COLLAPSE does so to tmpfs (collapse_file() in mm/khugepaged.c), and stores the huge folio
 * in the page cache in one step. No function that modules may call does that. This file removes
 * the small folios first and then adds the huge one. In between, a task that holds neither the
 * inode's lock nor the invalidate lock would take the chunk for a hole: see
 * mmapdemo_collapse_since().
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include MMAPDEMO_FOLIO_BATCH_H
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "broken.h"
#include "buffer.h"
#include "collapse.h"
#include "folios.h"
#include "hold.h"

/*
 * How often a call tries again while a page has other references, in all and for one chunk; after
 * what time; and after how many tries it empties the batches of all processors.
 */
#define MMAPDEMO_COLLAPSE_TRIES		100
#define MMAPDEMO_COLLAPSE_TRIES_EACH	20
#define MMAPDEMO_COLLAPSE_DRAIN		10
#define MMAPDEMO_COLLAPSE_WAIT_US	1000

/*
 * Page faults collapse at most one chunk of a buffer in this time, as a copy costs as much as many
 * page faults. They wait for longer after they have unmapped a chunk whose pages are in use.
 */
#define MMAPDEMO_COLLAPSE_EVERY		(HZ / 10)
#define MMAPDEMO_COLLAPSE_BUSY		(10 * HZ)

/**
 * struct mmapdemo_chunk - a chunk that is to become huge
 * @first: its first page
 * @node: where all of its memory is
 * @memcg: the memory cgroup that it is charged to; with a reference
 * @huge: the huge folio, once there is one
 */
struct mmapdemo_chunk {
	pgoff_t first;
	int node;
	struct mem_cgroup *memcg;
	struct folio *huge;
};

static bool mmapdemo_collapse_is_broken(struct folio *folio)
{
	return folio_test_hwpoison(folio) ||
	       (folio_test_large(folio) && folio_test_has_hwpoisoned(folio));
}

static bool mmapdemo_collapse_get_memcg(struct mem_cgroup *memcg)
{
#ifdef CONFIG_MEMCG
	return css_tryget(&memcg->css);
#else
	return false;
#endif
}

/* Whether a folio is on the chunk's node, and charged to its memory cgroup. */
static bool mmapdemo_collapse_agrees(const struct mmapdemo_chunk *chunk, struct folio *folio)
{
	bool agrees;

	rcu_read_lock();
	agrees = chunk->node == folio_nid(folio) && chunk->memcg == folio_memcg(folio);
	rcu_read_unlock();
	return agrees;
}

/* The chunk's node and memory cgroup are those of its first folio. */
static void mmapdemo_collapse_begin_with(struct mmapdemo_chunk *chunk, struct folio *folio)
{
	struct mem_cgroup *memcg;

	rcu_read_lock();
	memcg = folio_memcg(folio);
	chunk->node = folio_nid(folio);
	if (memcg && mmapdemo_collapse_get_memcg(memcg))
		chunk->memcg = memcg;
	rcu_read_unlock();
}

/*
 * Whether a chunk is to become huge: 1 if it has no hole and consists of small folios of one node
 * and one memory cgroup; -EAGAIN where a folio is locked, as both the old and the new one are
 * during migration; otherwise 0.
 */
static int mmapdemo_collapse_wanted(struct mmapdemo_buffer *buffer, struct mmapdemo_chunk *chunk)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	pgoff_t index = chunk->first, after = index + HPAGE_PMD_NR;
	int ret = 1;

	lockdep_assert_held(&mapping->invalidate_lock);
	if (!mmapdemo_folios_may_be_large(buffer, index, after - 1, mmapdemo_buffer_pages(buffer)))
		return 0;
	while (ret > 0 && index < after) {
		struct folio *folio = filemap_get_folio(mapping, index);

		if (IS_ERR_OR_NULL(folio))
			return 0;
		if (index == chunk->first)
			mmapdemo_collapse_begin_with(chunk, folio);
		if (folio_order(folio) >= HPAGE_PMD_ORDER || mmapdemo_collapse_is_broken(folio))
			ret = 0;
		else if (folio_test_locked(folio))
			ret = -EAGAIN;
		else if (!mmapdemo_collapse_agrees(chunk, folio))
			ret = 0;
		index = folio_next_index(folio);
		folio_put(folio);
	}
	return ret;
}

/* The same, for a caller without a lock: nothing keeps the answer true. -EINTR when killed. */
static int mmapdemo_collapse_look(struct mmapdemo_buffer *buffer, struct mmapdemo_chunk *chunk)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	int ret;

	if (mmapdemo_buffer_lock_mapping(mapping))
		return -EINTR;
	ret = mmapdemo_collapse_wanted(buffer, chunk);
	filemap_invalidate_unlock_shared(mapping);
	return ret;
}

/*
 * Whether a locked folio that is not mapped has no users. For a folio that is on no LRU list, the
 * task that will put it there has a reference: a batch of mm/swap.c, or page migration. Any other
 * reference may belong to a device that writes there. Flag and count are read twice, as that
 * reference is dropped when the folio is put on the list.
 */
static bool mmapdemo_collapse_unused(struct address_space *mapping, struct folio *folio)
{
	bool on_list = folio_test_lru(folio);
	long refs = folio_nr_pages(folio) + 1 + !on_list;
	bool same;

	smp_rmb(); /* pairs with the put of the reference, which comes after the flag is set */
	same = folio_ref_count(folio) == refs;
	smp_rmb(); /* the same */
	same &= folio_test_lru(folio) == on_list;
	smp_rmb(); /* the same */
	return same && folio_ref_count(folio) == refs && folio->mapping == mapping &&
	       folio_test_uptodate(folio) && !folio_mapped(folio) &&
	       !mmapdemo_collapse_is_broken(folio);
}

/*
 * The folio of a page, locked, with a reference, if it has no other users; or NULL. It does not
 * wait for a lock: the task that holds it may wait for a folio that the caller has locked.
 */
static struct folio *mmapdemo_collapse_take(struct address_space *mapping,
					    const struct mmapdemo_chunk *chunk, pgoff_t index)
{
	struct folio *folio = filemap_get_folio(mapping, index);

	if (IS_ERR_OR_NULL(folio))
		return NULL;
	if (folio_trylock(folio)) {
		/* Its node and memory cgroup stay the same from here on. */
		if (mmapdemo_collapse_unused(mapping, folio) &&
		    mmapdemo_collapse_agrees(chunk, folio))
			return folio;
		folio_unlock(folio);
	}
	folio_put(folio);
	return NULL;
}

/*
 * Locks the folios of a chunk up to the first one that has users, and returns the first page that
 * is not locked. Their locks keep them in the page cache.
 */
static pgoff_t mmapdemo_collapse_lock(struct address_space *mapping,
				      const struct mmapdemo_chunk *chunk)
{
	pgoff_t index = chunk->first;
	struct folio *folio;

	while (index < chunk->first + HPAGE_PMD_NR &&
	       (folio = mmapdemo_collapse_take(mapping, chunk, index))) {
		index = folio_next_index(folio);
		folio_put(folio);
	}
	return index;
}

/* A page with a memory error is reported, and not copied. copy_mc_highpage() came in Linux 6.4. */
static bool mmapdemo_collapse_copy_page(struct page *to, struct page *from)
{
	const void *src = kmap_local_page(from);
	void *dst = kmap_local_page(to);
	bool broken = copy_mc_to_kernel(dst, src, PAGE_SIZE);

	kunmap_local(dst);
	kunmap_local(src);
	if (broken)
		memory_failure_queue(page_to_pfn(from), 0);
	return !broken;
}

/* Copies locked folios to the huge one: 0, or -EAGAIN where memory turns out to be broken. */
static int mmapdemo_collapse_copy(struct address_space *mapping,
				  const struct mmapdemo_chunk *chunk)
{
	long done = 0;
	int err = 0;

	while (!err && done < HPAGE_PMD_NR) {
		struct folio *folio = filemap_get_folio(mapping, chunk->first + done);
		long i;

		for (i = 0; i < folio_nr_pages(folio); i++)
			if (!mmapdemo_collapse_copy_page(folio_page(chunk->huge, done + i),
							 folio_page(folio, i)))
				err = -EAGAIN;
		if (mmapdemo_collapse_is_broken(folio))
			err = -EAGAIN;
		done += folio_nr_pages(folio);
		folio_put(folio);
		cond_resched();
	}
	return err;
}

/* Unlocks the folios before a page, and with @remove removes them from the page cache. */
static void mmapdemo_collapse_unlock(struct address_space *mapping, pgoff_t first, pgoff_t after,
				     bool remove)
{
	while (first < after) {
		struct folio *folio = filemap_get_folio(mapping, first);

		first = folio_next_index(folio);
		if (remove)
			mmapdemo_broken_drop(mapping, folio);
		folio_unlock(folio);
		folio_put(folio);
	}
}

/* Removes folios that mm/ has added to the chunk without a lock: see mmapdemo_folios_ready(). */
static void mmapdemo_collapse_drop(struct address_space *mapping, pgoff_t first)
{
	unsigned long index = first;
	struct folio *folio;

	if (!xa_find(&mapping->i_pages, &index, first + HPAGE_PMD_NR - 1, XA_PRESENT))
		return;
	folio = filemap_lock_folio(mapping, index);
	if (IS_ERR_OR_NULL(folio))
		return;
	mmapdemo_broken_drop(mapping, folio);
	folio_unlock(folio);
	folio_put(folio);
}

/*
 * Adds the huge folio. That must not fail, as no other memory has the contents now. The memory
 * cgroup is charged for as much as the small folios have just released. The charge is forced, as
 * reclaim would keep all other tasks waiting. The allocation of the tree's nodes may reclaim.
 */
static void mmapdemo_collapse_add(struct mmapdemo_buffer *buffer,
				  const struct mmapdemo_chunk *chunk)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping);
	gfp_t now = (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_HIGH | __GFP_NOWARN;
	struct mem_cgroup *before = set_active_memcg(chunk->memcg);
	int err;

	while ((err = filemap_add_folio(mapping, chunk->huge, chunk->first, now))) {
		if (err == -EEXIST)
			mmapdemo_collapse_drop(mapping, chunk->first);
		else
			now = gfp | __GFP_NOFAIL;
		cond_resched();
	}
	set_active_memcg(before);
	mmapdemo_folios_complete(buffer, chunk->huge);
	folio_unlock(chunk->huge);
}

/* Empties this processor's batches (mm/swap.c, mm/mlock.c), as releasing any batch does. */
static long mmapdemo_collapse_drain_here(void *folio)
{
	struct folio_batch batch;

	folio_batch_init(&batch);
	folio_get(folio);
	folio_batch_add(&batch, folio);
	folio_batch_release(&batch);
	return 0;
}

/*
 * Replaces the folios of a chunk. A lookup without a lock does not trust what it finds between
 * begin and end. An earlier lookup has a reference, which this function finds.
 */
static int mmapdemo_collapse_replace(struct mmapdemo_buffer *buffer,
				     const struct mmapdemo_chunk *chunk)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	pgoff_t after = chunk->first + HPAGE_PMD_NR, locked;
	int err = -EAGAIN;

	mmapdemo_folios_settle(buffer, chunk->first, after - 1);
	unmap_mapping_pages(mapping, chunk->first, HPAGE_PMD_NR, false);
	mmapdemo_collapse_drain_here(chunk->huge); /* of pages that munlock has just put there */

	mmapdemo_collapse_begin(buffer);
	locked = mmapdemo_collapse_lock(mapping, chunk);
	if (locked == after)
		err = mmapdemo_collapse_copy(mapping, chunk);
	mmapdemo_collapse_unlock(mapping, chunk->first, locked, !err);
	if (!err)
		mmapdemo_collapse_add(buffer, chunk);
	mmapdemo_collapse_end(buffer);
	return err;
}

/* A huge folio for the chunk, where its pages are. */
static int mmapdemo_collapse_alloc(struct mmapdemo_buffer *buffer, struct mmapdemo_chunk *chunk)
{
	gfp_t gfp = mapping_gfp_mask(buffer->inode->i_mapping) | __GFP_THISNODE | __GFP_NORETRY |
		    __GFP_NOWARN;

	chunk->huge = __folio_alloc_node(gfp, HPAGE_PMD_ORDER, chunk->node);
	return chunk->huge ? 0 : -ENOMEM;
}

static void mmapdemo_collapse_put(struct mmapdemo_chunk *chunk)
{
	if (chunk->huge)
		folio_put(chunk->huge);
	mem_cgroup_put(chunk->memcg);
}

/*
 * The caller holds the inode's lock, and the invalidate lock with page faults stopped, and has
 * found that the chunk is wanted. Return: 0, also where there is nothing to do any more; -EAGAIN;
 * -EBUSY where a page is held or pinned, maybe for long; -ENODEV.
 */
static int mmapdemo_collapse_locked(struct mmapdemo_buffer *buffer,
				    const struct mmapdemo_chunk *chunk)
{
	struct mmapdemo_chunk now = { .first = chunk->first };
	int ret;

	lockdep_assert_held_write(&buffer->inode->i_rwsem);
	lockdep_assert_held_write(&buffer->inode->i_mapping->invalidate_lock);
	if (buffer->revoked)
		return -ENODEV;
	ret = mmapdemo_collapse_wanted(buffer, &now);
	if (ret > 0 && (now.node != chunk->node || now.memcg != chunk->memcg))
		ret = -EAGAIN;
	if (ret > 0 &&
	    mmapdemo_hold_has(buffer, chunk->first, chunk->first + HPAGE_PMD_NR - 1))
		ret = -EBUSY;
	mmapdemo_collapse_put(&now);
	return ret > 0 ? mmapdemo_collapse_replace(buffer, chunk) : ret;
}

/* Tries one chunk once. The locks are held for no longer than that. */
static int mmapdemo_collapse_once(struct mmapdemo_buffer *buffer, pgoff_t first)
{
	struct mmapdemo_chunk chunk = { .first = first };
	int err = mmapdemo_collapse_look(buffer, &chunk);

	if (err > 0)
		err = mmapdemo_collapse_alloc(buffer, &chunk) ?: mmapdemo_buffer_lock(buffer) ?: 1;
	if (err > 0) {
		mmapdemo_buffer_stop_faults(buffer);
		err = mmapdemo_collapse_locked(buffer, &chunk);
		mmapdemo_buffer_resume_faults(buffer);
		mmapdemo_buffer_unlock(buffer);
	}
	mmapdemo_collapse_put(&chunk);
	return err;
}

/*
 * Empties the batches of all processors. An idle one keeps its batch, and with it a reference to
 * each folio there. lru_add_drain_all(), which MADV_COLLAPSE calls, is not exported. As there, no
 * lock keeps processors online: the batches of one that goes offline are emptied, too.
 */
static void mmapdemo_collapse_drain(struct mmapdemo_buffer *buffer, pgoff_t first)
{
	struct folio *folio = filemap_get_folio(buffer->inode->i_mapping, first);
	unsigned int cpu;

	if (IS_ERR_OR_NULL(folio))
		return;
	for_each_online_cpu(cpu)
		if (!fatal_signal_pending(current))
			work_on_cpu(cpu, mmapdemo_collapse_drain_here, folio);
	folio_put(folio);
}

/* Tries again, @tries times in all, as a reference that is no pin is soon dropped. */
static int mmapdemo_collapse_one(struct mmapdemo_buffer *buffer, pgoff_t first, int *tries)
{
	int each, err;

	for (each = 0; (err = mmapdemo_collapse_once(buffer, first)) == -EAGAIN; each++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (!*tries || each == MMAPDEMO_COLLAPSE_TRIES_EACH)
			return -EBUSY;
		--*tries;
		if (each % MMAPDEMO_COLLAPSE_DRAIN)
			usleep_range(MMAPDEMO_COLLAPSE_WAIT_US, 2 * MMAPDEMO_COLLAPSE_WAIT_US);
		else
			mmapdemo_collapse_drain(buffer, first);
	}
	return err;
}

/**
 * mmapdemo_collapse - make the memory of a range huge folios again
 * @buffer: the buffer
 * @offset: first byte
 * @length: in bytes, above 0
 *
 * A chunk becomes huge if it lies in the range whole, has no hole, no broken page and no rule of
 * the fault lab, is of one node and one memory cgroup, and is not huge. Contents stay. A process
 * that had the pages mapped faults them in again. Its mappings have page tables, which still map
 * pages one by one.
 *
 * Context: Process context, may sleep. Takes the inode's lock and the invalidate lock, for one
 * chunk at a time.
 *
 * Return: 0, also for a buffer that makes no huge folios; -EINVAL for a range that is empty or ends
 * beyond what a file can have; -EBUSY where a page is in use by a device, a hold or the
 * kernel, and -ENOMEM where no huge folio could be allocated, once all others are done; -EINTR
 * after a fatal signal, -ENODEV after mmapdemo_revoke().
 */
int mmapdemo_collapse(struct mmapdemo_buffer *buffer, u64 offset, u64 length)
{
	struct xarray *pages = &buffer->inode->i_mapping->i_pages;
	int tries = MMAPDEMO_COLLAPSE_TRIES, err = 0;
	u64 end = mmapdemo_buffer_range_end(offset, length);
	unsigned long index;

	if (!end)
		return -EINVAL;
	if (!buffer->huge)
		return 0;
	end = min_t(u64, end, mmapdemo_buffer_bytes(buffer)) >> PAGE_SHIFT;
	offset = DIV_ROUND_UP_ULL(offset, PMD_SIZE) * HPAGE_PMD_NR;
	/* Units are pages from here on. Chunks without any page are skipped. */
	while (offset + HPAGE_PMD_NR <= end) {
		int now;

		index = offset;
		if (!xa_find(pages, &index, end - 1, XA_PRESENT))
			break;
		offset = max_t(u64, offset, round_down(index, HPAGE_PMD_NR));
		if (offset + HPAGE_PMD_NR > end)
			break;
		now = mmapdemo_collapse_one(buffer, offset, &tries);
		if (fatal_signal_pending(current))
			now = -EINTR;
		if (now == -EINTR || now == -ENODEV)
			return now;
		err = err ?: now;
		offset += HPAGE_PMD_NR;
		cond_resched();
	}
	return err ?: mmapdemo_buffer_revoked(buffer) ? -ENODEV : 0;
}

/* Whether a page fault may collapse a chunk now. It takes no lock. */
static bool mmapdemo_collapse_is_time(struct mmapdemo_buffer *buffer)
{
	unsigned long next = READ_ONCE(buffer->collapse_next);

	if (time_in_range_open(jiffies, next - MMAPDEMO_COLLAPSE_BUSY, next))
		return false;
	WRITE_ONCE(buffer->collapse_next, jiffies + MMAPDEMO_COLLAPSE_EVERY);
	return true;
}

/* Does not wait for a lock. Return: as mmapdemo_collapse_locked(), or 1 where somebody has one. */
static int mmapdemo_collapse_try(struct mmapdemo_buffer *buffer, const struct mmapdemo_chunk *chunk)
{
	int ret = 1;

	if (!inode_trylock(buffer->inode))
		return ret;
	if (mmapdemo_buffer_trystop_faults(buffer)) {
		ret = mmapdemo_collapse_locked(buffer, chunk);
		mmapdemo_buffer_resume_faults(buffer);
	}
	mmapdemo_buffer_unlock(buffer);
	return ret;
}

/**
 * mmapdemo_collapse_in_fault - make the chunk of a page fault huge again, where that is cheap
 * @vmf: a page fault that could map a huge page, and has found a small folio
 *
 * It only tries to lock: the inode's lock, and the invalidate lock exclusively.
 *
 * Context: a page fault, which holds none of the buffer's locks. May sleep.
 *
 * Return: whether the chunk may be huge now.
 */
bool mmapdemo_collapse_in_fault(struct vm_fault *vmf)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of_vma(vmf->vma);
	struct mmapdemo_chunk chunk = { .first = round_down(vmf->pgoff, HPAGE_PMD_NR) };
	int ret = 1;

	if (!buffer->huge || !(vmf->vma->vm_flags & VM_HUGEPAGE) ||
	    !mmapdemo_collapse_is_time(buffer))
		return false;
	if (mmapdemo_collapse_look(buffer, &chunk) > 0 &&
	    !mmapdemo_collapse_alloc(buffer, &chunk)) {
		ret = mmapdemo_collapse_try(buffer, &chunk);
		/* The kernel warns of a worker with WQ_MEM_RECLAIM that waits for one without. */
		if (ret == -EAGAIN && !(current->flags & PF_KTHREAD)) {
			mmapdemo_collapse_drain(buffer, chunk.first);
			ret = mmapdemo_collapse_try(buffer, &chunk);
		}
		if (ret < 0)
			WRITE_ONCE(buffer->collapse_next, jiffies + MMAPDEMO_COLLAPSE_BUSY);
	}
	mmapdemo_collapse_put(&chunk);
	return !ret;
}
