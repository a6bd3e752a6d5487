/* SPDX-License-Identifier: GPL-2.0-only */
/* Targets that are made for the run, and removed after it. */
#ifndef TARGET_MAKE_H
#define TARGET_MAKE_H

#include <stdbool.h>
#include <sys/types.h>

#define TARGET_DEFAULT_SIZE (16 << 20)

/* False if the spec names none of them. Fills in the known members of struct target. */
bool target_make(const char *spec, off_t size);

#endif
