/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_DEVICE_H
#define MMAPDEMO_DEVICE_H

#include <linux/types.h>

struct mmapdemo_node;

void mmapdemo_device_open_up(struct mmapdemo_node *node);
int mmapdemo_device_init(struct mmapdemo_node *node, umode_t mode);
void mmapdemo_device_exit(struct mmapdemo_node *node);

#endif
