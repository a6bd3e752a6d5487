// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmapdemo: kernel pages that programs map, as /dev/mmapdemo.
 *
 * params.c	parameters
 * node_attrs.c	nodes that are made later
 * trace.h	tracepoints
 *
 * core/		memory behind a node, and mappings of it. compat.h has the differences
 *		between kernels.
 *   assembler.c	puts a buffer together (buffer.h)
 *   attach.c		files of it; io.c: read, write, seek
 *   mapping.c		mmap, a VMA's life; vma_desc.c: as kernels before 7.1 have mmap
 *   notify.c		events to wait for
 *   count.c		counts of page faults
 *   hooks.c		where the lab acts
 *   api.c		with copy.c, hold.c, dmabuf.c, descriptor.c and chardev.c: for other modules
 *   pagecache.c	the strategy pagecache: its memory in folios.c, its contents in
 *			pieces.c, pages with memory errors in broken.c, page
 *			faults in fault.c and huge.c, size and holes in reshape.c
 * strategy/		the other strategies (list.c), which share fixed.c
 * lab/			rules.c, inject.c, delay.c: pages that fail, or take long;
 *			content.c, wipe.c: fill, checksum, wipe
 * device/		nodes: nodes.c, device.c, their commands (control.c), sysfs.c, debugfs.c;
 *			buffers that programs create: create.c, file.c, append.c, seal.c
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
#include "device/nodes.h"
#include "node_attrs.h"
#include "params.h"
#include "strategy/list.h"

static void mmapdemo_exit_rest(void)
{
	mmapdemo_hooks_flush();
	mmapdemo_debugfs_exit();
	mmapdemo_buffer_unmount();
}

static void mmapdemo_exit(void)
{
	mmapdemo_nodes_exit();
	mmapdemo_exit_rest();
}

static int __init mmapdemo_init_node(const struct mmapdemo_strategy *strategy)
{
	struct mmapdemo_node_settings settings = mmapdemo_param_settings;

	settings.name = strategy->node;
	settings.strategy = strategy;
	return mmapdemo_node_make(&settings);
}

static int __init mmapdemo_init_nodes(void)
{
	int i, err;

	for_each_set_bit(i, &mmapdemo_param_strategies, MMAPDEMO_STRATEGIES) {
		err = mmapdemo_init_node(mmapdemo_strategies[i]);
		if (err)
			return err;
	}
	return mmapdemo_nodes_go_live(&mmapdemo_device_fops);
}

/*
 * If an init function fails, the kernel frees the module even if it has references. No file is
 * open then (mmapdemo_nodes_go_live()), but perf may have one of the tracepoints enabled, for as
 * long as it runs. So this waits until the only reference is that of do_init_module().
 */
static void __init mmapdemo_init_settle(void)
{
	int waits;

	for (waits = 0; mmapdemo_module_refcount(THIS_MODULE) > 1; waits++) {
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
	err = mmapdemo_nodes_init(mmapdemo_node_attr_groups);
	if (err) {
		mmapdemo_buffer_unmount();
		return err;
	}
	mmapdemo_debugfs_init();
	err = mmapdemo_init_nodes();
	if (err) {
		mmapdemo_nodes_exit();
		mmapdemo_init_settle();
		mmapdemo_exit_rest();
	}
	return err;
}

module_init(mmapdemo_init);
module_exit(mmapdemo_exit);

MODULE_DESCRIPTION("Kernel pages mapped into programs, with a file's MAP_SHARED and MAP_PRIVATE");
MODULE_AUTHOR("The mmapdemo authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(MMAPDEMO_VERSION);
