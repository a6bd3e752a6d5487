/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's fill pattern and checksum, implemented again in userspace. */
#ifndef CONTENTS_H
#define CONTENTS_H

#include <stddef.h>
#include <stdint.h>

/* The pattern of MMAPDEMO_IOCTL_FILL from this offset on. */
void contents_pattern(void *to, size_t length, uint64_t offset, uint64_t seed);

/* Continues the CRC-32C `crc` (0 at the start) with these bytes. */
uint32_t contents_crc(uint32_t crc, const void *from, size_t length);

#endif
