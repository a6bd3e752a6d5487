/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts that operations have in common. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "bytes.h"

#define LONGEST 20000 /* bytes of an operation */

/* A part of the slice. */
struct part {
	size_t at, length;
};

void make_bytes(struct slice *slice, unsigned char *bytes, size_t length);
void do_pread(struct slice *slice, struct part part);

/*** mappings.c: operations with a mapping of their own */

void do_fresh_load(struct slice *slice, struct part part);
void do_fork(struct slice *slice, struct part part);

#endif
