// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmapdemo: kernel pages that programs map, as /dev/mmapdemo.
 *
 * params.c	what can be set at load
 * strategy.c	the ways to have memory and map it; each in strategy/
 * buffer.c	what is behind a node
 * mapping.c	mmap, a VMA's life
 * content.c	fill, checksum, wipe
 * faultlab.c	pages that fail, or take long
 * notify.c	events to wait for
 * device.c	the node: open, read, write, seek, splice, poll
 * control.c	the node's commands (ioctl)
 * sysfs.c	some of them as files
 * debugfs.c	counters, live mappings
 * trace.h	tracepoints
 * compat.h	what differs between kernels; vma_desc.c: so does mmap
 *
 * Of the strategy pagecache: folios.c its memory, pieces.c its contents, broken.c pages
 * that a memory error took, fault.c page faults, reshape.c another size, holes, small
 * folios for huge ones. Of the others: fixed.c.
 */
#include <linux/module.h>

#include "buffer.h"
#include "debugfs.h"
#include "device.h"
#include "params.h"
#include "strategy.h"

static struct mmapdemo_buffer mmapdemo_buffers[MMAPDEMO_STRATEGIES];

/* Also where the load fails half-way: buffers that are there have a strategy. */
static void mmapdemo_exit(void)
{
	struct mmapdemo_buffer *buffer;

	for (buffer = mmapdemo_buffers; buffer < mmapdemo_buffers + MMAPDEMO_STRATEGIES; buffer++) {
		if (!buffer->strategy)
			continue;
		mmapdemo_device_exit(buffer);
		mmapdemo_debugfs_remove(buffer);
		mmapdemo_buffer_exit(buffer);
	}
	mmapdemo_debugfs_exit();
	mmapdemo_buffer_unmount();
}

static int __init mmapdemo_init_all(void)
{
	int i, err;

	for_each_set_bit(i, &mmapdemo_param_strategies, MMAPDEMO_STRATEGIES) {
		err = mmapdemo_buffer_init(&mmapdemo_buffers[i], mmapdemo_strategies[i],
					   mmapdemo_param_size);
		if (err)
			return err;
		mmapdemo_debugfs_add(&mmapdemo_buffers[i]);
	}
	/* Last: from here on programs can open them, and what is open must not go. */
	for_each_set_bit(i, &mmapdemo_param_strategies, MMAPDEMO_STRATEGIES) {
		err = mmapdemo_device_init(&mmapdemo_buffers[i], mmapdemo_param_mode);
		if (err)
			return err;
	}
	return 0;
}

static int __init mmapdemo_init(void)
{
	int err = mmapdemo_buffer_mount();

	if (err)
		return err;
	mmapdemo_debugfs_init();
	err = mmapdemo_init_all();
	if (err)
		mmapdemo_exit();
	return err;
}

module_init(mmapdemo_init);
module_exit(mmapdemo_exit);

MODULE_DESCRIPTION("Kernel pages mapped into programs, with a file's MAP_SHARED and MAP_PRIVATE");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(MMAPDEMO_VERSION);
