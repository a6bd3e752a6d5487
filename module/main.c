// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmapdemo: kernel pages that programs map, as /dev/mmapdemo.
 *
 * params.c	what can be set at load
 * buffer.c	the memory: folios of a private inode
 * mapping.c	mmap, a VMA's life
 * fault.c	page faults
 * reshape.c	another size, holes, small folios for huge ones
 * content.c	fill, checksum, wipe
 * faultlab.c	pages that fail, or take long
 * notify.c	events to wait for
 * device.c	the node: open, read, write, seek, splice, poll
 * control.c	the node's commands (ioctl)
 * sysfs.c	some of them as files
 * debugfs.c	counters, live mappings
 * trace.h	tracepoints
 * compat.h	what differs between kernels
 */
#include <linux/module.h>

#include "buffer.h"
#include "debugfs.h"
#include "device.h"
#include "params.h"

static struct mmapdemo_buffer mmapdemo_buffer = {
	.name	= "mmapdemo",
};

static int __init mmapdemo_init(void)
{
	int err;

	err = mmapdemo_buffer_init(&mmapdemo_buffer, mmapdemo_param_size, mmapdemo_param_huge,
				   mmapdemo_param_prealloc);
	if (err)
		return err;
	mmapdemo_debugfs_init(&mmapdemo_buffer);

	/* Last: from here on programs can open it. */
	err = mmapdemo_device_init(&mmapdemo_buffer, mmapdemo_param_mode);
	if (err)
		goto exit_debugfs;
	return 0;

exit_debugfs:
	mmapdemo_debugfs_exit(&mmapdemo_buffer);
	mmapdemo_buffer_exit(&mmapdemo_buffer);
	return err;
}

static void __exit mmapdemo_exit(void)
{
	mmapdemo_device_exit(&mmapdemo_buffer);
	mmapdemo_debugfs_exit(&mmapdemo_buffer);
	mmapdemo_buffer_exit(&mmapdemo_buffer);
}

module_init(mmapdemo_init);
module_exit(mmapdemo_exit);

MODULE_DESCRIPTION("Kernel pages mapped into programs, with a file's MAP_SHARED and MAP_PRIVATE");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
