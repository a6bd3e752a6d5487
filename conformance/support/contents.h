/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel fills with and how it sums up, once more in userspace. */
#ifndef CONTENTS_H
#define CONTENTS_H

#include <stddef.h>
#include <stdint.h>

/* The pattern of MMAPDEMO_IOCTL_FILL from this offset on. */
void contents_pattern(void *to, size_t length, uint64_t offset, uint64_t seed);

/* CRC-32C of what gave `crc` (nothing: 0) with these bytes after it. */
uint32_t contents_crc(uint32_t crc, const void *from, size_t length);

#endif
