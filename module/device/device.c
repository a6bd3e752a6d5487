// SPDX-License-Identifier: GPL-2.0-only
/* The device node: which buffer open() finds, and which functions serve it and created files. */
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/module.h>
#include <linux/splice.h>

#include "control.h"
#include "core/buffer.h"
#include "core/mapping.h"
#include "core/notify.h"
#include "core/strategy.h"
#include "device.h"
#include "file.h"
#include "node.h"
#include "sysfs.h"

static const struct file_operations mmapdemo_created_fops = {
	.owner			= THIS_MODULE,
	.open			= mmapdemo_file_open,
	.release		= mmapdemo_file_release,
	.llseek			= mmapdemo_io_llseek,
	.read_iter		= mmapdemo_io_read_iter,
	.write_iter		= mmapdemo_file_write_iter,
	.splice_read		= mmapdemo_copy_splice_read,
	.splice_write		= iter_file_splice_write,
	.poll			= mmapdemo_file_poll,
	.fasync			= mmapdemo_events_fasync,
	.unlocked_ioctl		= mmapdemo_control_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.fallocate		= mmapdemo_file_fallocate,
	.fsync			= noop_fsync,
	.get_unmapped_area	= thp_get_unmapped_area,
	MMAPDEMO_FOPS_MMAP,
};

static int mmapdemo_device_open(struct inode *inode, struct file *file)
{
	struct mmapdemo_node *node = container_of(file->private_data, struct mmapdemo_node, misc);

	/* The load may still fail, and take the module from under an open file. */
	if (!smp_load_acquire(&node->open_to_all))
		return -ENXIO;
	/* CREATE gives these functions to the files that it makes. */
	return mmapdemo_io_attach(file, node->buffer, (void *)&mmapdemo_created_fops);
}

static int mmapdemo_device_release(struct inode *inode, struct file *file)
{
	mmapdemo_io_detach(file);
	return 0;
}

#define MMAPDEMO_DEVICE_FOPS							\
	.owner			= THIS_MODULE,					\
	.open			= mmapdemo_device_open,				\
	.release		= mmapdemo_device_release,			\
	.llseek			= mmapdemo_io_llseek,			\
	.read_iter		= mmapdemo_io_read_iter,			\
	.write_iter		= mmapdemo_io_write_iter,			\
	/* Copies: a page in a pipe keeps its huge folio from being split, for ever. */	\
	.splice_read		= mmapdemo_copy_splice_read,				\
	.splice_write		= iter_file_splice_write,			\
	.poll			= mmapdemo_notify_poll,				\
	.fasync			= mmapdemo_events_fasync,			\
	.unlocked_ioctl		= mmapdemo_control_ioctl,			\
	.compat_ioctl		= compat_ptr_ioctl,				\
	/* Nothing lies behind the memory; without it msync(MS_SYNC) were EINVAL. */ \
	.fsync			= noop_fsync,					\
	.get_unmapped_area	= thp_get_unmapped_area

static const struct file_operations mmapdemo_fops = {
	MMAPDEMO_DEVICE_FOPS,
	MMAPDEMO_FOPS_MMAP,
};

/* For strategies whose technique has no action for .mmap_prepare. */
static const struct file_operations mmapdemo_vma_fops = {
	MMAPDEMO_DEVICE_FOPS,
	.mmap			= mmapdemo_mapping_mmap,
};

/**
 * mmapdemo_device_open_up - let programs open a node from now on
 * @node: the node, which may be registered or not yet
 *
 * Until then open(2) is ENXIO. Afterwards only the registration of this node may make the
 * load fail.
 */
void __init mmapdemo_device_open_up(struct mmapdemo_node *node)
{
	smp_store_release(&node->open_to_all, true); /* pairs with mmapdemo_device_open() */
}

int __init mmapdemo_device_init(struct mmapdemo_node *node, umode_t mode)
{
	int err;

	node->misc = (struct miscdevice) {
		.minor	= MISC_DYNAMIC_MINOR,
		.name	= node->buffer->name,
		.fops	= node->buffer->strategy->mmap ? &mmapdemo_vma_fops : &mmapdemo_fops,
		.mode	= mode,
		.groups	= mmapdemo_sysfs_groups,
	};
	err = misc_register(&node->misc);
	if (err)
		node->misc.fops = NULL;
	return err;
}

/* If there is one. */
void mmapdemo_device_exit(struct mmapdemo_node *node)
{
	if (!node->misc.fops)
		return;
	misc_deregister(&node->misc);
	node->misc.fops = NULL;
}
