// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma: memory that a device and programs use at the same time.
 *
 * When:    hardware reads and writes it by DMA, for as long as it is mapped, and
 *          neither side says when it is done (descriptor rings, frames).
 * Gives:   a DMA address, coherent with the device, with or without an IOMMU; page
 *          attributes as the platform needs them, in the kernel's mapping and the
 *          program's. With remap_pfn_range() the driver has to choose them.
 * Denies:  what `pfn' denies, as most platforms map it in the same way. If caches are
 *          not coherent with devices, it is uncached and slow. On arm64 no code runs
 *          from it: it is mapped with UXN although the VMA has PROT_EXEC, so that each
 *          fetch repeats its page fault for ever. A driver there refuses VM_EXEC.
 * Errors:  as `pfn', if the memory lies in the kernel's own mapping. Otherwise the
 *          driver cannot find out. dma_free_coherent() frees a broken page with the
 *          rest of its block, and the allocator may allocate it again.
 * Carried: dma_alloc_coherent(), which zeroes; dma_mmap_coherent(), which also checks
 *          offset and length; for several blocks, remap_pfn_range() of each. There is
 *          no mmap_prepare action for dma_mmap_coherent() yet, so it has .mmap on all kernels.
 * In tree: drivers/usb/core/devio.c, drivers/uio/uio.c, sound/core/memalloc.c,
 *          drivers/media/common/videobuf2/videobuf2-dma-contig.c,
 *          drivers/gpu/drm/exynos/exynos_drm_gem.c.
 *
 * virt_to_page() and the like must not be used with an address of dma_alloc_coherent():
 * the memory may lie outside the kernel's own mapping and have no struct page.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cc_platform.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "core/buffer.h"
#include "core/mapping.h"
#include "core/strategy.h"
#include "blocks.h"
#include "fixed.h"
#include "list.h"

/*
 * log2 of the size of one of several blocks. The page allocator finds blocks of the least size in
 * fragmented memory, too. A scatterlist entry has less than 4 GiB.
 */
#define MMAPDEMO_DMA_LEAST	(PAGE_SHIFT + PAGE_ALLOC_COSTLY_ORDER)
#define MMAPDEMO_DMA_MOST	ilog2(SZ_1G)

static void mmapdemo_dma_free_block(struct mmapdemo_dma *dma, struct mmapdemo_dma_block *block)
{
	sg_free_table(&block->frames);
	dma_free_coherent(&dma->pdev->dev, block->bytes, block->at, block->address);
}

static void mmapdemo_dma_free_blocks(struct mmapdemo_dma *dma)
{
	while (dma->count) {
		mmapdemo_dma_free_block(dma, &dma->blocks[--dma->count]);
		cond_resched();
	}
	kvfree(dma->blocks);
}

/*
 * Drivers should not use dma_get_sgtable(): coherent memory need not have a struct page, and
 * kernel/dma/mapping.c calls the function fundamentally unsafe. Here its result is right, as the
 * device is coherent and has no memory pool of its own ("memory-region" in the device tree), and
 * memory is not encrypted: only then mmapdemo_dma_is_ordinary(), and several blocks are tried.
 */
static int mmapdemo_dma_add_block(struct mmapdemo_dma *dma, size_t bytes, bool is_all)
{
	struct mmapdemo_dma_block *block = &dma->blocks[dma->count];
	struct device *dev = &dma->pdev->dev;
	int err = 0;

	block->bytes = bytes;
	block->at = dma_alloc_coherent(dev, bytes, &block->address,
				       GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	if (!block->at)
		return -ENOMEM;
	if (!is_all)
		err = dma_get_sgtable(dev, &block->frames, block->at, block->address, bytes);
	if (err)
		mmapdemo_dma_free_block(dma, block);
	else
		dma->count++;
	return err;
}

/* All or nothing, in blocks of 1 << @shift bytes. */
static int mmapdemo_dma_add_blocks(struct mmapdemo_dma *dma, size_t size, unsigned int shift)
{
	size_t most = min_t(u64, BIT_ULL(shift), size);
	size_t pos;
	int err = 0;

	dma->shift = shift;
	dma->blocks = kvcalloc((size - 1) / most + 1, sizeof(*dma->blocks), GFP_KERNEL);
	if (!dma->blocks)
		return -ENOMEM;
	for (pos = 0; pos < size && !err; pos += most) {
		err = mmapdemo_dma_add_block(dma, min(size - pos, most), size == most);
		/* Replaces -ENOMEM, too: a dying task must not try smaller blocks. */
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	if (err)
		mmapdemo_dma_free_blocks(dma);
	return err;
}

/*
 * Whether programs may map the memory with the VMA's own page attributes. Only dma_mmap_coherent()
 * can use others: dma_pgprot() and force_dma_unencrypted() are not exported.
 */
static bool mmapdemo_dma_is_ordinary(struct mmapdemo_dma *dma)
{
	return dev_is_dma_coherent(&dma->pdev->dev) && !cc_platform_has(CC_ATTR_MEM_ENCRYPT);
}

/* Allocates the largest blocks of one size of which there are enough. */
static int mmapdemo_dma_add_several(struct mmapdemo_buffer *buffer, struct mmapdemo_dma *dma)
{
	size_t size = i_size_read(buffer->inode);
	int shift = min(order_base_2(size) - 1, MMAPDEMO_DMA_MOST);
	int err = -ENOMEM;

	for (; shift >= MMAPDEMO_DMA_LEAST && err == -ENOMEM; shift--)
		err = mmapdemo_dma_add_blocks(dma, size, shift);
	if (!err)
		pr_info("%s: size=%zu: in %u blocks of at most %lu bytes, as the kernel gave no larger ones\n",
			buffer->name, size, dma->count, 1UL << dma->shift);
	return err;
}

/*
 * Allocates one block if possible. The page allocator has blocks of 2^MAX_PAGE_ORDER pages at most,
 * and CMA, which the DMA layer tries first, has larger ones.
 */
static int mmapdemo_dma_alloc(struct mmapdemo_buffer *buffer, struct mmapdemo_dma *dma,
			      bool is_ordinary)
{
	size_t size = i_size_read(buffer->inode);
	int err = mmapdemo_dma_add_blocks(dma, size, order_base_2(size));

	if (err == -ENOMEM && is_ordinary)
		err = mmapdemo_dma_add_several(buffer, dma);
	if (err == -ENOMEM)
		pr_err("%s: size=%zu: no coherent memory in one piece%s: free some, or take a smaller size%s\n",
		       buffer->name, size, is_ordinary ? " or in several" : "",
		       IS_ENABLED(CONFIG_DMA_CMA) ? ", or boot with cma=" : "");
	else if (err && err != -EINTR)
		pr_err("%s: size=%zu: dma_get_sgtable() does not tell the frames of a block (error %d): take a size that fits in one block\n",
		       buffer->name, size, err);
	return err;
}

static int mmapdemo_dma_set_up(struct mmapdemo_buffer *buffer, struct mmapdemo_dma *dma)
{
	bool is_ordinary = mmapdemo_dma_is_ordinary(dma);
	int err = dma_coerce_mask_and_coherent(&dma->pdev->dev, DMA_BIT_MASK(64));

	/* There can be only one block, so only its size has to be available. */
	if (!err && !is_ordinary)
		mmapdemo_fixed_shrink_to_block(buffer);
	if (!err)
		err = mmapdemo_fixed_room(buffer);
	if (!err)
		err = mmapdemo_dma_alloc(buffer, dma, is_ordinary);
	if (!err)
		buffer->held = i_size_read(buffer->inode);
	return err;
}

static int mmapdemo_dma_init(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_dma *dma = kzalloc(sizeof(*dma), GFP_KERNEL);
	int err;

	if (!dma)
		return -ENOMEM;
	/* A number makes the name unique, as the buffer of a destroyed node may still have it. */
	dma->pdev = platform_device_register_simple(buffer->name, PLATFORM_DEVID_AUTO, NULL, 0);
	if (IS_ERR(dma->pdev)) {
		err = PTR_ERR(dma->pdev);
		goto free;
	}
	/* A driver's bus sets this. This device has none, and only processors use its memory. */
	mmapdemo_set_dma_coherent(&dma->pdev->dev);
	/* The DMA layer prefers memory of the device's node, and may fall back to other nodes. */
	set_dev_node(&dma->pdev->dev, buffer->node);
	err = mmapdemo_dma_set_up(buffer, dma);
	if (err)
		goto unregister;
	buffer->dma = dma;
	return 0;

unregister:
	platform_device_unregister(dma->pdev);
free:
	kfree(dma);
	return err;
}

static void mmapdemo_dma_exit(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_dma *dma = buffer->dma;

	mmapdemo_dma_free_blocks(dma);
	platform_device_unregister(dma->pdev);
	kfree(dma);
}

static const struct vm_operations_struct mmapdemo_dma_vm_ops = {
	.open	= mmapdemo_vma_open,
	.close	= mmapdemo_vma_close,
	.access	= mmapdemo_fixed_access,
};

/* Maps a block at @addr, without its first @skip bytes. Returns 0, and in @bytes how much fits. */
static int mmapdemo_dma_map_block(struct vm_area_struct *vma, unsigned long addr,
				  struct mmapdemo_dma_block *block, size_t skip, size_t *bytes)
{
	unsigned long end = vma->vm_end;
	unsigned long start = addr;
	struct scatterlist *sg;
	int err = 0;
	int i;

	for_each_sgtable_sg(&block->frames, sg, i) {
		size_t past = min_t(size_t, skip, sg->length);
		size_t some = min_t(size_t, sg->length - past, end - addr);

		skip -= past;
		if (some)
			err = remap_pfn_range(vma, addr, page_to_pfn(sg_page(sg)) +
					      (past >> PAGE_SHIFT), some, vma->vm_page_prot);
		if (err)
			break;
		addr += some;
	}
	*bytes = addr - start;
	return err;
}

/*
 * dma_mmap_coherent() cannot map several blocks: it fills all of a VMA, from vm_start on, and takes
 * vm_pgoff for the offset into one block (dma_direct_mmap(), dma_common_mmap() of 6.1 to 7.3). To
 * call it for each block, a driver would have to change vm_start, vm_end and vm_pgoff, or a copy of
 * the VMA. x86 takes each such call for one that fills the VMA; since Linux 6.16 the second one is
 * EINVAL (remap_pfn_range_track()).
 *
 * If a block cannot be mapped, mm/ unmaps the others with the rest of the VMA, as after every
 * error of .mmap.
 */
static int mmapdemo_dma_map_blocks(struct mmapdemo_dma *dma, struct vm_area_struct *vma)
{
	loff_t pos = (loff_t)vma->vm_pgoff << PAGE_SHIFT;
	unsigned long addr;
	size_t bytes;
	int err = 0;

	for (addr = vma->vm_start; addr < vma->vm_end && !err; addr += bytes, pos += bytes)
		err = mmapdemo_dma_map_block(vma, addr, &dma->blocks[pos >> dma->shift],
					     pos & (BIT_ULL(dma->shift) - 1), &bytes);
	return err;
}

/* Refuses private mappings, for the reason that pfn.c gives. */
static int mmapdemo_dma_mmap(struct mmapdemo_buffer *buffer, struct vm_area_struct *vma)
{
	struct mmapdemo_dma *dma = buffer->dma;
	struct mmapdemo_dma_block *first = dma->blocks;
	int err;

	if (mmapdemo_vma_is_cow_mapping(vma))
		return -EINVAL;
	err = mmapdemo_fixed_mappable(buffer, vma->vm_pgoff, vma_pages(vma));
	if (err)
		return err;
	vma->vm_ops = &mmapdemo_dma_vm_ops;
	if (dma->count > 1)
		return mmapdemo_dma_map_blocks(dma, vma);
	return dma_mmap_coherent(&dma->pdev->dev, vma, first->at, first->address, first->bytes);
}

const struct mmapdemo_strategy mmapdemo_strategy_dma = {
	.name		= "dma",
	.node		= "mmapdemo-dma",
	.init		= mmapdemo_dma_init,
	.exit		= mmapdemo_dma_exit,
	.resident	= mmapdemo_fixed_resident,
	.mmap		= mmapdemo_dma_mmap,
	.piece		= mmapdemo_fixed_piece,
	.wipe		= mmapdemo_fixed_wipe,
};
