/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_DEVICE_H
#define MMAPDEMO_DEVICE_H

#include <linux/fs.h>

extern const struct file_operations mmapdemo_device_fops;

#endif
