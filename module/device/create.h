/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_CREATE_H
#define MMAPDEMO_CREATE_H

struct file;
struct mmapdemo_create;

int mmapdemo_create_fd(struct file *device, const struct mmapdemo_create *create);

#endif
