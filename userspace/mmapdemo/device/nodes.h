/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes that are made and destroyed by name: /sys/class/mmapdemo/{new_node,delete_node}. */
#ifndef NODES_H
#define NODES_H

#include "control.h"

/* Makes one with these words, WORD=VALUE; or ends the program with the reason. */
void node_make(struct control *control, const char *name, char *const *words);

#endif
