// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/accounts.h"
#include "common/mounts.h"
#include "support/text.h"
#include "trouble.h"

#define LOAD "modprobe mmapdemo (in a clone: make load)"

static struct trouble trouble(enum trouble_with with, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct trouble trouble(enum trouble_with with, const char *format, ...)
{
	struct trouble trouble = {.with = with};
	va_list ap;

	va_start(ap, format);
	vsnprintf(trouble.says, sizeof(trouble.says), format, ap);
	va_end(ap);
	return trouble;
}

static void cure(struct trouble *trouble, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void cure(struct trouble *trouble, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(trouble->cure, sizeof(trouble->cure), format, ap);
	va_end(ap);
}

/* For a command that only root may run. */
static const char *as_root(void)
{
	return geteuid() ? "as root: " : "";
}

/* The number and the mode that the module's node of this path's name has, if it has one. */
struct node_facts {
	unsigned int major, minor, mode;
};

static bool node_facts(const char *path, struct node_facts *facts)
{
	char uevent[320], text[256];
	const char *at;

	if (strncmp(path, "/dev/", 5))
		return false;
	snprintf(uevent, sizeof(uevent), "/sys/class/mmapdemo/%s/uevent", path + 5);
	if (read_text(uevent, text, sizeof(text)) ||
	    sscanf(text, "MAJOR=%u MINOR=%u", &facts->major, &facts->minor) != 2)
		return false;
	at = strstr(text, "DEVMODE=");
	facts->mode = at ? strtoul(at + 8, NULL, 8) : 0600;
	return true;
}

static bool is_loaded(void)
{
	return !access("/sys/module/mmapdemo", F_OK);
}

/* The command that adds the right to use the device to what contains the process. */
static void hand_in(const struct device *device, char text[320])
{
	char cgroup[512], unit[64] = "";
	const char *end;

	if (container_name()) {
		snprintf(text, 320, "start the container with --device %s", device->path);
		return;
	}
	if (!read_text("/proc/self/cgroup", cgroup, sizeof(cgroup))) {
		end = strstr(cgroup, ".service");
		if (end) {
			const char *begin = end;

			while (begin > cgroup && begin[-1] != '/')
				begin--;
			snprintf(unit, sizeof(unit), "%.*s", (int)(end - begin) + 8, begin);
		}
	}
	snprintf(text, 320, "systemctl set-property %s DeviceAllow=\"%s rw\"",
		 *unit ? unit : "UNIT", device->path);
}

/* How the node comes back; `first' makes room for it. */
static void cure_node(struct trouble *of, const char *path, const char *first)
{
	struct node_facts facts;

	if (node_facts(path, &facts))
		cure(of, "%s%s%smknod -m %04o %s c %u %u", as_root(), first, *first ? " && " : "",
		     facts.mode, path, facts.major, facts.minor);
	else if (!strncmp(path, "/dev/mmapdemo", 13) && *first)
		cure(of, "%s%s", as_root(), first);
	else
		cure(of, "name a device of the module (mmapdemo list)");
}

static struct trouble nothing_there(const struct device *device)
{
	struct device named = *device;
	struct node_facts facts;
	struct trouble of;
	struct stat link;
	char remove[280];

	if (!lstat(device->path, &link)) {
		of = trouble(WITH_NODE, "a symbolic link that leads to nothing");
		snprintf(remove, sizeof(remove), "rm %s", device->path);
		cure_node(&of, device->path, remove);
		return of;
	}
	if (node_facts(device->path, &facts)) {
		of = trouble(WITH_NODE, "the module is loaded, and its node is not here");
		cure_node(&of, device->path, "");
		if (container_name())
			hand_in(&named, of.cure);
		return of;
	}
	if (is_loaded()) {
		of = trouble(WITH_NODE, "the module is loaded, and has no device of that name");
		cure(&of, "name a device of the module (mmapdemo list)");
		return of;
	}
	of = trouble(WITH_NODE, "there is none: load the module");
	cure(&of, "%s%s" LOAD, as_root(), container_name() ? "on the host: " : "");
	return of;
}

/* A character device that is not the module's. */
static struct trouble other_device(const struct device *device)
{
	struct node_facts facts;
	struct trouble of;
	char text[280];

	if (access("/sys/dev/char", F_OK)) {
		of = trouble(WITH_NODE, "no device of this module: %s", device_kind(device));
		cure(&of, "%smount -t sysfs none /sys", as_root());
		return of;
	}
	if (node_facts(device->path, &facts)) {
		of = trouble(WITH_NODE,
			     "no device of this module: %s: it has the number %u:%u, and the "
			     "module's has %u:%u",
			     device_kind(device), major(device->number), minor(device->number),
			     facts.major, facts.minor);
		snprintf(text, sizeof(text), "rm %s", device->path);
		cure_node(&of, device->path, text);
		return of;
	}
	of = trouble(WITH_NODE, "no device of this module: %s", device_kind(device));
	snprintf(text, sizeof(text), "/sys/dev/char/%u:%u", major(device->number),
		 minor(device->number));
	if (access(text, F_OK) && !is_loaded())
		cure(&of, "%s" LOAD, as_root());
	else
		cure_node(&of, device->path, "");
	return of;
}

struct trouble device_trouble(const struct device *device)
{
	struct trouble of;
	char move[280];

	if (device->is_ours)
		return (struct trouble){};
	if (device->error == ENOENT)
		return nothing_there(device);
	if (device->error) {
		of = trouble(WITH_NODE, "%s", strerror(device->error));
		cure(&of, "%s",
		     device->error == EACCES ? "be root, or give yourself the way to it (chmod a+x)"
					     : "name a device of the module (mmapdemo list)");
		return of;
	}
	if (S_ISCHR(device->mode))
		return other_device(device);
	of = trouble(WITH_NODE, "no device of this module: %s", device_kind(device));
	/* It may be somebody's data. */
	snprintf(move, sizeof(move), "mv %s /var/tmp/", device->path);
	cure_node(&of, device->path, move);
	return of;
}

static bool has_capability(int capability)
{
	uint64_t set;

	return status_number("CapEff:", 16, &set) && set & 1ULL << capability;
}

/* Users and groups are others than those of the machine. */
static bool in_user_namespace(void)
{
	char text[128];
	unsigned int first, outside, count;

	return !read_text("/proc/self/uid_map", text, sizeof(text)) &&
	       sscanf(text, "%u %u %u", &first, &outside, &count) == 3 &&
	       (first || outside || count != 4294967295U);
}

static bool in_group(gid_t group)
{
	gid_t groups[1024];
	int count = getgroups(1024, groups);

	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return getegid() == group;
}

/* What inode_permission() makes of the mode, without what security modules add to it. */
static bool mode_allows(const struct stat *node, unsigned int wanted)
{
	unsigned int bits = node->st_mode;

	/* A node of an owner that the namespace lacks is beyond its capabilities. */
	if (!in_user_namespace() || node->st_uid != 65534) {
		if (has_capability(CAP_DAC_OVERRIDE))
			return true;
		if (wanted == 4 && has_capability(CAP_DAC_READ_SEARCH))
			return true;
	}
	if (geteuid() == node->st_uid)
		bits >>= 6;
	else if (in_group(node->st_gid))
		bits >>= 3;
	return (bits & wanted) == wanted;
}

static bool is_member(const struct group *group, const char *user)
{
	for (char **member = group ? group->gr_mem : NULL; member && *member; member++)
		if (!strcmp(*member, user))
			return true;
	return false;
}

static struct trouble no_rights(const char *path, const struct stat *node, unsigned int wanted)
{
	char user[64], owner[64], group[64];
	struct trouble of;

	user_word(geteuid(), user);
	group_word(node->st_gid, group);
	of = trouble(WITH_RIGHTS, "its mode %04o and owner %s:%s do not let the user %s %s it",
		     (unsigned int)node->st_mode & 07777, user_word(node->st_uid, owner), group,
		     user, wanted == 4 ? "read" : "write");
	if (in_user_namespace() && node->st_uid == 65534)
		cure(&of, "start the container with --group-add keep-groups, or outside of a user "
			  "namespace");
	else if (node->st_gid && (node->st_mode >> 3 & wanted) == wanted &&
		 is_member(find_group(NULL, node->st_gid), user))
		cure(&of, "newgrp %s (or log in anew)", group);
	else if (node->st_gid && (node->st_mode >> 3 & wanted) == wanted)
		cure(&of, "as root: usermod -aG %s %s (then log in anew)", group, user);
	else if (find_group("mmapdemo", 0))
		cure(&of, "as root: chgrp mmapdemo %s && chmod 0660 %s", path, path);
	else
		cure(&of, "as root: chown %s %s", user, path);
	return of;
}

/* The first line of a small file; empty if there is none. */
static const char *line_of(const char *path, char *line, size_t size)
{
	read_text(path, line, size);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* What else than the mode denies: LSMs, by what they tell of themselves. Landlock tells nothing. */
static struct trouble denied(const struct device *device)
{
	char line[256];
	struct trouble of;

	if (*line_of("/sys/fs/selinux/enforce", line, sizeof(line)) == '1') {
		of = trouble(WITH_SELINUX, "the mode allows it, but SELinux does not");
		cure(&of,
		     "%sausearch -m avc -c %s --raw | audit2allow -M mmapdemo && semodule -i "
		     "mmapdemo.pp",
		     as_root(), program_invocation_short_name);
		return of;
	}
	line_of("/proc/self/attr/apparmor/current", line, sizeof(line));
	if (strstr(line, " (enforce)")) {
		*strstr(line, " (enforce)") = '\0';
		of = trouble(WITH_APPARMOR,
			     "the mode allows it, but the AppArmor profile %s does not", line);
		cure(&of, "%saa-complain %s", as_root(), line);
		return of;
	}
	if (in_user_namespace()) {
		of = trouble(WITH_MOUNT, "no device opens on a file system that a user namespace "
					 "has mounted");
		hand_in(device, of.cure);
		return of;
	}
	of = trouble(WITH_LANDLOCK,
		     "the mode allows it, but a sandbox such as Landlock's does not");
	cure(&of, "have the sandbox allow READ_FILE, WRITE_FILE and IOCTL_DEV on %s", device->path);
	return of;
}

static struct trouble filtered(const char *call)
{
	struct trouble of = trouble(WITH_SECCOMP, "a seccomp filter refuses %s", call);

	cure(&of, "%s",
	     container_name() ? "start the container with --security-opt seccomp=unconfined"
			      : "have the sandbox allow that call (systemd: SystemCallFilter=)");
	return of;
}

static bool has_filter(void)
{
	return prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER;
}

struct trouble sandbox_trouble(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == EPERM && has_filter())
		return filtered("open()");
	if (fd >= 0)
		close(fd);
	return (struct trouble){};
}

static struct trouble not_permitted(const struct device *device)
{
	struct trouble of = sandbox_trouble();

	if (of.with)
		return of;
	of = trouble(WITH_CGROUP,
		     "the control group of this container or service has no right to the device "
		     "%u:%u",
		     major(device->number), minor(device->number));
	hand_in(device, of.cure);
	return of;
}

struct trouble device_open_trouble(const struct device *device, bool for_writing, int error)
{
	unsigned int wanted = for_writing ? 6 : 4;
	struct mount_facts mount;
	struct trouble of;
	struct stat node;

	if (device->error || !S_ISCHR(device->mode) || error == ENXIO || error == ENODEV)
		return device_trouble(device);
	if (error == EPERM)
		return not_permitted(device);
	if (error != EACCES || stat(device->path, &node)) {
		of = trouble(WITH_SOMETHING, "%s", strerror(error));
		cure(&of, "%s",
		     error == EMFILE || error == ENFILE ? "ulimit -n 1024" : "mmapdemo doctor");
		return of;
	}
	if (mount_of(device->path, &mount) && mount.nodev) {
		of = trouble(WITH_MOUNT, "%s is mounted nodev, and no device opens there",
			     mount.point);
		cure(&of, "%smount -o remount,dev %s", as_root(), mount.point);
		return of;
	}
	if (!mode_allows(&node, wanted))
		return no_rights(device->path, &node, mode_allows(&node, 4) ? 2 : 4);
	return denied(device);
}

struct trouble device_call_trouble(const struct device *device, const char *call, int error)
{
	struct trouble of;

	if (error == EACCES) {
		of = denied(device);
		snprintf(of.says, sizeof(of.says), "the device is open, and a sandbox denies %s",
			 call);
		return of;
	}
	if (error == EPERM && has_filter())
		return filtered(call);
	return (struct trouble){};
}
