// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device.h"
#include "support/node.h"

struct device device_find(const char *path)
{
	struct device device = {.path = path};
	struct stat stat_of;

	snprintf(device.name, sizeof(device.name), "%s", basename(path));
	if (stat(path, &stat_of)) {
		device.error = errno;
		return device;
	}
	device.mode = stat_of.st_mode;
	if (S_ISCHR(device.mode)) {
		device.number = stat_of.st_rdev;
		device.is_ours = node_is_ours(device.number, device.name);
	}
	return device;
}

static const char *kind_of_driver(dev_t number)
{
	char path[64];

	if (access("/sys/dev/char", F_OK))
		return "sysfs would tell, but is not mounted";
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u", major(number), minor(number));
	if (access(path, F_OK))
		return "its driver is gone";
	return "another driver's device";
}

const char *device_kind(const struct device *device)
{
	switch (device->mode & S_IFMT) {
	case S_IFCHR:
		return kind_of_driver(device->number);
	case S_IFREG:
		return "a regular file";
	case S_IFDIR:
		return "a directory";
	case S_IFBLK:
		return "a block device";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	}
	return strerror(device->error);
}
