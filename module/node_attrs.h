/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_NODE_ATTRS_H
#define MMAPDEMO_NODE_ATTRS_H

#include <linux/sysfs.h>

/* Attributes of /sys/class/mmapdemo/ itself. */
extern const struct attribute_group *mmapdemo_node_attr_groups[];

#endif
