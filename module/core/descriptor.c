// SPDX-License-Identifier: GPL-2.0-only
/* Files of a buffer that no open() made, for descriptors that a driver gives to programs. */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/splice.h>

#include "buffer.h"
#include "strategy.h"

static int mmapdemo_descriptor_release(struct inode *inode, struct file *file)
{
	if (file->private_data) /* NULL if mmapdemo_file() failed to attach it */
		mmapdemo_io_detach(file);
	return 0;
}

static const struct file_operations mmapdemo_descriptor_fops = {
	.owner			= THIS_MODULE,
	.release		= mmapdemo_descriptor_release,
	.llseek			= mmapdemo_io_llseek,
	.read_iter		= mmapdemo_io_read_iter,
	.write_iter		= mmapdemo_io_write_iter,
	.splice_read		= mmapdemo_copy_splice_read,
	.splice_write		= iter_file_splice_write,
	.poll			= mmapdemo_notify_poll,
	.unlocked_ioctl		= mmapdemo_notify_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.fasync			= mmapdemo_events_fasync,
	.fsync			= noop_fsync,
	.get_unmapped_area	= thp_get_unmapped_area,
	MMAPDEMO_FOPS_MMAP,
};

/**
 * mmapdemo_file - make a file of a buffer, for a descriptor that the driver gives to a program
 * @buffer: a buffer of mmapdemo_create()
 * @name: what /proc/PID/maps shows
 * @flags: O_RDONLY, O_WRONLY or O_RDWR, and O_NONBLOCK or not
 *
 * Programs map, read and write the file, and wait for events with MMAPDEMO_IOCTL_WAIT.
 *
 * Context: Process context, may sleep.
 *
 * Return: the file, with its own reference to the buffer, for fd_install() or fput(); or
 * ERR_PTR of -EINVAL for @flags, -ENOMEM, -ENFILE, -ENOENT while the core's module is being
 * unloaded, -ENODEV after mmapdemo_revoke(), -EOPNOTSUPP where the buffer is of a node of
 * another strategy than pagecache.
 */
struct file *mmapdemo_file(struct mmapdemo_buffer *buffer, const char *name, int flags)
{
	struct file *file;
	int err;

	if (!buffer->strategy->has_folios)
		return ERR_PTR(-EOPNOTSUPP);
	if (flags & ~(O_ACCMODE | O_NONBLOCK) || (flags & O_ACCMODE) == O_ACCMODE)
		return ERR_PTR(-EINVAL);
	file = anon_inode_getfile(name, &mmapdemo_descriptor_fops, NULL, flags);
	if (IS_ERR(file))
		return file;
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	err = mmapdemo_io_attach(file, buffer, NULL);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_file);
