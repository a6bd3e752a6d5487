/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds or makes the target that the user named. On failure each prints why, and exits with 2. */
#ifndef TARGET_INIT_H
#define TARGET_INIT_H

#include <stdbool.h>
#include <sys/types.h>

#define TARGET_SPECS                                                              \
	"  PATH      a device, or a regular file\n"                               \
	"  memfd:    a file of memfd_create()\n"                                  \
	"  shm:      a file of shm_open(), which is on tmpfs\n"                   \
	"  zero:     /dev/zero\n"                                                 \
	"  hugetlb:  a memfd of huge pages; as root, reserves them for the run\n" \
	"  anon:     MAP_ANONYMOUS memory, with no file behind it\n"

/* Ends the program for errno, and prints a remedy. */
_Noreturn void refuse_to_open(const char *path);

/* Is it a regular file whose size may change? A BAR in sysfs is regular, but its size is fixed. */
bool target_is_file(mode_t mode, const char *path);

/* size: 0, or that of a target that is made or does not report its size. Writes nothing. */
void target_init(const char *spec, off_t size);
/* The same in two steps: target_find() also finds a target that is too small for rows. */
void target_find(const char *spec, off_t size);
void target_check_size(void);

/* Writes to the target to learn whether it reads, writes and keeps its contents. */
void target_probe(void);

#endif
