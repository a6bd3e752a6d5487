/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a path is no device of this module, or cannot be opened, and what cures that. All commands
 * say it in these words.
 */
#ifndef TROUBLE_H
#define TROUBLE_H

#include "device.h"

/* The cause of the trouble. */
enum trouble_with {
	NO_TROUBLE,
	WITH_NODE,
	WITH_MOUNT,
	WITH_RIGHTS,
	WITH_CGROUP,
	WITH_SECCOMP,
	WITH_LANDLOCK,
	WITH_SELINUX,
	WITH_APPARMOR,
	WITH_SOMETHING,
};

struct trouble {
	enum trouble_with with;
	char says[320];
	char cure[400];	 /* a command that a shell takes as it is, or empty */
	bool wants_root; /* the cure does */
	char hint[240];	 /* what the user must know or do besides the command, or empty */
};

/* In one line: what it says, cure and hint, as far as there are any. */
const char *trouble_line(const struct trouble *trouble, char line[1024]);

/* The trouble with the file that the path names, without opening it. */
struct trouble device_trouble(const struct device *device);

/* The trouble with open(), which failed for that errno. */
struct trouble device_open_trouble(const struct device *device, bool for_writing, int error);

/* The same for ioctl() or mmap() of a device that could be opened; NO_TROUBLE: no sandbox. */
struct trouble device_call_trouble(const struct device *device, const char *call, int error);

/* How what contains the process is given the device: the cure and the hint of the trouble. */
void trouble_hand_in(const char *path, struct trouble *trouble);

/* The SELinux context of this process; false: it has none. */
bool selinux_label(char label[256]);

/* The trouble with a sandbox that lets nothing be opened. */
struct trouble sandbox_trouble(void);

#endif
