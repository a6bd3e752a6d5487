/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_STRATEGY_H
#define MMAPDEMO_STRATEGY_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>

#include "buffer.h"
#include "vma_desc.h"

struct iov_iter;

/**
 * struct mmapdemo_strategy - how a buffer has its memory, and how a VMA maps it
 * @name: its name in INFO and in the parameter `strategies'
 * @node: the device node's name
 * @may_pass_end: a mapping may reach past the end, and is SIGBUS there, as with
 *	a file; otherwise that is EINVAL
 * @may_be_huge: it makes huge folios where it can, unless the setting says no
 * @has_folios: its memory is the folios of the buffer's inode, which can be held and revoked
 * @may_be_uncached: it can have memory that processors do not cache: see enum mmapdemo_cache
 * @init: allocates the memory that it has from the start; may make the buffer smaller
 * @exit: frees all memory, which is mapped nowhere any more
 * @resident: bytes of memory held
 * @mmap_prepare: describes how to map a VMA; keeps nothing, as the mapping may still
 *	fail. Bounds are checked before, and VMAs counted after.
 * @mmap: instead of it, where the strategy has no action for mmap_prepare()
 *	to ask for: maps the VMA, or leaves nothing mapped that its caller's
 *	unmapping would not find
 *
 * The members below may be NULL. Commands that need such a member are EOPNOTSUPP.
 * @piece: some contents at a byte of the buffer, to read or to @write. There is no
 *	hole for writing: memory is allocated there. -EIO where a memory error took
 *	the page. mmapdemo_piece_put() ends the use.
 * @present: whether writing to a range allocates no memory; NULL: never
 * @seek: of lseek(2), SEEK_DATA and SEEK_HOLE; NULL: no holes
 * @wipe: zeroes all contents where they are; -EIO where a page is broken (all others
 *	are zeroed), -EINTR where a fatal signal ended a @killable one
 * @resize: changes the size
 * @punch: frees the memory of a range
 * @collapse: makes small folios of a range huge ones
 * @split: for the fault lab, makes each page of a range a folio of its own. The caller
 *	holds the inode's lock and the invalidate lock, which may be dropped meanwhile.
 * @settle: for the fault lab, waits for page faults that have found pages of a range
 *	and not mapped them yet
 */
struct mmapdemo_strategy {
	const char *name;
	const char *node;
	bool may_pass_end;
	bool may_be_huge;
	bool has_folios;
	bool may_be_uncached;
	int (*init)(struct mmapdemo_buffer *buffer);
	void (*exit)(struct mmapdemo_buffer *buffer);
	u64 (*resident)(struct mmapdemo_buffer *buffer);
	int (*mmap_prepare)(struct mmapdemo_buffer *buffer, struct mmapdemo_vma_desc *desc);
	int (*mmap)(struct mmapdemo_buffer *buffer, struct vm_area_struct *vma);
	int (*piece)(struct mmapdemo_buffer *buffer, loff_t pos, bool write,
		     struct mmapdemo_piece *piece);
	bool (*present)(struct mmapdemo_buffer *buffer, loff_t pos, size_t bytes);
	loff_t (*seek)(struct mmapdemo_buffer *buffer, loff_t pos, int whence);
	int (*wipe)(struct mmapdemo_buffer *buffer, bool killable);
	int (*resize)(struct mmapdemo_buffer *buffer, u64 bytes);
	int (*punch)(struct mmapdemo_buffer *buffer, u64 offset, u64 length);
	int (*collapse)(struct mmapdemo_buffer *buffer, u64 offset, u64 length);
	int (*split)(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
	void (*settle)(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
};

/*
 * Whether a buffer can be revoked. A buffer with a lab cannot, as the lab expects that its buffer
 * stays, and one that a program created belongs to the program.
 */
static inline bool mmapdemo_strategy_may_revoke(const struct mmapdemo_buffer *buffer)
{
	return buffer->strategy->has_folios && !buffer->hooks && !buffer->owner;
}

size_t mmapdemo_piece_copy_out(const struct mmapdemo_piece *piece, struct iov_iter *to);
size_t mmapdemo_piece_copy_in(const struct mmapdemo_piece *piece, struct iov_iter *from);

#endif
