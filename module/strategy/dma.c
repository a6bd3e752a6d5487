// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma: memory that a device and programs use at the same time.
 *
 * When:    hardware reads and writes it by DMA, for as long as it is mapped, and
 *          neither side is to say when it is done (descriptor rings, frames).
 * Gives:   a DMA address with it, coherent with the device, behind an IOMMU or
 *          not; attributes as the platform wants them, in the kernel's mapping
 *          and the program's, which remap_pfn_range() leaves to you.
 * Denies:  what `pfn' denies: on most platforms the core maps it so. Where caches
 *          are not coherent with devices, it is uncached and slow; and on arm64
 *          no code runs from it: it is mapped with UXN, and as the VMA says
 *          PROT_EXEC, each fetch faults for ever. A driver there refuses VM_EXEC.
 * Errors:  as `pfn', where the memory lies in the kernel's own mapping; elsewhere the
 *          driver cannot ask. dma_free_coherent() gives a broken page back with the
 *          rest of its block, and the allocator may give it out again.
 * Carried: dma_alloc_coherent(), which zeroes; dma_mmap_coherent(), which also looks
 *          at offset and length. There is no mmap_prepare action for it yet, so
 *          it has .mmap on all kernels.
 * In tree: drivers/usb/core/devio.c, drivers/uio/uio.c, sound/core/memalloc.c,
 *          drivers/media/common/videobuf2/videobuf2-dma-contig.c,
 *          drivers/gpu/drm/exynos/exynos_drm_gem.c.
 *
 * Never by virt_to_page() or the like of what dma_alloc_coherent() returned: it may
 * be neither in the kernel's own mapping nor have a struct page.
 */
#include <linux/dma-mapping.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "core/buffer.h"
#include "core/mapping.h"
#include "core/strategy.h"
#include "fixed.h"
#include "list.h"

/* A device to have it for; a driver has its own. */
struct mmapdemo_dma {
	struct platform_device *pdev;
	dma_addr_t address;
};

static int mmapdemo_dma_alloc(struct mmapdemo_buffer *buffer, struct mmapdemo_dma *dma)
{
	loff_t size = i_size_read(buffer->inode);
	int err = dma_coerce_mask_and_coherent(&dma->pdev->dev, DMA_BIT_MASK(64));

	if (!err)
		err = mmapdemo_fixed_room(buffer);
	if (err)
		return err;
	buffer->area = dma_alloc_coherent(&dma->pdev->dev, size, &dma->address,
					  GFP_KERNEL | __GFP_RETRY_MAYFAIL);
	if (!buffer->area)
		return -ENOMEM;
	buffer->held = size;
	return 0;
}

static int mmapdemo_dma_init(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_dma *dma = kzalloc(sizeof(*dma), GFP_KERNEL);
	int err;

	if (!dma)
		return -ENOMEM;
	/* A number makes its name unique: a destroyed node's buffer may live, and have the name. */
	dma->pdev = platform_device_register_simple(buffer->name, PLATFORM_DEVID_AUTO, NULL, 0);
	if (IS_ERR(dma->pdev)) {
		err = PTR_ERR(dma->pdev);
		goto free;
	}
	/* A driver's bus says whether. Ours is on none, and nobody but processors uses it. */
	mmapdemo_set_dma_coherent(&dma->pdev->dev);
	/* The DMA layer prefers the device's node, and takes memory of others if it must. */
	set_dev_node(&dma->pdev->dev, buffer->node);
	mmapdemo_fixed_shrink_to_block(buffer);
	err = mmapdemo_dma_alloc(buffer, dma);
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

	dma_free_coherent(&dma->pdev->dev, buffer->held, buffer->area, dma->address);
	platform_device_unregister(dma->pdev);
	kfree(dma);
}

static const struct vm_operations_struct mmapdemo_dma_vm_ops = {
	.open	= mmapdemo_vma_open,
	.close	= mmapdemo_vma_close,
	.access	= mmapdemo_fixed_access,
};

/* Private ones are refused for the reason that pfn.c gives. */
static int mmapdemo_dma_mmap(struct mmapdemo_buffer *buffer, struct vm_area_struct *vma)
{
	struct mmapdemo_dma *dma = buffer->dma;
	int err;

	if (mmapdemo_vma_is_cow_mapping(vma))
		return -EINVAL;
	err = mmapdemo_fixed_mappable(buffer, vma->vm_pgoff, vma_pages(vma));
	if (err)
		return err;
	vma->vm_ops = &mmapdemo_dma_vm_ops;
	return dma_mmap_coherent(&dma->pdev->dev, vma, buffer->area, dma->address, buffer->held);
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
