// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts a buffer together: a private inode on a file system that nobody can mount, the
 * counts, the events and a strategy. The inode has the size and the locks, knows which
 * VMAs map it, and holds the memory of the strategy `pagecache'. The memory of the other
 * strategies is beside it.
 */
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>

#include "assembler.h"
#include "buffer.h"
#include "hooks.h"
#include "notify.h"
#include "strategy.h"

#define MMAPDEMO_MAGIC	0x6d6d6170	/* "mmap" */

static struct vfsmount *mmapdemo_mnt;

static int mmapdemo_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, MMAPDEMO_MAGIC) ? 0 : -ENOMEM;
}

/*
 * No .owner: kern_mount() would take a reference to the module that only its
 * exit function drops, and it could never be unloaded.
 */
static struct file_system_type mmapdemo_fs = {
	.name			= "mmapdemo",
	.init_fs_context	= mmapdemo_init_fs_context,
	.kill_sb		= kill_anon_super,
};

/* The strategy's init() comes last: it is given a buffer that lacks only the memory. */
static int mmapdemo_buffer_init(struct mmapdemo_buffer *buffer,
				const struct mmapdemo_strategy *strategy,
				const struct mmapdemo_settings *settings)
{
	struct inode *inode;
	int err;

	buffer->faults = alloc_percpu(struct mmapdemo_faults);
	if (!buffer->faults)
		return -ENOMEM;
	inode = alloc_anon_inode(mmapdemo_mnt->mnt_sb);
	if (IS_ERR(inode)) {
		err = PTR_ERR(inode);
		goto free_faults;
	}

	inode->i_private = buffer;
	/* memory_failure() takes pages from regular files only: generic_error_remove_folio() */
	inode->i_mode = S_IFREG | 0600;
	xa_init(&buffer->broken);
	INIT_LIST_HEAD(&buffer->holds);
	spin_lock_init(&buffer->holds_lock);
	buffer->node = settings->node;
	buffer->huge = settings->huge && strategy->may_be_huge;
	buffer->prealloc = settings->prealloc;
	buffer->movable = settings->movable;
	i_size_write(inode, settings->size);
	buffer->end = settings->size >> PAGE_SHIFT;
	buffer->inode = inode;
	mmapdemo_notify_init(buffer);
	err = strategy->init(buffer);
	if (err)
		goto put_inode;
	buffer->strategy = strategy;
	return 0;

put_inode:
	iput(inode);
	xa_destroy(&buffer->broken);
free_faults:
	free_percpu(buffer->faults);
	return err;
}

/**
 * mmapdemo_buffer_create - make a buffer
 * @name: its name, which is copied
 * @strategy: how it has its memory
 * @settings: its size and the like
 *
 * Context: Process context, may sleep.
 *
 * Return: the buffer, with one reference, which mmapdemo_buffer_put() drops; or ERR_PTR
 * of -ENOMEM, -EINTR after a fatal signal, or what the strategy's init() returns.
 */
struct mmapdemo_buffer *mmapdemo_buffer_create(const char *name,
					       const struct mmapdemo_strategy *strategy,
					       const struct mmapdemo_settings *settings)
{
	struct mmapdemo_buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);
	int err;

	if (!buffer)
		return ERR_PTR(-ENOMEM);
	kref_init(&buffer->refs);
	buffer->name = kstrdup_const(name, GFP_KERNEL);
	if (!buffer->name) {
		err = -ENOMEM;
		goto free;
	}
	err = mmapdemo_buffer_init(buffer, strategy, settings);
	if (err)
		goto free_name;
	return buffer;

free_name:
	kfree_const(buffer->name);
free:
	kfree(buffer);
	return ERR_PTR(err);
}

/**
 * mmapdemo_buffer_get - take another reference
 * @buffer: the buffer, to which the caller has a reference
 *
 * Context: Any.
 *
 * Return: the buffer.
 */
struct mmapdemo_buffer *mmapdemo_buffer_get(struct mmapdemo_buffer *buffer)
{
	kref_get(&buffer->refs);
	return buffer;
}

/* No file has the buffer, so no program can find or map it. */
static void mmapdemo_buffer_free(struct kref *refs)
{
	struct mmapdemo_buffer *buffer = container_of(refs, struct mmapdemo_buffer, refs);

	if (buffer->hooks)
		buffer->hooks->ops->detach(buffer);
	buffer->strategy->exit(buffer);
	iput(buffer->inode);
	xa_destroy(&buffer->broken);
	free_percpu(buffer->faults);
	kfree_const(buffer->name);
	kfree(buffer);
}

/**
 * mmapdemo_buffer_put - drop a reference; the last one frees the buffer and its memory
 * @buffer: the buffer
 *
 * Pages that others have pinned are freed with their last pin.
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_buffer_put(struct mmapdemo_buffer *buffer)
{
	kref_put(&buffer->refs, mmapdemo_buffer_free);
}

/* Whether a file is attached to a buffer of this module. The caller has a reference to the file. */
bool mmapdemo_buffer_has(const struct file *file)
{
	return file->f_mapping->host->i_sb == mmapdemo_mnt->mnt_sb;
}

int __init mmapdemo_buffer_mount(void)
{
	mmapdemo_mnt = kern_mount(&mmapdemo_fs);
	return PTR_ERR_OR_ZERO(mmapdemo_mnt);
}

void mmapdemo_buffer_unmount(void)
{
	kern_unmount(mmapdemo_mnt);
}
