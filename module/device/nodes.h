/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_NODES_H
#define MMAPDEMO_NODES_H

#include <linux/fs.h>
#include <linux/numa.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "core/assembler.h"

struct attribute_group;
struct mmapdemo_buffer;
struct mmapdemo_strategy;

/* Defaults of new nodes, and of the module's parameters. */
#define MMAPDEMO_NODE_DEFAULTS {		\
	.mode	= 0600,				\
	.uid	= GLOBAL_ROOT_UID,		\
	.gid	= GLOBAL_ROOT_GID,		\
	.buffer	= {				\
		.size		= SZ_16M,	\
		.node		= NUMA_NO_NODE,	\
		.huge		= true,		\
		.movable	= true,		\
	},					\
}

/* The prefix of each name. */
#define MMAPDEMO_NODE_PREFIX	"mmapdemo"

/**
 * struct mmapdemo_node_settings - properties of a node to make
 * @name: of /dev/NAME, with the prefix
 * @strategy: how its buffer has its memory
 * @buffer: its buffer's settings
 * @mode: permissions of /dev/NAME
 * @uid: its owner
 * @gid: its group
 */
struct mmapdemo_node_settings {
	const char *name;
	const struct mmapdemo_strategy *strategy;
	struct mmapdemo_settings buffer;
	umode_t mode;
	kuid_t uid;
	kgid_t gid;
};

int mmapdemo_nodes_init(const struct attribute_group **class_groups);
int mmapdemo_nodes_go_live(const struct file_operations *fops);
void mmapdemo_nodes_exit(void);
int mmapdemo_nodes_ready(void);
int mmapdemo_node_make(const struct mmapdemo_node_settings *settings);
int mmapdemo_node_destroy(const char *name);
struct mmapdemo_buffer *mmapdemo_node_buffer(unsigned int minor);

#endif
