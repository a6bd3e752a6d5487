// SPDX-License-Identifier: GPL-2.0-only
#include "ops.h"

const struct op *ops[OPS_MAX];
size_t ops_count;

static void add(const struct op *part, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ops[ops_count++] = &part[i];
}

void ops_init(void)
{
	add(ops_memory, ops_memory_count);
	add(ops_file, ops_file_count);
	add(ops_kernel, ops_kernel_count);
}
