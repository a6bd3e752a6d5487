// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmapdemo: kernel pages that programs map, as /dev/mmapdemo.
 *
 * params.c	what can be set at load
 * trace.h	tracepoints
 *
 * core/		memory behind a node, and mappings of it. compat.h has what differs between
 *		kernels.
 *   assembler.c	puts a buffer together (buffer.h)
 *   io.c		files of it: read, write, seek
 *   mapping.c		mmap, a VMA's life; vma_desc.c: as kernels before 7.1 have mmap
 *   notify.c		events to wait for
 *   count.c		counts of page faults
 *   hooks.c		where the lab acts
 *   pagecache.c	the strategy pagecache: its memory in folios.c, its contents in
 *			pieces.c, the pages that a memory error took in broken.c, page
 *			faults in fault.c and huge.c, size and holes in reshape.c
 * strategy/		the other ways to have memory and map it (list.c). They share fixed.c.
 * lab/			rules.c, inject.c, delay.c: pages that fail, or take long;
 *			content.c, wipe.c: fill, checksum, wipe
 * device/		the node: device.c, its commands (control.c), sysfs.c, debugfs.c;
 *			buffers that programs create: create.c, file.c, seal.c
 *
 * tools/lint/layers says which folder may include which.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "core/assembler.h"
#include "core/hooks.h"
#include "core/strategy.h"
#include "device/debugfs.h"
#include "device/device.h"
#include "device/node.h"
#include "lab/attach.h"
#include "params.h"
#include "strategy/list.h"

static struct mmapdemo_node mmapdemo_nodes[MMAPDEMO_STRATEGIES];

/* After this no program can open a node any more; files that are open stay open. */
static void mmapdemo_exit_devices(void)
{
	struct mmapdemo_node *node;

	for (node = mmapdemo_nodes; node < mmapdemo_nodes + MMAPDEMO_STRATEGIES; node++)
		mmapdemo_device_exit(node);
}

/* Also where the load fails half-way: some nodes have no buffer then. */
static void mmapdemo_exit(void)
{
	struct mmapdemo_node *node;

	mmapdemo_exit_devices();
	for (node = mmapdemo_nodes; node < mmapdemo_nodes + MMAPDEMO_STRATEGIES; node++) {
		if (!node->buffer)
			continue;
		mmapdemo_debugfs_remove(node);
		mmapdemo_buffer_put(node->buffer);
	}
	mmapdemo_hooks_flush();
	mmapdemo_debugfs_exit();
	mmapdemo_buffer_unmount();
}

/*
 * Registers the nodes. If an init function fails, the kernel frees the module even
 * if a program has opened a file of it. So no node can be opened while the load can
 * still fail: the last node can be opened from its registration on, the others
 * after that. debugfs comes last for the same reason.
 */
static int __init mmapdemo_init_devices(void)
{
	int last = find_last_bit(&mmapdemo_param_strategies, MMAPDEMO_STRATEGIES);
	int i, err;

	for_each_set_bit(i, &mmapdemo_param_strategies, MMAPDEMO_STRATEGIES) {
		if (i == last)
			mmapdemo_device_open_up(&mmapdemo_nodes[i]);
		err = mmapdemo_device_init(&mmapdemo_nodes[i], mmapdemo_param_mode);
		if (err)
			return err;
	}
	for_each_set_bit(i, &mmapdemo_param_strategies, MMAPDEMO_STRATEGIES) {
		mmapdemo_device_open_up(&mmapdemo_nodes[i]);
		mmapdemo_debugfs_add(&mmapdemo_nodes[i]);
	}
	return 0;
}

static int __init mmapdemo_init_buffer(struct mmapdemo_node *node,
				       const struct mmapdemo_strategy *strategy)
{
	const struct mmapdemo_settings settings = {
		.size		= mmapdemo_param_size,
		.node		= mmapdemo_param_node,
		.huge		= mmapdemo_param_huge,
		.prealloc	= mmapdemo_param_prealloc,
		.movable	= true,
	};
	struct mmapdemo_buffer *buffer = mmapdemo_buffer_create(strategy->node, strategy,
								&settings);

	if (buffer == ERR_PTR(-ENOMEM) && settings.prealloc && strategy->has_folios)
		pr_err("prealloc=1: not enough memory for size=%lld\n", settings.size);
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	node->buffer = buffer;
	return mmapdemo_attach_lab(buffer);
}

static int __init mmapdemo_init_all(void)
{
	int i, err;

	for_each_set_bit(i, &mmapdemo_param_strategies, MMAPDEMO_STRATEGIES) {
		err = mmapdemo_init_buffer(&mmapdemo_nodes[i], mmapdemo_strategies[i]);
		if (err)
			return err;
	}
	return mmapdemo_init_devices();
}

/*
 * Waits for each open() that found a node and returned ENXIO: do_dentry_open()
 * drops its reference to the module, by fops_put(), after mmapdemo_device_open() has
 * returned. No open() can take another reference, because misc_deregister() took
 * the node off the list under misc_mtx, which misc_open() holds while it looks and
 * opens. The reference that remains is the one that do_init_module() holds.
 */
static void __init mmapdemo_init_settle(void)
{
	int waits;

	for (waits = 0; mmapdemo_module_refcount(THIS_MODULE) > 1; waits++) {
		/* perf may have one of the tracepoints enabled, for as long as it runs. */
		if (waits == 50)
			pr_info("the load failed and waits for the last user of the module (perf?)\n");
		msleep(20);
	}
}

static int __init mmapdemo_init(void)
{
	int err = mmapdemo_buffer_mount();

	if (err)
		return err;
	mmapdemo_debugfs_init();
	err = mmapdemo_init_all();
	if (err) {
		mmapdemo_exit_devices();
		mmapdemo_init_settle();
		mmapdemo_exit();
	}
	return err;
}

module_init(mmapdemo_init);
module_exit(mmapdemo_exit);

MODULE_DESCRIPTION("Kernel pages mapped into programs, with a file's MAP_SHARED and MAP_PRIVATE");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(MMAPDEMO_VERSION);
