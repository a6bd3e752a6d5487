// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts a buffer together: a private inode on a file system that cannot be mounted, the
 * counts, the events and a strategy. The inode has the size and the locks, knows which
 * VMAs map it, and holds the memory of the strategy `pagecache'. Other strategies keep
 * their memory outside of it.
 */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>

#include "assembler.h"
#include "buffer.h"
#include "hooks.h"
#include "notify.h"
#include "strategy.h"

#define MMAPDEMO_MAGIC	0x6d6d6170	/* "mmap" */

static struct vfsmount *mmapdemo_mnt;

static void mmapdemo_buffer_free(struct mmapdemo_buffer *buffer)
{
	struct module *owner = buffer->owner;

	if (buffer->hooks)
		buffer->hooks->ops->detach(buffer);
	if (buffer->strategy)
		buffer->strategy->exit(buffer);
	xa_destroy(&buffer->broken);
	free_percpu(buffer->faults);
	kfree_const(buffer->name);
	kfree(buffer);
	module_put(owner);
}

/* The last reference to the inode is gone: no program can find or map the buffer. */
static void mmapdemo_evict_inode(struct inode *inode)
{
	struct mmapdemo_buffer *buffer = inode->i_private;

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (buffer) /* the root folder has none */
		mmapdemo_buffer_free(buffer);
}

static const struct super_operations mmapdemo_super_ops = {
	.statfs		= simple_statfs,
	.evict_inode	= mmapdemo_evict_inode,
};

static int mmapdemo_init_fs_context(struct fs_context *fc)
{
	struct pseudo_fs_context *ctx = init_pseudo(fc, MMAPDEMO_MAGIC);

	if (!ctx)
		return -ENOMEM;
	ctx->ops = &mmapdemo_super_ops;
	/* NOEXEC: no page fault of uprobes before vm_ops->mapped sets vm_private_data (7.1). */
	fc->s_iflags |= SB_I_NOEXEC | SB_I_NODEV; /* as init_pseudo() does from 7.x on */
	return 0;
}

/*
 * The kernel drops the super block's reference to the owner last (put_filesystem()). With that
 * reference the module could never be unloaded, so mmapdemo_buffer_mount() drops it at once.
 */
static struct file_system_type mmapdemo_fs = {
	.owner			= THIS_MODULE,
	.name			= "mmapdemo",
	.init_fs_context	= mmapdemo_init_fs_context,
	.kill_sb		= kill_anon_super,
};

/* Allocations that a program can cause often are charged to its memory cgroup. */
static int mmapdemo_buffer_init(struct mmapdemo_buffer *buffer, const char *name)
{
	struct inode *inode;

	xa_init(&buffer->broken);
	INIT_LIST_HEAD(&buffer->holds);
	spin_lock_init(&buffer->holds_lock);
	buffer->name = kstrdup_const(name, GFP_KERNEL_ACCOUNT);
	buffer->faults = alloc_percpu_gfp(struct mmapdemo_faults, GFP_KERNEL_ACCOUNT);
	if (!buffer->name || !buffer->faults)
		return -ENOMEM;
	inode = alloc_anon_inode(mmapdemo_mnt->mnt_sb);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	/* generic_error_remove_folio() removes pages of regular files only. */
	inode->i_mode = S_IFREG | 0600;
	buffer->inode = inode;
	mmapdemo_notify_init(buffer);
	return 0;
}

/**
 * mmapdemo_buffer_create - make a buffer
 * @name: its name, which is copied
 * @strategy: how it has its memory
 * @settings: its size and other properties
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
	struct mmapdemo_buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL_ACCOUNT);
	int err;

	if (!buffer)
		return ERR_PTR(-ENOMEM);
	err = mmapdemo_buffer_init(buffer, name);
	if (err) {
		mmapdemo_buffer_free(buffer);
		return ERR_PTR(err);
	}
	buffer->node = settings->node;
	buffer->huge = settings->huge && strategy->may_be_huge;
	buffer->prealloc = settings->prealloc;
	buffer->movable = settings->movable;
	buffer->cache = settings->cache;
	buffer->owner = settings->owner;
	if (buffer->owner)
		__module_get(buffer->owner);
	i_size_write(buffer->inode, settings->size);
	buffer->end = mmapdemo_buffer_pages_of(settings->size);
	buffer->inode->i_private = buffer;
	/* Last, as init() needs all of the buffer but the memory. */
	err = strategy->init(buffer);
	if (err) {
		iput(buffer->inode);
		return ERR_PTR(err);
	}
	buffer->strategy = strategy;
	return buffer;
}

/**
 * mmapdemo_buffer_get - take another reference
 * @buffer: the buffer, to which the caller has a reference
 *
 * A dentry of the inode has a reference of its own.
 *
 * Context: Any.
 *
 * Return: the buffer.
 */
struct mmapdemo_buffer *mmapdemo_buffer_get(struct mmapdemo_buffer *buffer)
{
	ihold(buffer->inode);
	return buffer;
}

/**
 * mmapdemo_buffer_put - drop a reference; the last one frees the buffer and its memory
 * @buffer: the buffer
 *
 * A pinned page is freed with its last pin.
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_buffer_put(struct mmapdemo_buffer *buffer)
{
	iput(buffer->inode);
}

/**
 * mmapdemo_buffer_file - an open file whose inode is the buffer's own
 * @buffer: the buffer, whose settings named an owner
 * @flags: as open(2)
 * @fops: its functions; open() is not called
 *
 * A path to such a file may outlive the file, as an O_PATH descriptor does. So the buffer keeps
 * its reference to the owner until the inode is evicted.
 *
 * Context: Process context, may sleep.
 *
 * Return: the file, or ERR_PTR of -ENOMEM or -ENFILE.
 */
struct file *mmapdemo_buffer_file(struct mmapdemo_buffer *buffer, int flags,
				  const struct file_operations *fops)
{
	struct file *file;

	ihold(buffer->inode);
	file = alloc_file_pseudo(buffer->inode, mmapdemo_mnt, buffer->name, flags, fops);
	if (IS_ERR(file))
		iput(buffer->inode);
	else /* as open(2) does */
		__module_get(fops->owner);
	return file;
}

/* Whether a file is attached to a buffer of this module. The caller has a reference to the file. */
bool mmapdemo_buffer_has(const struct file *file)
{
	return file->f_mapping->host->i_sb == mmapdemo_mnt->mnt_sb;
}

int __init mmapdemo_buffer_mount(void)
{
	mmapdemo_mnt = kern_mount(&mmapdemo_fs);
	if (IS_ERR(mmapdemo_mnt))
		return PTR_ERR(mmapdemo_mnt);
	module_put(THIS_MODULE);
	return 0;
}

/*
 * Another task may use the super block for a moment longer: sync(2), or a task that has put the
 * last inode of a path, and with it the reference to the module. The last such task drops the
 * reference that is taken here.
 */
void mmapdemo_buffer_unmount(void)
{
#ifdef CONFIG_MODULE_UNLOAD
	int before = module_refcount(THIS_MODULE);

	__module_get(THIS_MODULE);
	kern_unmount(mmapdemo_mnt);
	while (module_refcount(THIS_MODULE) > before)
		usleep_range(1000, 2000);
	synchronize_rcu(); /* module_put() disables preemption for as long as it runs */
#endif
}
