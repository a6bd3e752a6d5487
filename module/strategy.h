/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_STRATEGY_H
#define MMAPDEMO_STRATEGY_H

#include <linux/fs.h>
#include <linux/mm.h>

#include "vma_desc.h"

struct mmapdemo_buffer;
struct pipe_inode_info;

/**
 * struct mmapdemo_piece - some of a buffer's contents, in kernel memory for a moment
 * @at: where; NULL for a hole, which is zeros
 * @bytes: how many are there, from the byte that was asked for
 * @folio: held meanwhile, by strategies whose memory may go; otherwise
 * @page: what is to be flushed if it is written to, NULL where nothing is
 */
struct mmapdemo_piece {
	void *at;
	size_t bytes;
	struct folio *folio;
	struct page *page;
};

/**
 * struct mmapdemo_strategy - how a buffer has its memory, and how that reaches a VMA
 * @name: what INFO and the parameter `strategies' call it
 * @node: the device node's name
 * @may_pass_end: a mapping may reach past the end, and is SIGBUS there, as with
 *	a file; otherwise that is EINVAL
 * @init: takes what memory it has from the start; may make the buffer smaller
 * @exit: gives back all memory; nobody has it mapped any more
 * @resident: bytes of memory held; NULL where that is for others to count
 * @mmap_prepare: says how a VMA is to be mapped; keeps nothing, as the mapping may
 *	still fail. Bounds are checked before, VMAs counted after.
 * @mmap: instead of it, where the technique has no action for mmap_prepare()
 *	to ask for: maps the VMA, or leaves nothing mapped that its caller's
 *	unmapping would not find
 *
 * What else there may be. NULL: it has no such thing, commands for it answer
 * EOPNOTSUPP.
 * @piece: some contents at a byte of the buffer, at most @bytes of them; @make:
 *	not a hole. Read, write, FILL, SUM and WIPE are made of it. Put it back
 *	with mmapdemo_piece_put().
 * @seek: of lseek(2), SEEK_DATA and SEEK_HOLE; NULL: no holes
 * @splice_read: splices its pages themselves; NULL: copies of them
 * @wipe: zeroes all contents where they are
 * @resize: another size
 * @punch: gives a range's memory back
 * @split: for the fault lab, that each page of a range is one of its own
 * @settle: for the fault lab, waits for page faults that have given out pages of
 *	a range and not mapped them yet
 */
struct mmapdemo_strategy {
	const char *name;
	const char *node;
	bool may_pass_end;
	int (*init)(struct mmapdemo_buffer *buffer);
	void (*exit)(struct mmapdemo_buffer *buffer);
	size_t (*resident)(struct mmapdemo_buffer *buffer);
	int (*mmap_prepare)(struct mmapdemo_buffer *buffer, struct vm_area_desc *desc);
	int (*mmap)(struct mmapdemo_buffer *buffer, struct vm_area_struct *vma);
	int (*piece)(struct mmapdemo_buffer *buffer, loff_t pos, bool make,
		     struct mmapdemo_piece *piece);
	loff_t (*seek)(struct mmapdemo_buffer *buffer, loff_t pos, int whence);
	ssize_t (*splice_read)(struct file *file, loff_t *ppos, struct pipe_inode_info *pipe,
			       size_t len, unsigned int flags);
	void (*wipe)(struct mmapdemo_buffer *buffer);
	int (*resize)(struct mmapdemo_buffer *buffer, u64 bytes);
	int (*punch)(struct mmapdemo_buffer *buffer, u64 offset, u64 length);
	int (*split)(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
	void (*settle)(struct mmapdemo_buffer *buffer, pgoff_t first, pgoff_t last);
};

extern const struct mmapdemo_strategy mmapdemo_strategy_pagecache;
extern const struct mmapdemo_strategy mmapdemo_strategy_anon;
extern const struct mmapdemo_strategy mmapdemo_strategy_fault;
extern const struct mmapdemo_strategy mmapdemo_strategy_insert;
extern const struct mmapdemo_strategy mmapdemo_strategy_vmalloc;
extern const struct mmapdemo_strategy mmapdemo_strategy_pfn;
extern const struct mmapdemo_strategy mmapdemo_strategy_dma;

#define MMAPDEMO_STRATEGIES	7
extern const struct mmapdemo_strategy *const mmapdemo_strategies[MMAPDEMO_STRATEGIES];

void mmapdemo_piece_put(const struct mmapdemo_piece *piece, bool written);
int mmapdemo_strategy_find(const char *name, size_t len);

#endif
