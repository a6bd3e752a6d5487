// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buffer: page-cache folios of a private inode on a file system that
 * nobody can mount. The kernel's own page-cache code then finds, maps, copies
 * on write, migrates and truncates them as it does for any file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched/signal.h>

#include "buffer.h"
#include "faultlab.h"
#include "notify.h"

#define MMAPDEMO_MAGIC	0x6d6d6170	/* "mmap" */

static struct vfsmount *mmapdemo_mnt;

/*
 * Folios are never dirty: there is nowhere to write them back to, and the
 * split of a huge folio by truncation would account its dirty tails to an
 * inode->i_wb that such an inode does not have (an oops).
 */
static bool mmapdemo_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	return false;
}

static const struct address_space_operations mmapdemo_aops = {
	.dirty_folio	= mmapdemo_dirty_folio,
	.migrate_folio	= filemap_migrate_folio,
};

static struct folio *mmapdemo_buffer_new_folio(struct mmapdemo_buffer *buffer, pgoff_t index,
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
static struct folio *mmapdemo_buffer_add_huge(struct mmapdemo_buffer *buffer, pgoff_t index)
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
	return mmapdemo_buffer_new_folio(buffer, index, HPAGE_PMD_ORDER,
					 gfp | __GFP_NORETRY | __GFP_NOWARN);
}
#else
static struct folio *mmapdemo_buffer_add_huge(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	return ERR_PTR(-ENOMEM);
}
#endif

/* Where part of the chunk is there already, or memory is short, one page. */
static struct folio *mmapdemo_buffer_add_folio(struct mmapdemo_buffer *buffer, pgoff_t index)
{
	struct folio *folio = mmapdemo_buffer_add_huge(buffer, index);

	if (IS_ERR(folio))
		folio = mmapdemo_buffer_new_folio(buffer, index, 0,
						  mapping_gfp_mask(buffer->inode->i_mapping));
	return folio;
}

/**
 * mmapdemo_buffer_get_folio - the folio that holds a page, made where there is none
 * @buffer: the buffer
 * @index: page number in the buffer
 *
 * The caller holds the mapping's invalidate lock (shared is enough), so the
 * folio stays in the buffer at least until that is dropped.
 *
 * Return: the folio with a reference, unlocked; or ERR_PTR of -ENXIO past the
 * end, -ENOMEM where memory or the caller's memory cgroup has no room.
 */
struct folio *mmapdemo_buffer_get_folio(struct mmapdemo_buffer *buffer, pgoff_t index)
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
		folio = mmapdemo_buffer_add_folio(buffer, index);
	} while (folio == ERR_PTR(-EEXIST)); /* somebody else was faster: take theirs */
	return folio;
}

/**
 * mmapdemo_buffer_use_folio - mmapdemo_buffer_get_folio() for who does not map it
 * @buffer: the buffer
 * @pos: a byte of the folio
 *
 * Takes the invalidate lock itself. To have the folio stay in the buffer, the
 * caller holds the inode's lock.
 *
 * Return: as mmapdemo_buffer_get_folio().
 */
struct folio *mmapdemo_buffer_use_folio(struct mmapdemo_buffer *buffer, loff_t pos)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct folio *folio;

	filemap_invalidate_lock_shared(mapping);
	folio = mmapdemo_buffer_get_folio(buffer, pos >> PAGE_SHIFT);
	filemap_invalidate_unlock_shared(mapping);
	return folio;
}

/**
 * mmapdemo_buffer_populate - have a folio behind each page of a range
 * @buffer: the buffer
 * @pos: first byte
 * @len: bytes; what lies past the end of the buffer is left out
 *
 * Return: 0, or an errno as mmapdemo_buffer_get_folio(), or -EINTR when killed.
 */
int mmapdemo_buffer_populate(struct mmapdemo_buffer *buffer, loff_t pos, size_t len)
{
	loff_t end = min_t(u64, (u64)pos + len, i_size_read(buffer->inode));
	int err = 0;

	while (pos < end && !err) {
		struct folio *folio = mmapdemo_buffer_use_folio(buffer, pos);

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
size_t mmapdemo_buffer_resident(struct mmapdemo_buffer *buffer)
{
	return READ_ONCE(buffer->inode->i_mapping->nrpages) << PAGE_SHIFT;
}

/* First byte at or after @pos, inside the buffer, that has a folio; -ENXIO where none has. */
loff_t mmapdemo_buffer_seek_data(struct mmapdemo_buffer *buffer, loff_t pos)
{
	unsigned long index = pos >> PAGE_SHIFT;

	if (!xa_find(&buffer->inode->i_mapping->i_pages, &index, ULONG_MAX, XA_PRESENT))
		return -ENXIO;
	return max_t(loff_t, pos, (loff_t)index << PAGE_SHIFT);
}

/*
 * Huge folios have entries of their own, not at the leaves. They are counted
 * when somebody asks: the core, which may split them, tells nobody.
 */
unsigned long mmapdemo_buffer_huge_folios(struct mmapdemo_buffer *buffer)
{
	XA_STATE(xas, &buffer->inode->i_mapping->i_pages, 0);
	unsigned long found = 0;
	struct folio *folio;

	rcu_read_lock();
	xas_for_each(&xas, folio, ULONG_MAX) {
		if (xas_retry(&xas, folio))
			continue;
		found += xas.xa_node && xas.xa_node->shift >= XA_CHUNK_SHIFT;
		if (need_resched()) {
			xas_pause(&xas);
			cond_resched_rcu();
		}
	}
	rcu_read_unlock();
	return found;
}

/* First byte at or after @pos, inside the buffer, that has none; the end is a hole. */
loff_t mmapdemo_buffer_seek_hole(struct mmapdemo_buffer *buffer, loff_t pos)
{
	loff_t size = i_size_read(buffer->inode);
	XA_STATE(xas, &buffer->inode->i_mapping->i_pages, pos >> PAGE_SHIFT);

	/* Not page_cache_next_miss(): it calls page 0 missing even where it is present. */
	rcu_read_lock();
	while (xas_next(&xas))
		;
	rcu_read_unlock();
	return clamp_t(loff_t, (loff_t)xas.xa_index << PAGE_SHIFT, pos, size);
}

static int mmapdemo_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, MMAPDEMO_MAGIC) ? 0 : -ENOMEM;
}

/*
 * No .owner: kern_mount() would take a reference to the module that only its
 * exit function drops, and it could never be unloaded.
 */
static struct file_system_type mmapdemo_fs = {
	.name			= "mmapdemo",
	.init_fs_context	= mmapdemo_init_fs_context,
	.kill_sb		= kill_anon_super,
};

unsigned long mmapdemo_buffer_counted(struct mmapdemo_buffer *buffer,
				      enum mmapdemo_fault_kind kind)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(buffer->faults, cpu)->count[kind];
	return sum;
}

/* All memory now or none, and nobody else killed for it. */
static int __init mmapdemo_buffer_prealloc(struct mmapdemo_buffer *buffer)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping);
	loff_t size = i_size_read(buffer->inode);
	int err;

	if (size >> PAGE_SHIFT > si_mem_available())
		return -ENOMEM;
	mapping_set_gfp_mask(mapping, gfp | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	err = mmapdemo_buffer_populate(buffer, 0, size);
	mapping_set_gfp_mask(mapping, gfp);
	return err;
}

int __init mmapdemo_buffer_init(struct mmapdemo_buffer *buffer, loff_t size, bool huge,
				bool prealloc)
{
	struct inode *inode;
	int err;

	buffer->faults = alloc_percpu(struct mmapdemo_faults);
	if (!buffer->faults)
		return -ENOMEM;

	mmapdemo_mnt = kern_mount(&mmapdemo_fs);
	if (IS_ERR(mmapdemo_mnt)) {
		err = PTR_ERR(mmapdemo_mnt);
		goto free_faults;
	}

	inode = alloc_anon_inode(mmapdemo_mnt->mnt_sb);
	if (IS_ERR(inode)) {
		err = PTR_ERR(inode);
		goto unmount;
	}

	inode->i_private = buffer;
	inode->i_mapping->a_ops = &mmapdemo_aops;
	mapping_set_gfp_mask(inode->i_mapping, GFP_HIGHUSER_MOVABLE);
	/* Lets truncation split a huge folio, and has it counted as what it is. */
	mapping_set_large_folios(inode->i_mapping);
	/* Clean folios with nothing behind them: reclaim must not take them. */
	mapping_set_unevictable(inode->i_mapping);
	i_size_write(inode, size);
	buffer->inode = inode;
	buffer->huge = huge;
	buffer->prealloc = prealloc;
	mmapdemo_faultlab_init(buffer);
	mmapdemo_notify_init(buffer);
	if (prealloc) {
		err = mmapdemo_buffer_prealloc(buffer);
		if (err) {
			pr_err("prealloc=1: not enough memory for size=%lld\n", size);
			goto put_inode;
		}
	}
	return 0;

put_inode:
	iput(inode);
unmount:
	kern_unmount(mmapdemo_mnt);
free_faults:
	free_percpu(buffer->faults);
	return err;
}

void mmapdemo_buffer_exit(struct mmapdemo_buffer *buffer)
{
	mmapdemo_faultlab_exit(buffer);
	iput(buffer->inode);
	kern_unmount(mmapdemo_mnt);
	free_percpu(buffer->faults);
}
