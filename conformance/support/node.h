/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NODE_H
#define NODE_H

#include <stdbool.h>
#include <sys/types.h>

/* Does the module serve this character device? Then `name` is the module's name for it. */
bool node_is_ours(dev_t device, char name[64]);

#endif
