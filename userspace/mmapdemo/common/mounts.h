/* SPDX-License-Identifier: GPL-2.0-only */
/* The mount that a path lies in, and what is told of this process in /proc. */
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

/* Users and groups are others than those of the machine; capabilities count inside alone. */
bool in_user_namespace(void);

/* What contains this process: "docker"; NULL: nothing that leaves a mark. */
const char *container_name(void);

#endif
