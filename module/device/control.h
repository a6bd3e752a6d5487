/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_CONTROL_H
#define MMAPDEMO_CONTROL_H

struct file;

long mmapdemo_control_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif
