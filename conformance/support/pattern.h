/* SPDX-License-Identifier: GPL-2.0-only */
/* Contents: a byte depends on the offset and the seed, so no page looks like another. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The pattern that a test finds in the target. */
#define ORIGINAL 0

/* If set, the contents are zeros: the target keeps nothing, so that it has no pattern. */
extern bool pattern_original_is_zero;

unsigned char pattern_byte(off_t off, int seed);
void pattern_fill(void *to, size_t len, off_t off, int seed);

/* The offset of the first byte that differs from the pattern, or -1. */
off_t pattern_mismatch(const void *bytes, size_t len, off_t off, int seed);

#endif
