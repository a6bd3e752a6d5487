// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trait: the driver registers a major number and makes no device, so udev makes no node.
 * A program sees: nothing in /dev, and a line in /proc/devices, after which a script calls mknod.
 * Source: LDD3's scull_load (github.com/martinezjavier/ldd3).
 */
#include "zoo.h"

static const struct file_operations no_node_fops = {
	.owner = THIS_MODULE,
	ZOO_IO,
	.mmap = zoo_mmap,
};

static int no_node_major;

static int __init no_node_init(void)
{
	zoo_buffer = alloc_pages_exact(ZOO_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (!zoo_buffer)
		return -ENOMEM;
	no_node_major = register_chrdev(0, KBUILD_MODNAME, &no_node_fops);
	if (no_node_major < 0)
		free_pages_exact(zoo_buffer, ZOO_SIZE);
	return min(no_node_major, 0);
}
module_init(no_node_init);

static void __exit no_node_exit(void)
{
	unregister_chrdev(no_node_major, KBUILD_MODNAME);
	free_pages_exact(zoo_buffer, ZOO_SIZE);
}
module_exit(no_node_exit);

MODULE_DESCRIPTION("A driver without a node");
MODULE_LICENSE("GPL");
