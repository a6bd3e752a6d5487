/* SPDX-License-Identifier: GPL-2.0-only */
/* Settings of the system, restored in reverse order, also when a signal ends the program. */
#ifndef BENCH_SETTING_H
#define BENCH_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool bench_setting_change(const char *path, const char *value);
/* Removes this file when the settings are restored. */
void bench_setting_remove(const char *path);
void bench_setting_restore(void);

/* Bytes of memory that the system uses, at rest. False: they keep changing. */
bool bench_memory_used(int64_t *bytes);

#endif
