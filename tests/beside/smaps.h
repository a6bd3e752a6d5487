/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SMAPS_H
#define SMAPS_H

#include <stddef.h>

/*
 * Prints the figures of /proc/self/smaps for the VMAs in a range, in lines KEY.vmas, .resident,
 * .dirty, .anon, .huge, .locked and .flags.
 */
void smaps_say(const char *key, const unsigned char *at, size_t bytes);

#endif
