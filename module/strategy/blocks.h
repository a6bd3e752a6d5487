/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_BLOCKS_H
#define MMAPDEMO_BLOCKS_H

#include <linux/bits.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct platform_device;

/**
 * struct mmapdemo_dma_block - memory that dma_alloc_coherent() gave in one piece
 * @at: its kernel address
 * @address: its DMA address
 * @bytes: its size
 * @frames: if there are several blocks, its page frames
 */
struct mmapdemo_dma_block {
	void *at;
	dma_addr_t address;
	size_t bytes;
	struct sg_table frames;
};

/**
 * struct mmapdemo_dma - the memory of a buffer of `dma'
 * @pdev: the device that it is for; a driver uses its own device
 * @blocks: the memory, in the order of the buffer
 * @count: how many blocks there are
 * @shift: each block but the last has 1 << @shift bytes, and the last one has no more
 */
struct mmapdemo_dma {
	struct platform_device *pdev;
	struct mmapdemo_dma_block *blocks;
	unsigned int count;
	unsigned int shift;
};

static inline void *mmapdemo_dma_at(const struct mmapdemo_dma *dma, loff_t pos)
{
	return dma->blocks[pos >> dma->shift].at + (pos & (BIT_ULL(dma->shift) - 1));
}

#endif
