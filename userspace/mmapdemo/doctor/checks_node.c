// SPDX-License-Identifier: GPL-2.0-only
/* From the node to a device that is open and mapped. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

#include "common/accounts.h"
#include "common/mounts.h"
#include "device/trouble.h"
#include "facts.h"
#include "support/text.h"

/* Opens the node as a program would: for writing, or else for reading. */
static struct trouble try_open(const struct device *device, int *fd)
{
	struct trouble trouble = device_trouble(device);

	*fd = -1;
	if (trouble.with)
		return trouble;
	*fd = open(device->path, O_RDWR | O_CLOEXEC);
	return *fd < 0 ? device_open_trouble(device, true, errno) : trouble;
}

static struct trouble opened(const struct device *device)
{
	int fd;
	struct trouble trouble = try_open(device, &fd);

	if (fd >= 0)
		close(fd);
	return trouble;
}

static void take(struct finding *finding, const struct trouble *trouble)
{
	wrong(finding, "%s", trouble->says);
	cured_by(finding, "%s", trouble->cure);
}

static void look_at_node(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	const struct trouble trouble = device_trouble(&device);
	char target[256];
	ssize_t length = readlink(patient->device, target, sizeof(target) - 1);

	target[length < 0 ? 0 : length] = '\0';
	if (sandbox_trouble().with)
		unknown(finding, "not looked at: %s", sandbox_trouble().says);
	else if (trouble.with)
		take(finding, &trouble);
	else
		fine(finding, "%s is the device %s, %u:%u%s%s", patient->device, device.name,
		     major(device.number), minor(device.number),
		     length < 0 ? "" : ", by a link to ", target);
}

/* What a container has to have: the node in its /dev, and the right in its control group. */
static void look_at_container(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	const struct trouble trouble = opened(&device);
	const char *name = container_name();
	struct mount_facts mount;

	if (trouble.with == WITH_CGROUP) {
		take(finding, &trouble);
	} else if (!name) {
		fine(finding, "none that leaves a mark");
	} else if (device.error == ENOENT && fact_is_loaded(patient) &&
		   mount_of(patient->device, &mount)) {
		wrong(finding, "in a container (%s), whose %s is a %s without the node", name,
		      mount.point, mount.type);
		cured_by(finding, "start the container with --device %s", patient->device);
	} else {
		fine(finding, "in a container (%s)%s", name,
		     device.is_ours ? ", which has the node" : ", whose host loads the module");
	}
}

static void look_at_mount(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	const struct trouble trouble = opened(&device);
	struct mount_facts mount;

	if (trouble.with == WITH_MOUNT)
		take(finding, &trouble);
	else if (!mount_of(patient->device, &mount))
		unknown(finding, "/proc/self/mountinfo cannot be read, or has no mount of %s",
			patient->device);
	else if (mount.nodev && !device.error) {
		wrong(finding, "%s is mounted nodev, and no device opens there", mount.point);
		cured_by_root(finding, "mount -o remount,dev %s", mount.point);
	} else if (mount.noexec)
		fine(finding, "%s (%s); it is noexec, so mappings with PROT_EXEC are EPERM",
		     mount.point, mount.type);
	else
		fine(finding, "%s (%s)", mount.point, mount.type);
}

/* What the module's device is not asked where there is none. */
static bool is_absent(const struct device *device, struct finding *finding)
{
	if (device->is_ours)
		return false;
	unknown(finding, "not looked at: there is no device (node)");
	return true;
}

static void look_at_rights(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	const struct trouble trouble = opened(&device);
	char user[64];

	if (is_absent(&device, finding))
		return;
	if (trouble.with == WITH_RIGHTS)
		take(finding, &trouble);
	else if (trouble.with)
		fine(finding, "its mode %04o is not what refuses the user %s",
		     (unsigned int)device.mode & 07777, user_word(geteuid(), user));
	else
		fine(finding, "its mode is %04o, and the user %s may read and write it",
		     (unsigned int)device.mode & 07777, user_word(geteuid(), user));
}

/* A call on the open device that a sandbox may refuse. */
static struct trouble try_calls(const struct device *device, int fd)
{
	struct mmapdemo_info info = {.size = sizeof(info)};
	struct trouble trouble = {};
	void *map;

	if (ioctl(fd, MMAPDEMO_IOCTL_INFO, &info))
		trouble = device_call_trouble(device, "ioctl()", errno);
	if (trouble.with)
		return trouble;
	map = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return device_call_trouble(device, "mmap()", errno);
	munmap(map, sysconf(_SC_PAGESIZE));
	return trouble;
}

static struct trouble sandboxed(const struct device *device)
{
	int fd;
	struct trouble trouble = try_open(device, &fd);

	if (fd >= 0) {
		trouble = try_calls(device, fd);
		close(fd);
	}
	return trouble;
}

static void look_at_sandbox(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	struct trouble trouble = sandbox_trouble();
	uint64_t seccomp = 0;

	if (!trouble.with) {
		if (is_absent(&device, finding))
			return;
		trouble = sandboxed(&device);
	}
	status_number("Seccomp:", 10, &seccomp);
	if (trouble.with == WITH_LANDLOCK || trouble.with == WITH_SECCOMP)
		take(finding, &trouble);
	else if (trouble.with)
		unknown(finding, "not looked at: the device cannot be opened (%s)", trouble.says);
	else
		fine(finding, "%s",
		     seccomp ? "a seccomp filter, which allows what the device needs"
			     : "none refuses open(), ioctl() or mmap()");
}

/* A denial that an audit record tells of, with the command that allows it. */
static void look_for_denials(const struct patient *patient, const char *word, const char *name,
			     const char *command, struct finding *finding)
{
	char line[200];

	if (!fact_last_line(patient, word, "mmapdemo", line)) {
		unknown(finding,
			"%s is enforcing, and neither /dev/kmsg nor the audit log can be "
			"read: root may read them",
			name);
	} else if (*line) {
		wrong(finding, "%s denied something: %s", name, line);
		cured_by_root(finding, "%s", command);
	} else {
		fine(finding, "in use; no denial of mmapdemo is logged");
	}
}

static void look_at_selinux(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	struct trouble trouble = {};
	char line[16];

	if (!fact_line(patient, "/sys/fs/selinux/enforce", line, sizeof(line))) {
		fine(finding, "not in use");
		return;
	}
	if (*line != '1') {
		fine(finding, "permissive: it denies nothing");
		return;
	}
	if (!*patient->root)
		trouble = sandboxed(&device);
	if (trouble.with == WITH_SELINUX)
		take(finding, &trouble);
	else
		look_for_denials(patient, "avc:  denied", "SELinux",
				 "ausearch -m avc --raw | audit2allow -M mmapdemo && semodule -i "
				 "mmapdemo.pp",
				 finding);
}

static void look_at_apparmor(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	struct trouble trouble = {};
	char line[256];

	if (!fact_line(patient, "/sys/module/apparmor/parameters/enabled", line, sizeof(line)) ||
	    *line != 'Y') {
		fine(finding, "not in use");
		return;
	}
	if (!*patient->root)
		trouble = sandboxed(&device);
	fact_line(patient, "/proc/self/attr/apparmor/current", line, sizeof(line));
	if (trouble.with == WITH_APPARMOR)
		take(finding, &trouble);
	else if (!trouble.with && !*patient->root)
		fine(finding, "this process is %s", *line ? line : "not told of");
	else
		look_for_denials(patient, "apparmor=\"DENIED\"", "AppArmor", "aa-logprof", finding);
}

static void look_at_use(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	struct mmapdemo_info info = {.size = sizeof(info)};
	struct trouble trouble;
	int fd;

	if (is_absent(&device, finding))
		return;
	trouble = try_open(&device, &fd);
	if (fd >= 0)
		trouble = try_calls(&device, fd);
	/* Another line has the cure of what has a name. */
	if (trouble.with == WITH_SOMETHING) {
		take(finding, &trouble);
	} else if (trouble.with) {
		unknown(finding, "not looked at: %s", trouble.says);
	} else if (ioctl(fd, MMAPDEMO_IOCTL_INFO, &info)) {
		wrong(finding, "it opens, and INFO fails: %s", strerror(errno));
		cured_by_root(finding, "modprobe -r mmapdemo && modprobe mmapdemo");
	} else {
		fine(finding, "it opens, answers and maps; strategy %s, %llu bytes", info.strategy,
		     (unsigned long long)info.bytes);
	}
	if (fd >= 0)
		close(fd);
}

const struct check node_checks[] = {
	{"container", look_at_container, true},
	{"node", look_at_node, true},
	{"mount", look_at_mount, true},
	{"rights", look_at_rights, true},
	{"sandbox", look_at_sandbox, true},
	{"selinux", look_at_selinux, false},
	{"apparmor", look_at_apparmor, false},
	{"use", look_at_use, true},
	{},
};
