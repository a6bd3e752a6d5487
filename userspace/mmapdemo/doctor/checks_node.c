// SPDX-License-Identifier: GPL-2.0-only
/* The checks from the node to a device that opens and answers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

#include "common/accounts.h"
#include "common/mounts.h"
#include "device/trouble.h"
#include "facts.h"

/* Opens the node as a program would: for writing, or else for reading. */
static struct trouble try_open(const struct device *device, int *fd)
{
	struct trouble trouble = device_trouble(device);

	*fd = -1;
	if (trouble.with)
		return trouble;
	*fd = open(device->path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return trouble;
	trouble = device_open_trouble(device, true, errno);
	if (trouble.with == WITH_RIGHTS)
		*fd = open(device->path, O_RDONLY | O_CLOEXEC);
	return trouble;
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
	finding->wants_root = trouble->wants_root;
	hint(finding, "%s", trouble->hint);
}

static void look_at_node(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	const struct trouble trouble = device_trouble(&device);
	char target[256];
	ssize_t length = readlink(patient->device, target, sizeof(target) - 1);

	target[length < 0 ? 0 : length] = '\0';
	if (sandbox_trouble().with)
		unknown(finding, "not checked: %s", sandbox_trouble().says);
	else if (trouble.with)
		take(finding, &trouble);
	else
		fine(finding, "%s is the device %s, %u:%u%s%s", patient->device, device.name,
		     major(device.number), minor(device.number),
		     length < 0 ? "" : ", by a link to ", target);
}

/* A container needs the node in its /dev, and the right in its control group. */
static void look_at_container(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	struct trouble trouble = opened(&device);
	const char *name = container_name();
	struct mount_facts mount;

	if (trouble.with == WITH_CGROUP) {
		take(finding, &trouble);
	} else if (!name) {
		fine(finding, "no container was detected");
	} else if (device.error == ENOENT && fact_is_loaded(patient) &&
		   mount_of(patient->device, &mount)) {
		wrong(finding, "in a container (%s), whose %s is a %s without the node", name,
		      mount.point, mount.type);
		trouble_hand_in(patient->device, &trouble);
		cured_by(finding, "%s", trouble.cure);
		hint(finding, "%s", trouble.hint);
	} else {
		fine(finding, "in a container (%s)%s", name,
		     device.is_ours ? ", which has the node"
				    : "; only the host can load the module");
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

/* Without a device of the module there is nothing to check. */
static bool is_absent(const struct device *device, struct finding *finding)
{
	if (device->is_ours)
		return false;
	unknown(finding, "not checked: there is no device of the module");
	return true;
}

static void look_at_rights(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	unsigned int mode = device.mode & 07777;
	struct trouble trouble;
	char user[64];
	int fd;

	if (is_absent(&device, finding))
		return;
	trouble = try_open(&device, &fd);
	user_word(geteuid(), user);
	if (trouble.with == WITH_RIGHTS) {
		take(finding, &trouble);
		/* It can be opened for reading, which may be intended. */
		if (fd >= 0)
			finding->state = NOTE;
	} else if (trouble.with) {
		fine(finding, "its mode %04o does not refuse the user %s", mode, user);
	} else {
		fine(finding, "its mode is %04o, and the user %s may read and write it", mode,
		     user);
	}
	if (fd >= 0)
		close(fd);
}

/*
 * Opens the device and calls INFO, as a program would. It does not map the device, because its
 * munmap() may be the last one, which triggers the wipe policy and wakes waiters for LAST_CLOSED.
 */
static struct trouble try_calls(const struct device *device, struct mmapdemo_info *info)
{
	int fd, error = 0;
	struct trouble trouble = try_open(device, &fd);

	if (fd < 0)
		return trouble;
	*info = (struct mmapdemo_info){.size = sizeof(*info)};
	if (ioctl(fd, MMAPDEMO_IOCTL_INFO, info))
		error = errno;
	close(fd);
	if (!error)
		return (struct trouble){};
	trouble = device_call_trouble(device, "ioctl()", error);
	if (!trouble.with) {
		trouble.with = WITH_SOMETHING;
		snprintf(trouble.says, sizeof(trouble.says), "it opens, but INFO fails: %s",
			 strerror(error));
	}
	return trouble;
}

static void look_at_sandbox(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	struct trouble trouble = sandbox_trouble();
	struct mmapdemo_info info;
	uint64_t seccomp = 0;

	if (!trouble.with) {
		if (is_absent(&device, finding))
			return;
		trouble = try_calls(&device, &info);
	}
	status_number("Seccomp:", 10, &seccomp);
	if (trouble.with == WITH_LANDLOCK || trouble.with == WITH_SECCOMP)
		take(finding, &trouble);
	else if (trouble.with)
		unknown(finding, "not checked: the device cannot be used (%s)", trouble.says);
	else
		fine(finding, "%s",
		     seccomp ? "a seccomp filter allows open() and ioctl()"
			     : "no sandbox refuses open() or ioctl()");
}

/*
 * For another root, where no call can be tried: looks for a denial of any age, which may be over.
 * On this system the calls decide.
 */
static void look_for_denials(const struct patient *patient, const struct log_words *words,
			     const char *name, struct finding *finding)
{
	char line[200];
	int said = fact_audit_said(patient, words, line);

	if (said == -2)
		unknown(finding, "%s is in use, and no log of it can be read", name);
	else if (said == -1)
		fine(finding, "in use; no denial of mmapdemo is logged");
	else
		remark(finding, "%s once denied something: %s", name, line);
}

/* Adds the last denial to a finding that a call was denied. */
static void add_denial(const struct patient *patient, const struct log_words *words,
		       struct finding *finding)
{
	char line[200];
	size_t length = strlen(finding->says);

	if (fact_audit_said(patient, words, line) >= 0)
		snprintf(finding->says + length, sizeof(finding->says) - length,
			 "; the last denial: %s", line);
}

static void look_at_lsm(const struct patient *patient, enum trouble_with with, const char *name,
			const struct log_words *words, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	struct mmapdemo_info info;
	struct trouble trouble;

	if (*patient->root) {
		look_for_denials(patient, words, name, finding);
		return;
	}
	if (is_absent(&device, finding))
		return;
	trouble = try_calls(&device, &info);
	if (trouble.with == with) {
		take(finding, &trouble);
		add_denial(patient, words, finding);
	} else if (trouble.with) {
		unknown(finding, "not checked: the device cannot be used (%s)", trouble.says);
	} else {
		fine(finding, "in use; it allows this process open() and ioctl()");
	}
}

static void look_at_selinux(const struct patient *patient, struct finding *finding)
{
	static const struct log_words words[] = {{"avc:  denied", "mmapdemo"}, {}};
	char line[16], label[256];
	bool has_label = !*patient->root && selinux_label(label);

	/* In a container the label may exist without selinuxfs. */
	if (!fact_exists(patient, "/sys/module"))
		unknown(finding, "not checked: there is no sysfs");
	else if (!fact_line(patient, "/sys/fs/selinux/enforce", line, sizeof(line)) && !has_label)
		fine(finding, "not in use");
	else if (*line == '0')
		fine(finding, "permissive: it denies nothing");
	else
		look_at_lsm(patient, WITH_SELINUX, "SELinux", words, finding);
}

static void look_at_apparmor(const struct patient *patient, struct finding *finding)
{
	static const struct log_words words[] = {{"apparmor=\"DENIED\"", "mmapdemo"}, {}};
	char line[16];

	if (!fact_exists(patient, "/sys/module"))
		unknown(finding, "not checked: there is no sysfs");
	else if (!fact_line(patient, "/sys/module/apparmor/parameters/enabled", line,
			    sizeof(line)) ||
		 *line != 'Y')
		fine(finding, "not in use");
	else
		look_at_lsm(patient, WITH_APPARMOR, "AppArmor", words, finding);
}

static void look_at_use(const struct patient *patient, struct finding *finding)
{
	const struct device device = device_find(patient->device);
	struct mmapdemo_info info;
	struct trouble trouble;

	if (is_absent(&device, finding))
		return;
	trouble = try_calls(&device, &info);
	/* Troubles of the other kinds have lines of their own, with the cure. */
	if (trouble.with == WITH_SOMETHING)
		take(finding, &trouble);
	else if (trouble.with)
		unknown(finding, "not checked: %s", trouble.says);
	else
		fine(finding,
		     "it opens and answers; strategy %s, %llu bytes; mmap() is not tried, because "
		     "the last munmap() may wipe it",
		     info.strategy, (unsigned long long)info.bytes);
}

const struct check node_checks[] = {
	{"container", look_at_container, OF_PROCESS},
	{"node", look_at_node, OF_PROCESS},
	{"mount", look_at_mount, OF_PROCESS},
	{"rights", look_at_rights, OF_PROCESS},
	{"sandbox", look_at_sandbox, OF_PROCESS},
	{"selinux", look_at_selinux, 0},
	{"apparmor", look_at_apparmor, 0},
	{"use", look_at_use, OF_PROCESS},
	{},
};
