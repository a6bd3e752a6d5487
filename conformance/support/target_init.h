/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds or makes the target that a person named. All say why, and exit with status 2. */
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

/* Ends the program for errno, and says what helps. */
_Noreturn void refuse_to_open(const char *path);

/* A regular file whose size may change. A BAR in sysfs is a regular file, and has one size. */
bool target_is_file(mode_t mode, const char *path);

/* size: 0, or of what is made, or of what does not say how large it is. Writes nothing. */
void target_init(const char *spec, off_t size);
/* The same in two steps: what is too small for rows is found as well. */
void target_find(const char *spec, off_t size);
void target_check_size(void);

/* Finds out by writing to it whether it reads, writes and keeps what is written. */
void target_probe(void);

#endif
