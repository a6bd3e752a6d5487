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

/* The user who must run a cure. */
enum who { ANYBODY, ROOT };

static void cure(struct trouble *trouble, enum who who, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void cure(struct trouble *trouble, enum who who, const char *format, ...)
{
	va_list ap;

	trouble->wants_root = who == ROOT;
	va_start(ap, format);
	vsnprintf(trouble->cure, sizeof(trouble->cure), format, ap);
	va_end(ap);
}

static void hint(struct trouble *trouble, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void hint(struct trouble *trouble, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(trouble->hint, sizeof(trouble->hint), format, ap);
	va_end(ap);
}

const char *trouble_line(const struct trouble *trouble, char line[1024])
{
	const bool has_both = *trouble->cure && *trouble->hint;

	snprintf(line, 1024, "%s%s%s%s%s%s%s", trouble->says,
		 *trouble->cure || *trouble->hint ? ": " : "",
		 *trouble->cure && trouble->wants_root && geteuid() ? "as root: " : "",
		 trouble->cure, has_both ? " (" : "", trouble->hint, has_both ? ")" : "");
	return line;
}

/* The number and the mode of the module's node with this path's name, if there is one. */
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

/* The process's systemd unit; false: none, or one of a user's systemd. */
static bool own_unit(char unit[64])
{
	char cgroup[512], *end, *begin;

	if (read_text("/proc/self/cgroup", cgroup, sizeof(cgroup)))
		return false;
	cgroup[strcspn(cgroup, "\n")] = '\0';
	end = strstr(cgroup, ".service");
	if (!end || strstr(cgroup, "/user@"))
		return false;
	for (char *next = end; (next = strstr(next + 1, ".service"));)
		end = next;
	for (begin = end; begin > cgroup && begin[-1] != '/';)
		begin--;
	snprintf(unit, 64, "%.*s", (int)(end - begin) + 8, begin);
	return true;
}

void trouble_hand_in(const char *path, struct trouble *of)
{
	const char *container = container_name();
	char unit[64];

	*of->cure = *of->hint = '\0';
	if (container && (!strcmp(container, "docker") || !strcmp(container, "podman")))
		hint(of, "start the container with --device %s", path);
	else if (container && !strcmp(container, "systemd-nspawn"))
		hint(of, "start the container with --bind=%s and --property=DeviceAllow='%s rw'",
		     path, path);
	else if (container)
		hint(of,
		     "give the container the node %s, and allow it in the container's control "
		     "group",
		     path);
	else if (own_unit(unit))
		cure(of, ROOT, "systemctl set-property --runtime %s DeviceAllow='%s rw'", unit,
		     path);
	else
		hint(of, "give the control group the right to %s (systemd: DeviceAllow=)", path);
}

static bool has_udev(void)
{
	return !access("/usr/bin/udevadm", X_OK) || !access("/bin/udevadm", X_OK);
}

/*
 * How to make the node again; `first' makes room for it. Reloading the module would lose the
 * device's contents, so that mknod has to do.
 */
static void cure_node(struct trouble *of, const char *path, const char *first)
{
	const char *then = *first ? " && " : "";
	struct node_facts facts;

	if (!node_facts(path, &facts)) {
		if (!strncmp(path, "/dev/mmapdemo", 13) && *first)
			cure(of, ROOT, "%s", first);
		else
			hint(of, "name a device of the module (mmapdemo list)");
		return;
	}
	if (has_udev())
		cure(of, ROOT,
		     "%s%smknod -m %04o %s c %u %u && udevadm trigger -c add "
		     "/sys/class/mmapdemo/%s",
		     first, then, facts.mode, path, facts.major, facts.minor, path + 5);
	else
		cure(of, ROOT, "%s%smknod -m %04o %s c %u %u", first, then, facts.mode, path,
		     facts.major, facts.minor);
	hint(of, "such a node stays when the module goes: rm %s then", path);
}

static bool can_load_modules(void)
{
	char line[8];

	if (!access("/proc/self", F_OK) && access("/proc/modules", F_OK))
		return false;
	return read_text("/proc/sys/kernel/modules_disabled", line, sizeof(line)) || *line != '1';
}

static void cure_absence(struct trouble *of)
{
	if (!can_load_modules())
		hint(of, "this kernel cannot load modules");
	else if (container_name()) {
		hint(of, "on the host, as root: modprobe mmapdemo");
	} else {
		cure(of, ROOT, "modprobe mmapdemo");
		hint(of, "in a clone: make load");
	}
}

static struct trouble nothing_there(const struct device *device)
{
	struct node_facts facts;
	struct trouble of;
	struct stat link;
	char remove[280];

	if (!lstat(device->path, &link)) {
		if (!is_loaded()) {
			of = trouble(WITH_NODE, "a symbolic link that leads to nothing: the module "
						"is not loaded");
			cure_absence(&of);
			return of;
		}
		of = trouble(WITH_NODE, "a symbolic link that leads to nothing");
		snprintf(remove, sizeof(remove), "rm %s", device->path);
		cure_node(&of, device->path, remove);
		return of;
	}
	if (node_facts(device->path, &facts)) {
		of = trouble(WITH_NODE, "the module is loaded, and its node is not here");
		if (container_name())
			trouble_hand_in(device->path, &of);
		else
			cure_node(&of, device->path, "");
		return of;
	}
	if (is_loaded()) {
		of = trouble(WITH_NODE, "the module is loaded, and has no device of that name");
		hint(&of, "name a device of the module (mmapdemo list)");
		return of;
	}
	of = trouble(WITH_NODE, "%s does not exist: the module is not loaded", device->path);
	cure_absence(&of);
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
		cure(&of, ROOT, "mount -t sysfs none /sys");
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
		cure_absence(&of);
	else
		cure_node(&of, device->path, "");
	return of;
}

struct trouble device_trouble(const struct device *device)
{
	struct trouble of;
	char move[320];

	if (device->is_ours)
		return (struct trouble){};
	if (device->error == ENOENT)
		return nothing_there(device);
	if (device->error) {
		of = trouble(WITH_NODE, "%s", strerror(device->error));
		hint(&of, "%s",
		     device->error == EACCES ? "this user may not search a folder of the path (x)"
					     : "name a device of the module (mmapdemo list)");
		return of;
	}
	if (S_ISCHR(device->mode))
		return other_device(device);
	of = trouble(WITH_NODE, "no device of this module: %s", device_kind(device));
	/* The file may be somebody's data, and so may be a file that was moved before. */
	snprintf(move, sizeof(move), "mv %s \"$(mktemp -d /var/tmp/mmapdemo.XXXXXX)\"",
		 device->path);
	cure_node(&of, device->path, move);
	return of;
}

static bool has_capability(int capability)
{
	uint64_t set;

	return status_number("CapEff:", 16, &set) && set & 1ULL << capability;
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

/* The answer of inode_permission() for the mode, without the security modules. */
static bool mode_allows(const struct stat *node, unsigned int wanted)
{
	unsigned int bits = node->st_mode;

	/* Capabilities do not extend to a node whose owner the user namespace does not map. */
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

/* Membership of an account that several programs share would give the device to all of them. */
static bool is_shared_account(const char *user)
{
	return !find_user(user, 0) || !strcmp(user, "nobody");
}

static void cure_membership(struct trouble *of, const char *group, const char *user)
{
	if (is_member(find_group(group, 0), user)) {
		cure(of, ANYBODY, "newgrp %s", group);
		hint(of, "or log in anew");
	} else if (is_shared_account(user)) {
		hint(of, "run it as a user who is a member of the group %s", group);
	} else {
		cure(of, ROOT, "usermod -aG %s %s", group, user);
		hint(of, "then log in anew");
	}
}

/* As in the udev rule. A node that a user owns would be open to all programs of that user. */
static void cure_group(struct trouble *of, const char *path, const char *user)
{
	bool has_group = find_group("mmapdemo", 0);

	cure(of, ROOT, "%schgrp mmapdemo %s && chmod 0660 %s",
	     has_group ? "" : "groupadd -r mmapdemo && ", path, path);
	hint(of,
	     "then join the group%s%s; the udev rule of the packages and of `make install' sets "
	     "the "
	     "group at each load",
	     is_shared_account(user) ? "" : ": usermod -aG mmapdemo ",
	     is_shared_account(user) ? "" : user);
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
		hint(&of, "start the container with --group-add keep-groups, or outside of a user "
			  "namespace");
	else if (node->st_gid && (node->st_mode >> 3 & wanted) == wanted)
		cure_membership(&of, group, user);
	else
		cure_group(&of, path, user);
	return of;
}

/* The first line of a small file; empty if there is none. */
static const char *line_of(const char *path, char *line, size_t size)
{
	read_text(path, line, size);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

bool selinux_label(char label[256])
{
	const char *second;

	/* USER:ROLE:TYPE[:LEVEL]; AppArmor has "PROFILE (MODE)" or "unconfined" there. */
	line_of("/proc/self/attr/current", label, 256);
	second = *label == ':' || strchr(label, ' ') ? NULL : strchr(label, ':');
	return second && strchr(second + 1, ':');
}

static struct trouble denied_by_selinux(const struct device *device, const char *label)
{
	struct trouble of =
		trouble(WITH_SELINUX,
			"the mode allows it, but SELinux may deny it (this process is %s)", label);

	if (container_name()) {
		hint(&of, "on the host, as root: setsebool -P container_use_devices 1");
		return of;
	}
	cure(&of, ROOT, "restorecon -v %s", device->path);
	return of;
}

/* The mode allows it, so that an LSM denies it. All but Landlock can be seen in /proc. */
static struct trouble denied(const struct device *device)
{
	char line[256], enforce[16];
	struct trouble of;

	line_of("/proc/self/attr/apparmor/current", line, sizeof(line));
	if (strstr(line, " (enforce)")) {
		*strstr(line, " (enforce)") = '\0';
		of = trouble(WITH_APPARMOR,
			     "the mode allows it, but the AppArmor profile %s may deny it", line);
		hint(&of, "add `%s rw,' to the profile, and load it with apparmor_parser -r",
		     device->path);
		return of;
	}
	/* A container may not see selinuxfs. */
	if (selinux_label(line) && !strstr(line, ":unconfined_t") &&
	    *line_of("/sys/fs/selinux/enforce", enforce, sizeof(enforce)) != '0')
		return denied_by_selinux(device, line);
	if (in_user_namespace()) {
		of = trouble(WITH_MOUNT, "no device opens on a file system that a user namespace "
					 "has mounted");
		trouble_hand_in(device->path, &of);
		return of;
	}
	of = trouble(WITH_LANDLOCK,
		     "the mode allows it, but a sandbox such as Landlock's does not");
	hint(&of, "have the sandbox allow READ_FILE, WRITE_FILE and IOCTL_DEV on %s", device->path);
	return of;
}

static struct trouble filtered(const char *call)
{
	struct trouble of = trouble(WITH_SECCOMP, "a seccomp filter refuses %s", call);

	hint(&of, "%s",
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
	trouble_hand_in(device->path, &of);
	return of;
}

struct trouble device_open_trouble(const struct device *device, bool for_writing, int error)
{
	unsigned int wanted = for_writing ? 6 : 4;
	struct mount_facts mount;
	struct trouble of;
	struct stat node;

	if (!device->is_ours &&
	    (device->error || !S_ISCHR(device->mode) || error == ENXIO || error == ENODEV))
		return device_trouble(device);
	if (error == EPERM)
		return not_permitted(device);
	if (error != EACCES || stat(device->path, &node)) {
		of = trouble(WITH_SOMETHING, "%s", strerror(error));
		if (error == EMFILE)
			hint(&of, "this process has RLIMIT_NOFILE descriptors open");
		else if (error == ENFILE)
			hint(&of, "the system has fs.file-max files open");
		return of;
	}
	if (mount_of(device->path, &mount) && mount.nodev) {
		of = trouble(WITH_MOUNT, "%s is mounted nodev, and no device opens there",
			     mount.point);
		cure(&of, ROOT, "mount -o remount,dev %s", mount.point);
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
