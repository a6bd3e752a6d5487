// SPDX-License-Identifier: GPL-2.0-only
/* What include/linux/mmapdemo.h declares, as far as no other file of the core has it. */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/splice.h>
#include <uapi/linux/mmapdemo.h>

#include "assembler.h"
#include "buffer.h"
#include "events.h"
#include "hooks.h"
#include "notify.h"
#include "pagecache.h"
#include "strategy.h"

#ifdef MMAPDEMO_CORE_ALONE

/* The driver's own reference would keep its module from being unloaded. */
#define mmapdemo_api_pin()	do { } while (0)
#define mmapdemo_api_unpin()	do { } while (0)

/**
 * mmapdemo_core_init - before all else of a module that has the core built in
 *
 * Return: 0, or -ENOMEM.
 */
int __init mmapdemo_core_init(void)
{
	return mmapdemo_buffer_mount();
}

/* After all else. The module has no reference to a buffer any more. */
void mmapdemo_core_exit(void)
{
	mmapdemo_hooks_flush();
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
 * charged to whoever uses it first.
 *
 * Memory comes from zones where pages may stay, as holds keep them. A driver that never holds
 * pages passes MMAPDEMO_CREATE_MOVABLE. Its buffer may then use ZONE_MOVABLE and CMA, too.
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
		.huge		= !(flags & MMAPDEMO_CREATE_SMALL),
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
 * The memory is freed with the last reference. Files, and so mappings, have references of
 * their own, and so have holds.
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
 * Context: Any. It may change at any time, unless the driver alone can change it.
 *
 * Return: bytes; 0 after mmapdemo_revoke().
 */
u64 mmapdemo_bytes(const struct mmapdemo_buffer *buffer)
{
	return mmapdemo_buffer_bytes(buffer);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_bytes);

/**
 * mmapdemo_resize - give a buffer another size
 * @buffer: the buffer
 * @bytes: a multiple of the page size, above 0
 *
 * Memory beyond a smaller size is freed, and a touch of a mapping there is SIGBUS.
 *
 * Context: Process context, may sleep; takes the inode's lock and the invalidate lock.
 *
 * Return: 0; -EOPNOTSUPP where the buffer's strategy has a fixed size, -EINVAL for the
 * argument, -ENOMEM, -EBUSY where a page beyond the new size is pinned or held, -EINTR after a
 * fatal signal, -EPERM where a seal forbids it, -ENODEV after mmapdemo_revoke(): the size is as
 * it was then.
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
 * Return: 0; -EOPNOTSUPP where the buffer's strategy frees no part of its memory, -EINVAL for
 * the arguments, -EBUSY where a page is pinned or held, -EIO where the range begins or ends in
 * a page that a memory error took, -EPERM where a seal forbids it, -ENODEV after
 * mmapdemo_revoke(): nothing is punched then.
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
 * mmapdemo_revoke - take the buffer from all programs, for good
 * @buffer: a buffer of mmapdemo_create()
 *
 * For a driver's remove(). Afterwards nothing is mapped: each touch of a mapping, of private
 * copies too, is SIGBUS. What else the driver has mapped through attached files, such as a
 * device's registers, is unmapped too. Page faults of the driver's own refuse before the call,
 * or map it again. A guard region (MADV_GUARD_INSTALL) stays, and is SIGSEGV. Page faults
 * and writes that were in flight have ended. A read in flight may still copy from one folio.
 *
 * -ENODEV is the answer of mmap(), read(), write() and lseek() on an attached file, of
 * mmapdemo_io_attach(), mmapdemo_file(), mmapdemo_resize(), mmapdemo_punch(), mmapdemo_hold(),
 * mmapdemo_export(), mmapdemo_piece_get() and the copies; an argument that is never right may be
 * -EINVAL all the same. mmapdemo_wait() tells of an event that came before, and is -ENODEV then.
 * mmapdemo_bytes() is 0. poll() reports EPOLLHUP, and tasks in mmapdemo_wait() are woken. The first
 * call adds 1 to each eventfd of MMAPDEMO_IOCTL_EVENTFD, which is -ENODEV from then on, and
 * sends SIGIO to the owners of files with O_ASYNC. All else works: references,
 * mmapdemo_from_file() and mmapdemo_from_fd(), holds that were there, with their addresses and
 * DMA mappings.
 *
 * A task that waits for a futex in a mapping is not woken, since no exported function does
 * that. Programs limit such a wait, or wait by poll().
 *
 * No memory is freed before its last reference, hold or pin. Pages that a program has pinned
 * for its own I/O stay in that I/O.
 *
 * It may be called again, and by several tasks at once.
 *
 * Context: Process context, may sleep. Takes the invalidate lock, which no access to user
 * memory is made under, so that no program can delay it for long.
 *
 * Return: 0, or -EOPNOTSUPP where the buffer is a node's, or one that a program created.
 */
int mmapdemo_revoke(struct mmapdemo_buffer *buffer)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	bool first;

	/* The lab does not know that a buffer could go. What a program created is the program's. */
	if (!buffer->strategy->has_folios || buffer->hooks || buffer->owner)
		return -EOPNOTSUPP;
	filemap_invalidate_lock(mapping);
	first = !buffer->revoked;
	WRITE_ONCE(buffer->revoked, true);
	/* Reads, writes and page faults that come later find nothing. i_size stays for the core. */
	smp_store_release(&buffer->end, 0); /* pairs with mmapdemo_buffer_revoked() */
	buffer->strategy->settle(buffer, 0, (i_size_read(buffer->inode) - 1) >> PAGE_SHIFT);
	unmap_mapping_range(mapping, 0, 0, true);
	filemap_invalidate_unlock(mapping);
	wake_up_all(&buffer->wait);
	if (first)
		mmapdemo_events_revoked(buffer);
	return 0;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_revoke);

/**
 * mmapdemo_from_file - the buffer that a file is attached to
 * @file: any file, to which the caller has a reference
 *
 * The file's mode is for the caller to look at.
 *
 * Context: Any.
 *
 * Return: the buffer, with a reference that mmapdemo_put() drops; or ERR_PTR(-EINVAL) where the
 * file has none of this core's buffers.
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
 * @mode: FMODE_READ, FMODE_WRITE or both: what the driver does to the buffer for the task
 *
 * The buffer may be one that a program created (MMAPDEMO_IOCTL_CREATE): the program changes its
 * size at any time, and a seal that the program sets may forbid writing and holds.
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

static int mmapdemo_api_release(struct inode *inode, struct file *file)
{
	if (file->private_data) /* else mmapdemo_file() could not attach it */
		mmapdemo_io_detach(file);
	return 0;
}

static const struct file_operations mmapdemo_api_fops = {
	.owner			= THIS_MODULE,
	.release		= mmapdemo_api_release,
	.llseek			= mmapdemo_io_llseek,
	.read_iter		= mmapdemo_io_read_iter,
	.write_iter		= mmapdemo_io_write_iter,
	.splice_read		= mmapdemo_copy_splice_read,
	.splice_write		= iter_file_splice_write,
	.poll			= mmapdemo_notify_poll,
	.unlocked_ioctl		= mmapdemo_notify_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.fasync			= mmapdemo_events_fasync,
	.fsync			= noop_fsync,
	.get_unmapped_area	= thp_get_unmapped_area,
	MMAPDEMO_FOPS_MMAP,
};

/**
 * mmapdemo_file - a new file of a buffer, for a descriptor that the driver gives to a program
 * @buffer: a buffer of mmapdemo_create()
 * @name: what /proc/PID/maps shows
 * @flags: O_RDONLY, O_WRONLY or O_RDWR, and O_NONBLOCK or not
 *
 * A program maps, reads and writes it, and takes events with MMAPDEMO_IOCTL_WAIT.
 *
 * Context: Process context, may sleep.
 *
 * Return: the file, with its own reference to the buffer, for fd_install() or fput(); or
 * ERR_PTR of -EINVAL for @flags, -ENOMEM, -ENFILE, -ENOENT while the core's module is being
 * unloaded, -ENODEV after mmapdemo_revoke(), -EOPNOTSUPP where the buffer is of a node of
 * another strategy than pagecache.
 */
struct file *mmapdemo_file(struct mmapdemo_buffer *buffer, const char *name, int flags)
{
	struct file *file;
	int err;

	if (!buffer->strategy->has_folios)
		return ERR_PTR(-EOPNOTSUPP);
	if (flags & ~(O_ACCMODE | O_NONBLOCK) || (flags & O_ACCMODE) == O_ACCMODE)
		return ERR_PTR(-EINVAL);
	file = anon_inode_getfile(name, &mmapdemo_api_fops, NULL, flags);
	if (IS_ERR(file))
		return file;
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	err = mmapdemo_io_attach(file, buffer, NULL);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_file);

/**
 * mmapdemo_notify - tell who waits that there is something to read
 * @buffer: the buffer
 *
 * To programs it is MMAPDEMO_EVENT_KICK. After mmapdemo_revoke() it does nothing.
 *
 * Context: As wake_up(): also hard interrupts, but not an NMI. The caller holds no lock that a
 * wake-up, eventfd_signal() or kill_fasync() takes, such as the scheduler's.
 */
void mmapdemo_notify(struct mmapdemo_buffer *buffer)
{
	if (!READ_ONCE(buffer->revoked))
		mmapdemo_notify_event(buffer, MMAPDEMO_KICKED);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_notify);

/**
 * mmapdemo_wait - wait for mmapdemo_notify(), once for all calls of it since the last wait
 * @file: an attached file; with O_NONBLOCK it does not wait
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, -EAGAIN, -ERESTARTSYS after a signal, -ENODEV after mmapdemo_revoke() where no
 * event came before.
 */
int mmapdemo_wait(struct file *file)
{
	unsigned int events = MMAPDEMO_EVENT_KICK;

	return mmapdemo_notify_wait(file, &events);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_wait);

static int mmapdemo_api_check(const struct mmapdemo_buffer *buffer, u64 pos, size_t bytes)
{
	u64 size = mmapdemo_bytes(buffer);

	if (!buffer->strategy->piece)
		return -EOPNOTSUPP;
	if (!bytes || pos > size || bytes > size - pos)
		return mmapdemo_buffer_past_end(buffer);
	return 0;
}

/**
 * mmapdemo_piece_get - begin to use some contents in place
 * @buffer: the buffer
 * @pos: first byte
 * @write: whether the caller writes; other writers and page migration wait meanwhile
 * @piece: in: @bytes, above 0, and @nowait; out: all. After an error it has nothing, and
 *	mmapdemo_piece_put() does nothing.
 *
 * What the piece has may be less than was asked for, and is not more than a folio. For
 * writing, its folio is locked until mmapdemo_piece_put(): the caller touches no user memory,
 * and gets no other piece. Programs that have it mapped may use it meanwhile. A rule of
 * INJECT_SET for a node's buffer delays, fails or counts the call as it does a read(2).
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, -EINVAL for a range that is not inside the buffer, -ENODEV after mmapdemo_revoke(),
 * -ENOMEM, -EIO where a memory error took the page, -EINTR after a fatal signal, -EAGAIN with
 * @nowait, -EPERM where a seal forbids writing, -EOPNOTSUPP where the buffer's strategy has no
 * contents.
 */
int mmapdemo_piece_get(struct mmapdemo_buffer *buffer, u64 pos, bool write,
		       struct mmapdemo_piece *piece)
{
	const struct mmapdemo_piece nothing = { .bytes = piece->bytes, .nowait = piece->nowait };
	int err = mmapdemo_api_check(buffer, pos, piece->bytes);

	if (!err)
		err = mmapdemo_hooks_access(buffer, pos, &piece->bytes, piece->nowait);
	if (!err)
		err = buffer->strategy->piece(buffer, pos, write, piece);
	if (err)
		*piece = nothing;
	return err;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_piece_get);

/**
 * mmapdemo_copy_in - write kernel memory to a buffer
 * @buffer: the buffer
 * @pos: first byte in the buffer
 * @from: the kernel memory
 * @bytes: how many, above 0
 *
 * Context: Process context, may sleep. No lock of the buffer is held between two folios.
 *
 * Return: 0, or an errno as mmapdemo_piece_get(): some of it may be written then.
 */
int mmapdemo_copy_in(struct mmapdemo_buffer *buffer, u64 pos, const void *from, size_t bytes)
{
	int err = mmapdemo_api_check(buffer, pos, bytes);

	while (bytes && !err) {
		struct mmapdemo_piece piece = { .bytes = bytes };

		err = mmapdemo_piece_get(buffer, pos, true, &piece);
		if (err)
			break;
		memcpy(piece.at, from, piece.bytes);
		mmapdemo_piece_put(&piece, true);
		pos += piece.bytes;
		from += piece.bytes;
		bytes -= piece.bytes;
		if (bytes && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_copy_in);

/**
 * mmapdemo_copy_out - read from a buffer to kernel memory
 * @buffer: the buffer
 * @pos: first byte in the buffer
 * @to: the kernel memory
 * @bytes: how many, above 0; holes read as zeros and stay holes
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, or an errno as mmapdemo_copy_in(): some of it may be read then.
 */
int mmapdemo_copy_out(struct mmapdemo_buffer *buffer, u64 pos, void *to, size_t bytes)
{
	int err = mmapdemo_api_check(buffer, pos, bytes);

	while (bytes && !err) {
		struct mmapdemo_piece piece = { .bytes = bytes };

		err = mmapdemo_piece_get(buffer, pos, false, &piece);
		if (err)
			break;
		if (piece.at)
			memcpy(to, piece.at, piece.bytes);
		else
			memset(to, 0, piece.bytes);
		mmapdemo_piece_put(&piece, false);
		pos += piece.bytes;
		to += piece.bytes;
		bytes -= piece.bytes;
		if (bytes && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_copy_out);
