/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which device a path names. The device number decides, not the path: the path may be
 * a symbolic link, or a node that somebody made with mknod(1).
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <sys/types.h>

struct device {
	const char *path; /* as the caller gave it */
	char name[64];	  /* in sysfs, debugfs and tracepoints; the path's last part if error */
	bool is_ours;	  /* this module's driver serves it */
	int error;	  /* errno of stat(): the path names nothing */
	mode_t mode;
	dev_t number;
};

struct device device_find(const char *path);

/* The kind of file that the path names instead of a device of this module: "a regular file". */
const char *device_kind(const struct device *device);

#endif
