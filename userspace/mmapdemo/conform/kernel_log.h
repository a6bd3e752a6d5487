/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors of the kernel in its log. */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stdbool.h>

enum kernel_says { KERNEL_IS_CALM, KERNEL_WARNED, KERNEL_CRASHED };

/* Begins to listen. Without the right to, kernel_log_new() hears nothing. */
void kernel_log_open(void);
bool kernel_log_is_open(void);

/* The kernel's lines since the last call, from an oops or warning on; to be freed. */
char *kernel_log_new(enum kernel_says *says);

#endif
