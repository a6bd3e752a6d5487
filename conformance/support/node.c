// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "node.h"

/* The module chooses the names of its devices, whatever the path of their nodes. */
bool node_is_ours(dev_t device, char name[64])
{
	char path[64], link[256], line[256];
	bool ours = false;
	ssize_t length;
	FILE *uevent;

	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/subsystem", major(device), minor(device));
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0 || access("/sys/module/mmapdemo", F_OK))
		return false;
	link[length] = '\0';
	if (strcmp(basename(link), "mmapdemo"))
		return false;

	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/uevent", major(device), minor(device));
	uevent = fopen(path, "re");
	while (uevent && !ours && fgets(line, sizeof(line), uevent))
		ours = sscanf(line, "DEVNAME=%63s", name) == 1 &&
		       !strncmp(name, "mmapdemo", strlen("mmapdemo"));
	if (uevent)
		fclose(uevent);
	return ours;
}
