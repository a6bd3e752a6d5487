/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_NODE_H
#define MMAPDEMO_NODE_H

#include <linux/device.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct dentry;
struct mmapdemo_buffer;

/**
 * struct mmapdemo_node - a device node, through which programs open a buffer
 * @dev: /dev/NAME and /sys/class/mmapdemo/NAME, where NAME is the buffer's
 * @buffer: the buffer, to which the node has a reference
 * @debugfs: folder with the counters
 * @mode: permissions of /dev/NAME
 * @uid: its owner
 * @gid: its group
 */
struct mmapdemo_node {
	struct device dev;
	struct mmapdemo_buffer *buffer;
	struct dentry *debugfs;
	umode_t mode;
	kuid_t uid;
	kgid_t gid;
};

#endif
