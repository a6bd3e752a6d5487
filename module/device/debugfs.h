/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_DEBUGFS_H
#define MMAPDEMO_DEBUGFS_H

struct mmapdemo_node;

void mmapdemo_debugfs_init(void);
void mmapdemo_debugfs_exit(void);
void mmapdemo_debugfs_add(struct mmapdemo_node *node);
void mmapdemo_debugfs_remove(struct mmapdemo_node *node);

#endif
