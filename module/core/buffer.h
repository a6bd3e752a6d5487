/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_BUFFER_H
#define MMAPDEMO_BUFFER_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <uapi/linux/mmapdemo.h>

struct mmapdemo_dma;
struct mmapdemo_hooks;
struct mmapdemo_strategy;

/**
 * enum mmapdemo_event - events that programs can wait for: bit numbers of MMAPDEMO_EVENT_
 * @MMAPDEMO_KICKED: a program called KICK
 * @MMAPDEMO_LAST_CLOSED: the last VMA went
 * @MMAPDEMO_RESIZED: the size changed
 * @MMAPDEMO_WIPED: the contents were zeroed
 * @MMAPDEMO_EVENTS: how many there are
 */
enum mmapdemo_event {
	MMAPDEMO_KICKED,
	MMAPDEMO_LAST_CLOSED,
	MMAPDEMO_RESIZED,
	MMAPDEMO_WIPED,
	MMAPDEMO_EVENTS,
};

/**
 * enum mmapdemo_fault_kind - how page faults are counted
 * @MMAPDEMO_FAULTED_READ: mapped a page for reading, and maybe its neighbours
 * @MMAPDEMO_FAULTED_WRITE: mapped a page of a shared mapping for writing
 * @MMAPDEMO_FAULTED_COW: found the page that a store to a private mapping copies
 * @MMAPDEMO_FAULTED_HUGE: a huge page that a page fault mapped
 * @MMAPDEMO_FAULTED_KINDS: how many there are
 */
enum mmapdemo_fault_kind {
	MMAPDEMO_FAULTED_READ,
	MMAPDEMO_FAULTED_WRITE,
	MMAPDEMO_FAULTED_COW,
	MMAPDEMO_FAULTED_HUGE,
	MMAPDEMO_FAULTED_KINDS,
};

/* @mapping: page faults between mmapdemo_fault_enter() and mmapdemo_fault_leave() */
struct mmapdemo_faults {
	unsigned long count[MMAPDEMO_FAULTED_KINDS];
	atomic_t mapping;
};

/* How many huge folios page faults can make at a time, on as many chunks. */
#define MMAPDEMO_MAKING	16

/**
 * struct mmapdemo_buffer - memory that files map: a file without a file system
 * @strategy: how it has its memory
 * @name: its copy of the name, for tracepoints and the log
 * @inode: private inode. Its reference count is the buffer's: see mmapdemo_buffer_get(). Its
 *	i_size is the size, its mapping knows the VMAs and, for the strategy `pagecache',
 *	holds the folios.
 *	inode_lock() serialises writers with tasks that remove folios or change
 *	the size, which also take the mapping's invalidate lock against page faults.
 * @end: the size in pages, rounded up, as reads, writes and page faults see it. The inode's
 *	i_size, which mm/ sees, shrinks later, once no page lies beyond it. 0 once revoked.
 * @hooks: the lab's; NULL without a lab. Set once.
 * @faults: page faults by kind, of each processor
 * @broken: of `pagecache': numbers of the pages that a memory error took
 * @pages: of strategies with pages of their own: the pages, one by one
 * @area: of strategies with memory in one piece: its kernel address
 * @held: bytes of @pages or @area
 * @dma: of `dma': its device and its blocks
 * @huge: of `pagecache': may use huge folios
 * @prealloc: of `pagecache': has all its memory from the start
 * @movable: of `pagecache': its memory may lie in ZONE_MOVABLE or CMA, where no hold keeps it
 * @cache: an enum mmapdemo_cache: how processors cache the memory
 * @revoked: never cleared: see mmapdemo_revoke(). Written with the invalidate lock held
 *	exclusively.
 * @faults_stopped: the invalidate lock is held exclusively: see mmapdemo_buffer_stop_faults()
 * @collapses: odd while a huge folio replaces the folios of a chunk: see collapse.h.
 *	Written with the invalidate lock held exclusively.
 * @seals: MMAPDEMO_SEAL_ bits: what is forbidden. Changed with the inode's lock held.
 * @node: NUMA node that its pages come from; NUMA_NO_NODE: as the task's policy says. With
 *	`pagecache', a VMA may have a policy of its own.
 * @collapse_next: in jiffies: when a page fault may collapse a chunk again
 * @making: of `pagecache': each lets one page fault at a time make the huge folio
 *	of a chunk. It nests inside the invalidate lock.
 * @holds: of `pagecache': each struct mmapdemo_hold, whose pages must not be freed
 * @holds_lock: protects @holds
 * @torn: writes that have changed a part of their bytes, and hold no lock: see
 *	mmapdemo_io_write_iter()
 * @wait: tasks that wait for events
 * @listeners: each struct mmapdemo_listener that has an eventfd
 * @listeners_lock: protects @listeners
 * @fasync: files with O_ASYNC; the kernel has a lock for them
 * @events: how often each enum mmapdemo_event happened
 * @owner: a module to which the buffer has a reference, or NULL
 * @opens: open file descriptions, now
 * @vmas: live VMAs in all processes, now. Atomic, because fork and exit
 *	open and close VMAs under the locks of different mms.
 * @vmas_peak: the most @vmas has been
 *
 * An open file has a reference, and a VMA has a reference to its file. So neither
 * outlives the buffer.
 */
struct mmapdemo_buffer {
	/* read by page faults, and hardly ever written */
	const struct mmapdemo_strategy *strategy;
	const char *name;
	struct inode *inode;
	pgoff_t end;
	struct mmapdemo_hooks *hooks;
	struct mmapdemo_faults __percpu *faults;
	struct xarray broken;
	struct page **pages;
	void *area;
	size_t held;
	struct mmapdemo_dma *dma;
	bool huge;
	bool prealloc;
	bool movable;
	bool revoked;
	bool faults_stopped;
	u8 cache;
	unsigned int collapses;
	unsigned int seals;
	int node;
	unsigned long collapse_next;

	/* written where memory is made, and for holds and events */
	struct mutex making[MMAPDEMO_MAKING] ____cacheline_aligned_in_smp; /* a huge folio */
	struct list_head holds;
	spinlock_t holds_lock; /* holds */
	atomic_t torn;
	wait_queue_head_t wait;
	struct list_head listeners;
	spinlock_t listeners_lock; /* listeners */
	struct fasync_struct *fasync;
	atomic64_t events[MMAPDEMO_EVENTS];

	/* written by open, close, mmap, munmap and fork */
	struct module *owner ____cacheline_aligned_in_smp;
	atomic_t opens;
	atomic_t vmas;
	atomic_t vmas_peak;
};

/* The buffer that an open file, or a VMA's file, belongs to. */
static inline struct mmapdemo_buffer *mmapdemo_buffer_of(const struct file *file)
{
	return file->f_mapping->host->i_private;
}

/* The buffer of a VMA in a page fault: it has been counted, see mmapdemo_mapping_get(). */
static inline struct mmapdemo_buffer *mmapdemo_buffer_of_vma(const struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

/* The size. Without the inode's lock or the invalidate lock it may change at any time. */
static inline pgoff_t mmapdemo_buffer_pages(const struct mmapdemo_buffer *buffer)
{
	return READ_ONCE(buffer->end);
}

static inline loff_t mmapdemo_buffer_bytes(const struct mmapdemo_buffer *buffer)
{
	return min_t(u64, (u64)mmapdemo_buffer_pages(buffer) << PAGE_SHIFT,
		     i_size_read(buffer->inode));
}

/* How many pages a number of bytes needs. The largest size of a file does not overflow here. */
static inline pgoff_t mmapdemo_buffer_pages_of(u64 bytes)
{
	return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/*
 * The byte behind a range of a file, 0 for a range that no file can have. On a kernel with words of
 * 32 bits a range may reach beyond the largest size of a file, as on others, and ends there.
 */
static inline u64 mmapdemo_buffer_range_end(u64 offset, u64 length)
{
	u64 end;

	if (!length || check_add_overflow(offset, length, &end) || end > LLONG_MAX ||
	    offset >= MAX_LFS_FILESIZE)
		return 0;
	return min_t(u64, end, MAX_LFS_FILESIZE);
}

/* Seals that forbid new writers. */
#define MMAPDEMO_SEAL_WRITES	(MMAPDEMO_SEAL_WRITE | MMAPDEMO_SEAL_FUTURE_WRITE)

/* Whether one of some MMAPDEMO_SEAL_ bits is set. With the inode's lock held it stays so. */
static inline bool mmapdemo_buffer_sealed(const struct mmapdemo_buffer *buffer,
					  unsigned int seals)
{
	return READ_ONCE(buffer->seals) & seals;
}

/*
 * Whether the buffer is revoked. The answer is true for a caller that has read an end of 0 because
 * of a revoke.
 */
static inline bool mmapdemo_buffer_revoked(const struct mmapdemo_buffer *buffer)
{
	smp_rmb(); /* pairs with smp_store_release() in mmapdemo_revoke() */
	return READ_ONCE(buffer->revoked);
}

/* The errno for a byte past the end. */
static inline int mmapdemo_buffer_past_end(const struct mmapdemo_buffer *buffer)
{
	return mmapdemo_buffer_revoked(buffer) ? -ENODEV : -EINVAL;
}

/* inode_lock(), killable, as holders may take long. */
static inline int __must_check mmapdemo_buffer_lock(struct mmapdemo_buffer *buffer)
{
	return down_write_killable(&buffer->inode->i_rwsem);
}

static inline void mmapdemo_buffer_unlock(struct mmapdemo_buffer *buffer)
{
	inode_unlock(buffer->inode);
}

static inline int __must_check mmapdemo_buffer_lock_shared(struct mmapdemo_buffer *buffer)
{
	return down_read_killable(&buffer->inode->i_rwsem);
}

static inline void mmapdemo_buffer_unlock_shared(struct mmapdemo_buffer *buffer)
{
	inode_unlock_shared(buffer->inode);
}

/*
 * Takes the invalidate lock exclusively, which ends page faults that take it shared. Page faults
 * without that lock give up once they see the flag. mmapdemo_folios_settle() waits for those that
 * looked before it was set.
 */
static inline void mmapdemo_buffer_stop_faults(struct mmapdemo_buffer *buffer)
{
	filemap_invalidate_lock(buffer->inode->i_mapping);
	WRITE_ONCE(buffer->faults_stopped, true);
}

static inline bool __must_check mmapdemo_buffer_trystop_faults(struct mmapdemo_buffer *buffer)
{
	if (!down_write_trylock(&buffer->inode->i_mapping->invalidate_lock))
		return false;
	WRITE_ONCE(buffer->faults_stopped, true);
	return true;
}

static inline void mmapdemo_buffer_resume_faults(struct mmapdemo_buffer *buffer)
{
	/* Pairs with mmapdemo_fault_end(), which then sees all that was done before. */
	smp_store_release(&buffer->faults_stopped, false);
	filemap_invalidate_unlock(buffer->inode->i_mapping);
}

/* Takes the invalidate lock shared, whose holders may take long. VM_FAULT_SIGBUS when killed. */
static inline vm_fault_t mmapdemo_buffer_lock_mapping(struct address_space *mapping)
{
	return down_read_killable(&mapping->invalidate_lock) ? VM_FAULT_SIGBUS : 0;
}

#endif
