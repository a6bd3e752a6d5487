/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_ASSEMBLER_H
#define MMAPDEMO_ASSEMBLER_H

#include <linux/fs.h>

struct mmapdemo_buffer;
struct mmapdemo_strategy;
struct module;

/**
 * enum mmapdemo_cache - how processors cache a buffer's memory
 * @MMAPDEMO_CACHE_WB: write-back, as ordinary memory
 * @MMAPDEMO_CACHE_WC: write-combining: loads are not cached, stores are gathered and delayed
 * @MMAPDEMO_CACHE_UC: uncached
 * @MMAPDEMO_CACHES: how many there are
 */
enum mmapdemo_cache {
	MMAPDEMO_CACHE_WB,
	MMAPDEMO_CACHE_WC,
	MMAPDEMO_CACHE_UC,
	MMAPDEMO_CACHES,
};

/**
 * struct mmapdemo_settings - how a buffer is to be made
 * @size: bytes, a multiple of the page size
 * @node: NUMA node that memory is to come from, or NUMA_NO_NODE
 * @huge: `pagecache' may use huge folios
 * @prealloc: `pagecache' allocates all memory at once
 * @movable: `pagecache' may use memory that the kernel must be able to move
 * @cache: how its memory is cached; most strategies support write-back alone
 * @owner: a module to which the buffer has a reference until it is freed; or NULL
 */
struct mmapdemo_settings {
	loff_t size;
	int node;
	bool huge;
	bool prealloc;
	bool movable;
	enum mmapdemo_cache cache;
	struct module *owner;
};

int mmapdemo_buffer_mount(void);
void mmapdemo_buffer_unmount(void);
struct mmapdemo_buffer *mmapdemo_buffer_create(const char *name,
					       const struct mmapdemo_strategy *strategy,
					       const struct mmapdemo_settings *settings);
struct mmapdemo_buffer *mmapdemo_buffer_get(struct mmapdemo_buffer *buffer);
void mmapdemo_buffer_put(struct mmapdemo_buffer *buffer);
struct file *mmapdemo_buffer_file(struct mmapdemo_buffer *buffer, int flags,
				  const struct file_operations *fops);
bool mmapdemo_buffer_has(const struct file *file);

#endif
