/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of known differences. It has a sentence for each reason, and below it the differences:
 *
 *	An ioctl does it, because the kernel refuses ftruncate() of a character device.
 *		ftruncate.*[* * ret EINVAL
 *
 * These are an operation, kernels, a fact, and what the device has there. A * in the operation, the
 * fact and the value stands for anything. Kernels are *, 6.1, 6.12- (from it on), -6.12 (up to it)
 * or 6.1-6.12.
 */
#ifndef KNOWN_H
#define KNOWN_H

#include <stdbool.h>

void known_read(const char *path);
/* Is the difference of this fact known? It counts as seen. */
bool known_difference(const char *operation, const char *fact, const char *value);
/* Does the fact concern page tables and VMAs alone? No later step depends on it. */
bool known_passive(const char *fact);
/* Is anything but the state of page tables known to differ? Then it is no step of a program. */
bool known_excludes(const char *operation);
/* Is it known to leave other VMAs? An operation that takes one VMA only differs after it. */
bool known_splits(const char *operation);
/* The next line that was not seen and concerns this kernel, or NULL; and its operation. */
const char *known_unseen(const char **operation);

/* A * stands for anything. */
bool glob_matches(const char *glob, const char *text);

#endif
