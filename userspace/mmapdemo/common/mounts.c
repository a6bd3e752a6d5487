// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "mounts.h"

/* The folder that a path names something in, without symbolic links. */
static bool folder_of(const char *path, char folder[PATH_MAX])
{
	char copy[PATH_MAX], *slash;

	snprintf(copy, sizeof(copy), "%s", path);
	slash = strrchr(copy, '/');
	if (!slash)
		strcpy(copy, ".");
	else if (slash == copy)
		copy[1] = '\0';
	else
		*slash = '\0';
	return realpath(copy, folder);
}

static bool is_in(const char *path, const char *point)
{
	size_t length = strlen(point);

	return !strncmp(path, point, length) &&
	       (!path[length] || path[length] == '/' || point[length - 1] == '/');
}

/*
 * A line of mountinfo: ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [FIELD...] - TYPE SOURCE OPTIONS.
 * Of two at one place the later one is on top.
 */
static void take_line(const char *line, const char *path, struct mount_facts *facts)
{
	const char *dash = strstr(line, " - ");
	char point[256];

	if (!dash || sscanf(line, "%*s %*s %*s %*s %255s", point) != 1 || !is_in(path, point) ||
	    strlen(point) < strlen(facts->point))
		return;
	strcpy(facts->point, point);
	snprintf(facts->type, sizeof(facts->type), "%.*s", (int)strcspn(dash + 3, " "), dash + 3);
}

bool mount_of(const char *path, struct mount_facts *facts)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char real[PATH_MAX], *line = NULL;
	struct statvfs statvfs_of;
	size_t room = 0;

	*facts = (struct mount_facts){};
	/* The node itself may be a mount, as containers have it. */
	if (file && (realpath(path, real) || folder_of(path, real)))
		while (getline(&line, &room, file) >= 0)
			take_line(line, real, facts);
	free(line);
	if (file)
		fclose(file);
	if (!*facts->point || statvfs(facts->point, &statvfs_of))
		return false;
	facts->nodev = statvfs_of.f_flag & ST_NODEV;
	facts->noexec = statvfs_of.f_flag & ST_NOEXEC;
	return true;
}

bool status_number(const char *name, int base, uint64_t *number)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[512];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		found = !strncmp(line, name, strlen(name));
		if (found)
			*number = strtoull(line + strlen(name), NULL, base);
	}
	if (file)
		fclose(file);
	return found;
}

bool in_user_namespace(void)
{
	FILE *file = fopen("/proc/self/uid_map", "re");
	unsigned int first, outside, count;
	bool known = file && fscanf(file, "%u %u %u", &first, &outside, &count) == 3;

	if (file)
		fclose(file);
	return known && (first || outside || count != 4294967295U);
}

/*
 * Kernel threads are visible only in the first PID namespace: a VM made from a container's image
 * has the container's marks.
 */
static bool sees_kernel_threads(void)
{
	FILE *file = fopen("/proc/2/comm", "re");
	char name[32] = "";

	if (file) {
		if (fscanf(file, "%31s", name) != 1)
			*name = '\0';
		fclose(file);
	}
	return !strcmp(name, "kthreadd");
}

const char *container_name(void)
{
	static char name[64];
	const char *variable = getenv("container");
	FILE *file;

	if (sees_kernel_threads())
		return NULL;
	if (!access("/.dockerenv", F_OK))
		return "docker";
	if (!access("/run/.containerenv", F_OK))
		return "podman";
	file = fopen("/run/systemd/container", "re");
	if (file) {
		if (fscanf(file, "%63s", name) != 1)
			strcpy(name, "systemd");
		fclose(file);
		return name;
	}
	return variable && *variable ? variable : NULL;
}
