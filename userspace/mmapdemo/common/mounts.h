/* SPDX-License-Identifier: GPL-2.0-only */
/* The mount of a path, and facts about this process from /proc. */
#ifndef MOUNTS_H
#define MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct mount_facts {
	char point[256]; /* where it is mounted */
	char type[32];	 /* of file system */
	bool nodev, noexec;
};

/* False if it cannot be told. A last part that is not there counts as if it were. */
bool mount_of(const char *path, struct mount_facts *facts);

/* The number behind a name such as "CapEff:" in /proc/self/status; false if there is none. */
bool status_number(const char *name, int base, uint64_t *number);

/*
 * Is this a user namespace? Its users and groups differ from the machine's, and capabilities count
 * only inside.
 */
bool in_user_namespace(void);

/* The container of this process, such as "docker"; NULL if none leaves a mark. */
const char *container_name(void);

#endif
