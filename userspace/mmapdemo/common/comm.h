/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMM_H
#define COMM_H

#include <stdbool.h>

/* Some of the kernel's own threads have longer names than the 15 bytes of a program's. */
#define COMM_SIZE 32

/* The name of a process, cleaned by utf8_clean(); false, and "?", if it has ended. */
bool comm_read(int pid, char comm[COMM_SIZE]);

#endif
