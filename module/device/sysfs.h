/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_SYSFS_H
#define MMAPDEMO_SYSFS_H

#include <linux/sysfs.h>

extern const struct attribute_group *mmapdemo_sysfs_groups[];

#endif
