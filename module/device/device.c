// SPDX-License-Identifier: GPL-2.0-only
/* The file operations of device nodes and created files; open() of a node. */
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
#include "nodes.h"
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

static int mmapdemo_device_release(struct inode *inode, struct file *file)
{
	mmapdemo_io_detach(file);
	return 0;
}

#define MMAPDEMO_DEVICE_FOPS							\
	.owner			= THIS_MODULE,					\
	.release		= mmapdemo_device_release,			\
	.llseek			= mmapdemo_io_llseek,			\
	.read_iter		= mmapdemo_io_read_iter,			\
	.write_iter		= mmapdemo_io_write_iter,			\
	/* Copies, as a page in a pipe would keep its huge folio from being split. */	\
	.splice_read		= mmapdemo_copy_splice_read,				\
	.splice_write		= iter_file_splice_write,			\
	.poll			= mmapdemo_notify_poll,				\
	.fasync			= mmapdemo_events_fasync,			\
	.unlocked_ioctl		= mmapdemo_control_ioctl,			\
	.compat_ioctl		= compat_ptr_ioctl,				\
	/* There is no disk to write to; without .fsync, msync(MS_SYNC) is EINVAL. */ \
	.fsync			= noop_fsync,					\
	.get_unmapped_area	= thp_get_unmapped_area

static const struct file_operations mmapdemo_fops = {
	MMAPDEMO_DEVICE_FOPS,
	MMAPDEMO_FOPS_MMAP,
};

/* For strategies that have no action for .mmap_prepare. */
static const struct file_operations mmapdemo_vma_fops = {
	MMAPDEMO_DEVICE_FOPS,
	.mmap			= mmapdemo_mapping_mmap,
};

/* Opens the buffer of a node, with the file operations of its strategy. */
static int mmapdemo_device_open(struct inode *inode, struct file *file)
{
	struct mmapdemo_buffer *buffer = mmapdemo_node_buffer(iminor(inode));
	const struct file_operations *fops;
	int err;

	if (!buffer)
		return -ENXIO;
	fops = buffer->strategy->mmap ? &mmapdemo_vma_fops : &mmapdemo_fops;
	replace_fops(file, fops_get(fops));
	/* CREATE makes files with these file operations. */
	err = mmapdemo_io_attach(file, buffer, (void *)&mmapdemo_created_fops);
	mmapdemo_buffer_put(buffer);
	return err;
}

const struct file_operations mmapdemo_device_fops = {
	.owner	= THIS_MODULE,
	.open	= mmapdemo_device_open,
	.llseek	= noop_llseek,
};
