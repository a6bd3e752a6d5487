// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma-buf: a range of a buffer, for other drivers and their devices.
 *
 * The pages are held while an importer is attached or has a kernel address, and stay free to
 * migrate and to be punched out otherwise. A mapping of the dma-buf is one of the buffer.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/slab.h>

#include "buffer.h"
#include "hold.h"
#include "strategy.h"

MODULE_INFO(import_ns, "DMA_BUF");

/**
 * struct mmapdemo_dmabuf - what a dma-buf is of
 * @file: the buffer's, which the dma-buf's mappings are of
 * @pos: first byte of the range
 * @vmapped: its pages, while importers have a kernel address; the dma-buf counts those
 * @lock: protects @uses
 * @uses: DMA mappings that importers have now
 */
struct mmapdemo_dmabuf {
	struct file *file;
	u64 pos;
	struct mmapdemo_hold *vmapped;
	struct mutex lock; /* what follows */
	struct list_head uses;
};

/* A DMA mapping: its place in @uses, its device, and the table that the importer sees. */
struct mmapdemo_dmabuf_use {
	struct list_head list;
	struct device *dev;
	struct sg_table sgt;
};

static struct mmapdemo_hold *mmapdemo_dmabuf_hold(struct dma_buf *dmabuf)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;

	return mmapdemo_hold(mmapdemo_buffer_of(of->file), of->pos, dmabuf->size);
}

static int mmapdemo_dmabuf_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct mmapdemo_hold *hold = mmapdemo_dmabuf_hold(dmabuf);

	if (IS_ERR(hold))
		return PTR_ERR(hold);
	attachment->priv = hold;
	return 0;
}

static void mmapdemo_dmabuf_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	mmapdemo_hold_end(attachment->priv);
}

static struct sg_table *mmapdemo_dmabuf_map(struct dma_buf_attachment *attachment,
					    enum dma_data_direction dir)
{
	struct mmapdemo_dmabuf *of = attachment->dmabuf->priv;
	struct mmapdemo_dmabuf_use *use = kzalloc(sizeof(*use), GFP_KERNEL);
	int err;

	if (!use)
		return ERR_PTR(-ENOMEM);
	use->dev = attachment->dev;
	err = mmapdemo_hold_dma_map(attachment->priv, use->dev, dir, &use->sgt);
	if (err) {
		kfree(use);
		return ERR_PTR(err);
	}
	mutex_lock(&of->lock);
	list_add(&use->list, &of->uses);
	mutex_unlock(&of->lock);
	return &use->sgt;
}

static void mmapdemo_dmabuf_unmap(struct dma_buf_attachment *attachment, struct sg_table *sgt,
				  enum dma_data_direction dir)
{
	struct mmapdemo_dmabuf *of = attachment->dmabuf->priv;
	struct mmapdemo_dmabuf_use *use = container_of(sgt, struct mmapdemo_dmabuf_use, sgt);

	mutex_lock(&of->lock);
	list_del(&use->list);
	mutex_unlock(&of->lock);
	mmapdemo_hold_dma_unmap(use->dev, dir, sgt);
	kfree(use);
}

/* DMA_BUF_IOCTL_SYNC, and importers' processors: what devices wrote is seen from here on. */
static int mmapdemo_dmabuf_begin(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;
	struct mmapdemo_dmabuf_use *use;

	mutex_lock(&of->lock);
	list_for_each_entry(use, &of->uses, list)
		dma_sync_sgtable_for_cpu(use->dev, &use->sgt, dir);
	mutex_unlock(&of->lock);
	return 0;
}

static int mmapdemo_dmabuf_end(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;
	struct mmapdemo_dmabuf_use *use;

	mutex_lock(&of->lock);
	list_for_each_entry(use, &of->uses, list)
		dma_sync_sgtable_for_device(use->dev, &use->sgt, dir);
	mutex_unlock(&of->lock);
	return 0;
}

/*
 * The dma-buf has checked that the mapping lies inside it. The file is open for both, as the
 * dma-buf's own file is (do_mmap() has cleared VM_MAYWRITE if that is not).
 */
static int mmapdemo_dmabuf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;

	vma_set_file(vma, of->file);
	vma->vm_pgoff += of->pos >> PAGE_SHIFT;
	return mmapdemo_vfs_mmap(of->file, vma);
}

static int mmapdemo_dmabuf_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;
	struct mmapdemo_hold *hold = mmapdemo_dmabuf_hold(dmabuf);
	void *at;

	if (IS_ERR(hold))
		return PTR_ERR(hold);
	at = mmapdemo_hold_vmap(hold);
	if (!at) {
		mmapdemo_hold_end(hold);
		return -ENOMEM;
	}
	of->vmapped = hold;
	iosys_map_set_vaddr(map, at);
	return 0;
}

static void mmapdemo_dmabuf_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;

	mmapdemo_hold_end(of->vmapped);
}

static void mmapdemo_dmabuf_release(struct dma_buf *dmabuf)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;

	fput(of->file);
	kfree(of);
}

static const struct dma_buf_ops mmapdemo_dmabuf_ops = {
	.attach			= mmapdemo_dmabuf_attach,
	.detach			= mmapdemo_dmabuf_detach,
	.map_dma_buf		= mmapdemo_dmabuf_map,
	.unmap_dma_buf		= mmapdemo_dmabuf_unmap,
	.begin_cpu_access	= mmapdemo_dmabuf_begin,
	.end_cpu_access		= mmapdemo_dmabuf_end,
	.mmap			= mmapdemo_dmabuf_mmap,
	.vmap			= mmapdemo_dmabuf_vmap,
	.vunmap			= mmapdemo_dmabuf_vunmap,
	.release		= mmapdemo_dmabuf_release,
};

static struct dma_buf *mmapdemo_dmabuf_make(struct mmapdemo_dmabuf *of, u64 bytes)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);

	mutex_init(&of->lock);
	INIT_LIST_HEAD(&of->uses);
	info.ops = &mmapdemo_dmabuf_ops;
	info.size = bytes;
	info.flags = O_RDWR | O_CLOEXEC;
	info.priv = of;
	return dma_buf_export(&info);
}

/**
 * mmapdemo_export - a dma-buf of a range
 * @buffer: the buffer
 * @pos: first byte, a multiple of the page size
 * @bytes: a multiple of the page size, above 0
 *
 * The dma-buf has a reference to the buffer. RESIZE and PUNCH may take the range's pages while
 * no importer is attached; where RESIZE has, the next dma_buf_attach() is -EINVAL. After
 * mmapdemo_revoke(), dma_buf_attach(), dma_buf_vmap() and mmap() are -ENODEV; importers that
 * are attached keep the pages.
 *
 * Context: Process context, may sleep.
 *
 * Return: the dma-buf, for dma_buf_fd() or dma_buf_put(); or ERR_PTR of -EINVAL for a range
 * that is not of whole pages inside the buffer, -EOPNOTSUPP for one of another strategy,
 * -ENODEV after mmapdemo_revoke(), -ENOMEM, -ENFILE.
 */
struct dma_buf *mmapdemo_export(struct mmapdemo_buffer *buffer, u64 pos, u64 bytes)
{
	struct mmapdemo_dmabuf *of;
	struct dma_buf *dmabuf;

	if (!buffer->strategy->has_folios)
		return ERR_PTR(-EOPNOTSUPP);
	if (!mmapdemo_hold_fits(buffer, pos, bytes))
		return ERR_PTR(mmapdemo_buffer_past_end(buffer));
	of = kzalloc(sizeof(*of), GFP_KERNEL_ACCOUNT);
	if (!of)
		return ERR_PTR(-ENOMEM);
	of->pos = pos;
	of->file = mmapdemo_file(buffer, "[mmapdemo]", O_RDWR);
	if (IS_ERR(of->file)) {
		dmabuf = ERR_CAST(of->file);
		goto free;
	}
	dmabuf = mmapdemo_dmabuf_make(of, bytes);
	if (!IS_ERR(dmabuf))
		return dmabuf;
	fput(of->file);
free:
	kfree(of);
	return dmabuf;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_export);
