// SPDX-License-Identifier: GPL-2.0-only
/* Counts of page faults. */
#include "count.h"

unsigned long mmapdemo_count_sum(struct mmapdemo_buffer *buffer, enum mmapdemo_fault_kind kind)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(buffer->faults, cpu)->count[kind]);
	return sum;
}
