/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of the kernel, as its log tells of them. */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stdbool.h>

enum kernel_says { KERNEL_IS_CALM, KERNEL_WARNED, KERNEL_CRASHED };

/* Begins to listen. Without the right to, kernel_log_new() hears nothing. */
void kernel_log_open(void);
bool kernel_log_is_open(void);

/* What the kernel logged since the last call, from a fault on: the lines, to be freed. */
char *kernel_log_new(enum kernel_says *says);

#endif
