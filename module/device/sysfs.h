/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_SYSFS_H
#define MMAPDEMO_SYSFS_H

#include <linux/sysfs.h>
#include <linux/types.h>

extern const struct attribute_group *mmapdemo_sysfs_groups[];

/* For the parameter `size', too. */
int mmapdemo_sysfs_parse_bytes(const char *val, u64 *bytes);

#endif
