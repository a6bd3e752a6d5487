/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_CREATE_H
#define MMAPDEMO_CREATE_H

struct mmapdemo_buffer;
struct mmapdemo_create;

int mmapdemo_create_fd(struct mmapdemo_buffer *device, const struct mmapdemo_create *create);

#endif
