/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_NODE_H
#define MMAPDEMO_NODE_H

#include <linux/miscdevice.h>
#include <linux/types.h>

struct dentry;
struct mmapdemo_buffer;

/**
 * struct mmapdemo_node - a device node, through which programs open a buffer
 * @buffer: the buffer, of which the node has a reference; NULL: there is no node
 * @misc: /dev/NAME, where NAME is the buffer's
 * @open_to_all: the load is over, as far as it can fail: the node can be opened
 * @debugfs: folder with the counters
 */
struct mmapdemo_node {
	struct mmapdemo_buffer *buffer;
	struct miscdevice misc;
	bool open_to_all;
	struct dentry *debugfs;
};

#endif
