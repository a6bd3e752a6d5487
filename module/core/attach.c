// SPDX-License-Identifier: GPL-2.0-only
/* Attaches open files to a buffer, and detaches them. */
#include <linux/mm.h>
#include <linux/mmapdemo.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <uapi/linux/mmapdemo.h>

#include "assembler.h"
#include "buffer.h"
#include "hooks.h"
#include "io.h"
#include "notify.h"

/**
 * mmapdemo_io_attach - attach an open file to a buffer
 * @file: the file, which its driver's open() was given
 * @buffer: the buffer, to which the file has a reference from now on
 * @data: what mmapdemo_io_data() returns
 *
 * The file's private_data belongs to the core until mmapdemo_io_detach(). The file operations'
 * owner is the driver's module. If open() fails later, it calls mmapdemo_io_detach().
 *
 * Context: Process context, may sleep. Takes the invalidate lock.
 *
 * Return: 0, -ENOMEM, -ENODEV after mmapdemo_revoke(), or -EINVAL, with a WARN, for a file that
 * is attached already.
 */
int mmapdemo_io_attach(struct file *file, struct mmapdemo_buffer *buffer, void *data)
{
	struct address_space *mapping = buffer->inode->i_mapping;
	struct mmapdemo_waiter *waiter = kzalloc(sizeof(*waiter), GFP_KERNEL_ACCOUNT);

	if (!waiter)
		return -ENOMEM;
	/* Attached already? A file that programs create has the mapping from the start. */
	if (WARN_ON_ONCE(file->f_mapping == mapping && file_inode(file)->i_mapping != mapping)) {
		kfree(waiter);
		return -EINVAL;
	}
	if (READ_ONCE(buffer->revoked)) {
		kfree(waiter);
		return -ENODEV;
	}
	mmapdemo_notify_begin(buffer, waiter);
	waiter->data = data;
	file->private_data = waiter;

	mmapdemo_buffer_get(buffer);
	/* From here on the kernel treats the file as one of the private inode. */
	file->f_mapping = mapping;
	file->f_wb_err = filemap_sample_wb_err(mapping);
	/*
	 * The core's functions honour IOCB_NOWAIT. Without the flag io_uring would wait until
	 * poll reports POLLIN, which here means that a program called KICK. O_DIRECT does not
	 * change reads and writes. A driver with functions of its own sets its own flags.
	 */
	if (mmapdemo_io_serves(file))
		file->f_mode |= FMODE_NOWAIT | MMAPDEMO_FMODE_DIRECT;

	/*
	 * The caller may hold a lock of other drivers, as misc_open() does. Only a buffer with a
	 * wipe policy waits here.
	 */
	atomic_inc_return(&buffer->opens); /* a full barrier, unlike atomic_inc() */
	mmapdemo_hooks_await_wipe(buffer);
	return 0;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_attach);

/**
 * mmapdemo_io_detach - detach a file from its buffer
 * @file: the file, in its driver's release(): no VMA has it any more
 *
 * Afterwards f_mapping is that of the file's own inode again, and private_data is NULL.
 *
 * Context: Process context, may sleep.
 */
void mmapdemo_io_detach(struct file *file)
{
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_of(file);

	mmapdemo_notify_end(file);
	kfree(file->private_data);
	file->private_data = NULL;
	file->f_mapping = file_inode(file)->i_mapping;
	mmapdemo_hooks_put(buffer, &buffer->opens, MMAPDEMO_WIPE_ON_LAST_CLOSE, "last close");
	mmapdemo_buffer_put(buffer);
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_detach);

/**
 * mmapdemo_io_data - what the driver gave to mmapdemo_io_attach()
 * @file: an attached file
 *
 * Context: Any.
 *
 * Return: the pointer.
 */
void *mmapdemo_io_data(const struct file *file)
{
	const struct mmapdemo_waiter *waiter = file->private_data;

	return waiter->data;
}
EXPORT_SYMBOL_MMAPDEMO(mmapdemo_io_data);
