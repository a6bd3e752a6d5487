// SPDX-License-Identifier: GPL-2.0-only
/* Functions of include/linux/mmapdemo.h that no other file of the core has. */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/pagemap.h>
#include <uapi/linux/mmapdemo.h>

#include "assembler.h"
#include "buffer.h"
#include "notify.h"
#include "pagecache.h"
#include "strategy.h"

#ifdef MMAPDEMO_CORE_ALONE

/* The driver's own reference would keep its module from being unloaded. */
#define mmapdemo_api_pin()	do { } while (0)
#define mmapdemo_api_unpin()	do { } while (0)

/**
 * mmapdemo_core_init - start a core that is built in; the driver's first call
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, or -ENOMEM.
 */
int __init mmapdemo_core_init(void)
{
	return mmapdemo_buffer_mount();
}

/**
 * mmapdemo_core_exit - end a core that is built in; the driver's last call
 *
 * The driver has dropped all its references to buffers.
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_core_exit(void)
{
	mmapdemo_buffer_unmount();
}

#else

/* A driver that was unloaded and forgot a reference keeps mmapdemo.ko loaded. */
#define mmapdemo_api_pin()	__module_get(THIS_MODULE)
#define mmapdemo_api_unpin()	module_put(THIS_MODULE)

#endif

#define MMAPDEMO_CREATE_FLAGS \
	(MMAPDEMO_CREATE_PREALLOC | MMAPDEMO_CREATE_SMALL | MMAPDEMO_CREATE_MOVABLE)

static bool mmapdemo_api_is_node(int node)
{
	return node == NUMA_NO_NODE ||
	       (node >= 0 && node < MAX_NUMNODES && node_state(node, N_MEMORY));
}

/**
 * mmapdemo_create - make a buffer
 * @name: for the log and for tracepoints; copied
 * @bytes: size, a multiple of the page size above 0
 * @node: NUMA node that memory is to come from, or NUMA_NO_NODE
 * @flags: MMAPDEMO_CREATE_ flags
 *
 * Memory is zeroed. Without MMAPDEMO_CREATE_PREALLOC, it is allocated on first use, and
 * charged to the task that uses it first.
 *
 * Memory comes from zones whose pages need not move, as a hold keeps pages in place. A driver that
 * never holds pages passes MMAPDEMO_CREATE_MOVABLE. Its buffer may then use ZONE_MOVABLE and CMA.
 *
 * A core that is built in without the part `huge' makes no huge folios.
 *
 * Context: Process context, may sleep.
 *
 * Return: the buffer with a reference, which mmapdemo_put() drops; or ERR_PTR of -EINVAL for an
 * argument, -ENOMEM for more memory than the machine has, or than is free with
 * MMAPDEMO_CREATE_PREALLOC, -EINTR after a fatal signal.
 */
struct mmapdemo_buffer *mmapdemo_create(const char *name, u64 bytes, int node, unsigned int flags)
{
	const struct mmapdemo_settings settings = {
		.size		= bytes,
		.node		= node,
		.huge		= !(flags & MMAPDEMO_CREATE_SMALL) &&
				  MMAPDEMO_HUGE_PART,
		.prealloc	= flags & MMAPDEMO_CREATE_PREALLOC,
		.movable	= flags & MMAPDEMO_CREATE_MOVABLE,
	};
	struct mmapdemo_buffer *buffer;

	if (!name || !*name || !bytes || !PAGE_ALIGNED(bytes) || !mmapdemo_api_is_node(node) ||
	    flags & ~MMAPDEMO_CREATE_FLAGS)
		return ERR_PTR(-EINVAL);
	if (bytes >> PAGE_SHIFT > totalram_pages())
		return ERR_PTR(-ENOMEM);
	buffer = mmapdemo_buffer_create(name, &mmapdemo_strategy_pagecache, &settings);
	if (!IS_ERR(buffer))
		mmapdemo_api_pin();
	return buffer;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_create);

/**
 * mmapdemo_get - take another reference
 * @buffer: the buffer, to which the caller has a reference
 *
 * Context: Any.
 *
 * Return: the buffer.
 */
struct mmapdemo_buffer *mmapdemo_get(struct mmapdemo_buffer *buffer)
{
	mmapdemo_api_pin();
	return mmapdemo_buffer_get(buffer);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_get);

/**
 * mmapdemo_put - drop a reference
 * @buffer: the buffer; NULL is ignored
 *
 * The last reference frees the memory. Each file and each hold has a reference, and each
 * mapping has one to its file.
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_put(struct mmapdemo_buffer *buffer)
{
	if (!buffer)
		return;
	mmapdemo_buffer_put(buffer);
	mmapdemo_api_unpin();
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_put);

/**
 * mmapdemo_bytes - the size
 * @buffer: the buffer
 *
 * Context: Any. The size may change at any time, unless the driver alone can change it.
 *
 * Return: bytes; 0 after mmapdemo_revoke().
 */
u64 mmapdemo_bytes(const struct mmapdemo_buffer *buffer)
{
	return mmapdemo_buffer_bytes(buffer);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_bytes);

/**
 * mmapdemo_resize - change the size of a buffer
 * @buffer: the buffer
 * @bytes: a multiple of the page size, above 0
 *
 * Memory beyond a smaller size is freed, and a touch of a mapping there is SIGBUS.
 *
 * Context: Process context, may sleep; takes the inode's lock and the invalidate lock.
 *
 * Return: 0; -EOPNOTSUPP where the buffer's strategy has a fixed size, or the core is built in
 * without the part `reshape', -EINVAL for the argument, -ENOMEM, -EBUSY where a page beyond the
 * new size is pinned or held, -EINTR after a fatal signal, -EPERM where a seal forbids it,
 * -ENODEV after mmapdemo_revoke(): the size is as it was then.
 */
int mmapdemo_resize(struct mmapdemo_buffer *buffer, u64 bytes)
{
	return buffer->strategy->resize ? buffer->strategy->resize(buffer, bytes) : -EOPNOTSUPP;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_resize);

/**
 * mmapdemo_punch - free the pages of a range, zero the parts of pages at its ends
 * @buffer: the buffer
 * @offset: first byte
 * @length: bytes, above 0; what lies past the end is left out
 *
 * Context: Process context, may sleep; takes the inode's lock and the invalidate lock.
 *
 * Return: 0; -EOPNOTSUPP where the buffer's strategy frees no part of its memory, or the core is
 * built in without the part `reshape', -EINVAL for the arguments, -EBUSY where a page is pinned or
 * held, -EIO where the range begins or ends in a page that a memory error took, -EPERM where a seal
 * forbids it, -ENODEV after mmapdemo_revoke(): nothing is punched then.
 * -EINTR after a fatal signal, when it may be punched in part.
 */
int mmapdemo_punch(struct mmapdemo_buffer *buffer, u64 offset, u64 length)
{
	if (!buffer->strategy->punch)
		return -EOPNOTSUPP;
	return buffer->strategy->punch(buffer, offset, length);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_punch);

/**
 * mmapdemo_revoke - unmap a buffer from all programs, for good
 * @buffer: a buffer of mmapdemo_create()
 *
 * For a driver's remove(). Afterwards nothing is mapped: each access to a mapping, to private
 * copies too, is SIGBUS. Other memory that the driver has mapped through attached files, such as
 * a device's registers, is unmapped too. The driver's own .fault must refuse before the call, or
 * it maps them again. A guard region (MADV_GUARD_INSTALL) stays, and is SIGSEGV. Page faults
 * and writes that were in flight have ended. A read in flight may still copy from one folio.
 *
 * These calls fail with -ENODEV: mmap(), read(), write() and lseek() on an attached file,
 * mmapdemo_io_attach(), mmapdemo_file(), mmapdemo_resize(), mmapdemo_punch(), mmapdemo_hold(),
 * mmapdemo_export(), mmapdemo_piece_get() and the copies. An argument that is never valid may be
 * -EINVAL all the same. mmapdemo_wait() reports an event that came before, and then -ENODEV.
 * mmapdemo_bytes() is 0. poll() reports EPOLLHUP, and tasks in mmapdemo_wait() are woken. The first
 * call adds 1 to each eventfd of MMAPDEMO_IOCTL_EVENTFD, which is -ENODEV from then on, and
 * sends SIGIO to the owners of files with O_ASYNC. All else works: references,
 * mmapdemo_from_file(), mmapdemo_from_fd(), and holds that exist, with their addresses and
 * DMA mappings.
 *
 * No exported function wakes a task that waits for a futex in a mapping. Programs limit such a
 * wait, or wait by poll().
 *
 * No memory is freed before its last reference, hold or pin. Pages that a program has pinned
 * for its own I/O stay in that I/O.
 *
 * It may be called again, and by several tasks at once.
 *
 * Context: Process context, may sleep. Takes the invalidate lock, under which
 * nothing accesses user memory, so that no program can delay it for long.
 *
 * Return: 0, or -EOPNOTSUPP where the buffer is a node's, or one that a program created.
 */
int mmapdemo_revoke(struct mmapdemo_buffer *buffer)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	bool first;

	if (!mmapdemo_strategy_may_revoke(buffer))
		return -EOPNOTSUPP;
	mmapdemo_buffer_stop_faults(buffer);
	first = !buffer->revoked;
	WRITE_ONCE(buffer->revoked, true);
	/* Later reads, writes and page faults find nothing. i_size stays for the core. */
	smp_store_release(&buffer->end, 0); /* pairs with mmapdemo_buffer_revoked() */
	buffer->strategy->settle(buffer, 0, (i_size_read(buffer->inode) - 1) >> PAGE_SHIFT);
	unmap_mapping_range(mapping, 0, 0, true);
	mmapdemo_buffer_resume_faults(buffer);
	mmapdemo_notify_revoked(buffer, first);
	return 0;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_revoke);

/**
 * mmapdemo_from_file - the buffer that a file is attached to
 * @file: any file, to which the caller has a reference
 *
 * The caller checks the file's mode.
 *
 * Context: Any.
 *
 * Return: the buffer, with a reference that mmapdemo_put() drops; or ERR_PTR(-EINVAL) where the
 * file is attached to none of this core's buffers.
 */
struct mmapdemo_buffer *mmapdemo_from_file(const struct file *file)
{
	if (!mmapdemo_buffer_has(file))
		return ERR_PTR(-EINVAL);
	return mmapdemo_get(mmapdemo_buffer_of(file));
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_from_file);

/**
 * mmapdemo_from_fd - the buffer behind a descriptor of the current task
 * @fd: the descriptor
 * @mode: FMODE_READ, FMODE_WRITE or both: how the driver accesses the buffer for the task
 *
 * The buffer may be one that a program created (MMAPDEMO_IOCTL_CREATE): the program can change
 * its size at any time, and a seal that the program sets may forbid writing and holds.
 *
 * Context: Process context, may sleep.
 *
 * Return: as mmapdemo_from_file(); or ERR_PTR(-EBADF), also where the descriptor is not open
 * for @mode.
 */
struct mmapdemo_buffer *mmapdemo_from_fd(int fd, fmode_t mode)
{
	struct mmapdemo_buffer *buffer;
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	buffer = (file->f_mode & mode) == mode ? mmapdemo_from_file(file) : ERR_PTR(-EBADF);
	fput(file);
	return buffer;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_from_fd);
