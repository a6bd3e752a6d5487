/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_TABLES_H
#define MMAPDEMO_TABLES_H

#include <linux/fs.h>

/* The operations of a debugfs file whose inode has the buffer. */
extern const struct file_operations mmapdemo_tables_fops;

#endif
