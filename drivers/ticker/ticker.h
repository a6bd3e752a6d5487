/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * A mapping of /dev/ticker has a page with struct ticker_head, and then the ring of
 * records.
 *
 * Record number N, from 0 on, is in slot N % capacity. To take it, a program
 *
 *	1. reads head, with acquire semantics, and goes on once N < head;
 *	2. copies the slot;
 *	3. after a read barrier, reads head again. If head - N >= capacity, the copy may be
 *	   overwritten: the program counts an overrun, and goes on at head - capacity + 1.
 *
 * poll() reports records that no read() of this file has reported. read() waits for such
 * records, and returns head as eight bytes.
 */
#ifndef TICKER_H
#define TICKER_H

#include <linux/types.h>

struct ticker_head {
	__u64 head; /* records written since the driver was loaded */
	__u64 capacity; /* slots of the ring */
	__u64 offset; /* of the ring in the mapping, in bytes */
};

struct ticker_record {
	__u64 number;
	__u64 time; /* CLOCK_MONOTONIC, in nanoseconds */
	__u64 check; /* ~number: a program can see that the record is whole */
};

#endif
