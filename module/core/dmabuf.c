// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma-buf: a range of a buffer, for other drivers and their devices.
 *
 * The pages are held as long as the dma-buf exists. dma_buf_vmap() warns if it fails, so nothing
 * that a program does after the export may make it fail.
 */
#include <linux/anon_inodes.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/slab.h>

#include "buffer.h"
#include "mapping.h"
#include "vma_desc.h"

MODULE_INFO(import_ns, "DMA_BUF");

/**
 * struct mmapdemo_dmabuf - the range of a dma-buf. Mappings, which may outlive the dma-buf, have
 * references to @file, and its release frees the struct.
 * @file: a file of the buffer, which the dma-buf's mappings map
 * @first: number of the range's first page
 * @count: how many pages it has
 * @hold: keeps them, until the dma-buf is released
 * @lock: protects @uses
 * @uses: DMA mappings that importers have now
 */
struct mmapdemo_dmabuf {
	struct file *file;
	pgoff_t first;
	pgoff_t count;
	struct mmapdemo_hold *hold;
	struct mutex lock; /* protects the members below */
	struct list_head uses;
};

/* A DMA mapping: its place in @uses, its device, and the table that the importer sees. */
struct mmapdemo_dmabuf_use {
	struct list_head list;
	struct device *dev;
	enum dma_data_direction dir;
	struct sg_table sgt;
};

/* Keeps a mapping inside the range, also over mremap(2) and remap_file_pages(2). */
static int mmapdemo_dmabuf_prepare(struct mmapdemo_vma_desc *desc)
{
	const struct mmapdemo_dmabuf *of = mmapdemo_io_data(desc->file);
	pgoff_t pages = mmapdemo_vma_desc_pages(desc);

	if (desc->pgoff < of->first || pages > of->count ||
	    desc->pgoff - of->first > of->count - pages)
		return -EINVAL;
	mmapdemo_vma_desc_set_flags(desc, MMAPDEMO_VMA_DONTEXPAND);
	return mmapdemo_mapping_mmap_prepare(desc);
}

#ifdef MMAPDEMO_HAS_MMAP_PREPARE
#define MMAPDEMO_DMABUF_MMAP	.mmap_prepare = mmapdemo_dmabuf_prepare
#else
static int mmapdemo_dmabuf_by_desc(struct file *file, struct vm_area_struct *vma)
{
	return mmapdemo_vma_desc_mmap(file, vma, mmapdemo_dmabuf_prepare, mmapdemo_vma_mapped);
}

#define MMAPDEMO_DMABUF_MMAP	.mmap = mmapdemo_dmabuf_by_desc
#endif

static int mmapdemo_dmabuf_file_release(struct inode *inode, struct file *file)
{
	struct mmapdemo_dmabuf *of;

	if (!file->private_data) /* mmapdemo_io_attach() failed */
		return 0;
	of = mmapdemo_io_data(file);
	mmapdemo_io_detach(file);
	kfree(of);
	return 0;
}

static const struct file_operations mmapdemo_dmabuf_fops = {
	.owner		= THIS_MODULE,
	.release	= mmapdemo_dmabuf_file_release,
	.fsync		= noop_fsync,
	MMAPDEMO_DMABUF_MMAP,
};

static int mmapdemo_dmabuf_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;

	return READ_ONCE(mmapdemo_buffer_of(of->file)->revoked) ? -ENODEV : 0;
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
	use->dir = dir;
	err = mmapdemo_hold_dma_map(of->hold, use->dev, dir, &use->sgt);
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

/*
 * For DMA_BUF_IOCTL_SYNC, and for importers that use the processor: stores of devices are visible
 * from here on. Each mapping is synced in its own direction. In the caller's direction, a bounce
 * buffer that a device only reads would be copied over the pages.
 */
static int mmapdemo_dmabuf_begin(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;
	struct mmapdemo_dmabuf_use *use;

	mutex_lock(&of->lock);
	list_for_each_entry(use, &of->uses, list)
		dma_sync_sgtable_for_cpu(use->dev, &use->sgt, use->dir);
	mutex_unlock(&of->lock);
	return 0;
}

static int mmapdemo_dmabuf_end(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;
	struct mmapdemo_dmabuf_use *use;

	mutex_lock(&of->lock);
	list_for_each_entry(use, &of->uses, list)
		dma_sync_sgtable_for_device(use->dev, &use->sgt, use->dir);
	mutex_unlock(&of->lock);
	return 0;
}

/*
 * dma-buf.c has checked that the mapping lies inside the dma-buf. The file is open for reading and
 * writing. Where the dma-buf's own file is not, do_mmap() has cleared VM_MAYWRITE.
 */
static int mmapdemo_dmabuf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;

	vma_set_file(vma, of->file);
	vma->vm_pgoff += of->first;
	return mmapdemo_vfs_mmap(of->file, vma);
}

static int mmapdemo_dmabuf_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;
	void *at = mmapdemo_hold_vmap(of->hold);

	if (!at)
		return -ENOMEM;
	iosys_map_set_vaddr(map, at);
	return 0;
}

static void mmapdemo_dmabuf_release(struct dma_buf *dmabuf)
{
	struct mmapdemo_dmabuf *of = dmabuf->priv;

	mmapdemo_hold_end(of->hold);
	fput(of->file);
}

static const struct dma_buf_ops mmapdemo_dmabuf_ops = {
	.attach			= mmapdemo_dmabuf_attach,
	.map_dma_buf		= mmapdemo_dmabuf_map,
	.unmap_dma_buf		= mmapdemo_dmabuf_unmap,
	.begin_cpu_access	= mmapdemo_dmabuf_begin,
	.end_cpu_access		= mmapdemo_dmabuf_end,
	.mmap			= mmapdemo_dmabuf_mmap,
	.vmap			= mmapdemo_dmabuf_vmap,
	.release		= mmapdemo_dmabuf_release,
};

/* Return: a struct that has its file only; fput() of the file frees it. */
static struct mmapdemo_dmabuf *mmapdemo_dmabuf_file(struct mmapdemo_buffer *buffer)
{
	struct mmapdemo_dmabuf *of = kzalloc(sizeof(*of), GFP_KERNEL_ACCOUNT);
	int err;

	if (!of)
		return ERR_PTR(-ENOMEM);
	mutex_init(&of->lock);
	INIT_LIST_HEAD(&of->uses);
	of->file = anon_inode_getfile("[mmapdemo]", &mmapdemo_dmabuf_fops, NULL, O_RDWR);
	if (IS_ERR(of->file)) {
		err = PTR_ERR(of->file);
		kfree(of);
		return ERR_PTR(err);
	}
	err = mmapdemo_io_attach(of->file, buffer, of);
	if (!err)
		return of;
	fput(of->file);
	kfree(of);
	return ERR_PTR(err);
}

/**
 * mmapdemo_export - make a dma-buf of a range
 * @buffer: the buffer
 * @pos: first byte, a multiple of the page size
 * @bytes: a multiple of the page size, above 0
 *
 * The dma-buf has a reference to the buffer, and a hold of the range's pages: they are allocated
 * and do not move, and RESIZE and PUNCH of them are -EBUSY. After mmapdemo_revoke(),
 * dma_buf_attach() and mmap() are -ENODEV. Importers that are attached, or have a kernel
 * address, keep the pages.
 *
 * Context: Process context, may sleep.
 *
 * Return: the dma-buf, for dma_buf_fd() or dma_buf_put(); or ERR_PTR as of mmapdemo_hold(), or
 * of -ENFILE, or of -ENOENT while the core's module is being unloaded.
 */
struct dma_buf *mmapdemo_export(struct mmapdemo_buffer *buffer, u64 pos, u64 bytes)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct mmapdemo_hold *hold;
	struct mmapdemo_dmabuf *of;
	struct dma_buf *dmabuf;

	if (bytes > SIZE_MAX)
		return ERR_PTR(-EINVAL);
	hold = mmapdemo_hold(buffer, pos, bytes);
	if (IS_ERR(hold))
		return ERR_CAST(hold);
	of = mmapdemo_dmabuf_file(buffer);
	if (IS_ERR(of)) {
		mmapdemo_hold_end(hold);
		return ERR_CAST(of);
	}
	of->hold = hold;
	of->first = pos >> PAGE_SHIFT;
	of->count = bytes >> PAGE_SHIFT;
	info.ops = &mmapdemo_dmabuf_ops;
	info.size = bytes;
	info.flags = O_RDWR;
	info.priv = of;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		mmapdemo_hold_end(hold);
		fput(of->file);
	}
	return dmabuf;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_export);
