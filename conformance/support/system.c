// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "support/proc.h"
#include "support/row.h"
#include "support/target.h"
#include "system.h"
#include "weather.h"

/* The number that follows a word at the beginning of a line. */
static uint64_t value_of(const char *path, const char *word)
{
	uint64_t value = 0;

	ck_assert_msg(proc_number(path, word, &value), "%s: no %s", path, word);
	return value;
}

uint64_t vmstat(const char *name)
{
	return value_of("/proc/vmstat", name);
}

size_t status_kb(const char *field)
{
	return value_of("/proc/self/status", field);
}

void after_test(void (*undo)(const void *), const void *what)
{
	int alive[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(alive), 0);
	pid = fork();
	/* It asserts nothing, because Check records assertions, perhaps after the test's end. */
	if (pid) {
		ck_assert_msg(pid > 0, "fork: %s", strerror(errno));
		setpgid(pid, pid);
		close(alive[0]);
		return;
	}
	dup2(alive[0], STDIN_FILENO);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	undo(what);
	_exit(0);
}

struct setting {
	const char *path;
	char value[512];
};

static void put_back(const void *what)
{
	const struct setting *setting = what;

	write_text(setting->path, setting->value);
}

void set_for_test(const char *path, const char *value)
{
	struct setting setting = {.path = path};
	int error = read_text(path, setting.value, sizeof(setting.value));

	needs_system();
	if (!error) {
		after_test(put_back, &setting);
		error = write_text(path, value);
	}
	if (error == ENOENT || error == EACCES || error == EPERM || error == EROFS)
		row_not_applicable("cannot set %s: %s", path, strerror(error));
	ck_assert_msg(!error, "%s: %s", path, strerror(error));
}

void limit_locked_memory(size_t bytes)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	struct rlimit limit = {bytes, bytes};

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	data[CAP_IPC_LOCK / 32].effective &= ~(1U << CAP_IPC_LOCK % 32);
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}

bool kernel_before(int version, int patch)
{
	int its_version = 0, its_patch = 0;
	struct utsname kernel;

	uname(&kernel);
	sscanf(kernel.release, "%d.%d", &its_version, &its_patch);
	return its_version < version || (its_version == version && its_patch < patch);
}

bool kernel_of_32_bits(void)
{
	struct utsname kernel;

	uname(&kernel);
	return sizeof(long) == 4 && !strstr(kernel.machine, "64");
}

size_t huge_page_size(void)
{
	char text[32];

	if (read_text("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", text, sizeof(text)))
		row_not_applicable("this kernel has no transparent huge pages");
	return strtoul(text, NULL, 10);
}

bool is_untouched(off_t off, size_t len)
{
	int fd = target_open(O_RDONLY);
	off_t data = lseek(fd, off, SEEK_DATA);
	bool untouched = (data < 0 && errno == ENXIO) || data >= (off_t)(off + len);

	close(fd);
	return untouched;
}

off_t find_untouched(size_t count)
{
	int fd = target_open(O_RDONLY);
	off_t found = -1, hole, data = pages(TEST_PAGES - 1);

	/* The last pages, because others use the target from its start. */
	while (data < target.size) {
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0 || hole >= target.size)
			break;
		data = lseek(fd, hole, SEEK_DATA);
		if (data < 0)
			data = target.size;
		ck_assert_msg(data > hole,
			      "offset %#jx is both a hole and data (SEEK_HOLE, "
			      "SEEK_DATA)",
			      (intmax_t)hole);
		if (data - hole >= (off_t)pages(count))
			found = data - pages(count);
	}
	close(fd);
	if (found < 0)
		row_not_applicable("the target has no hole of %zu pages (SEEK_HOLE): larger, or "
				   "made anew, it would",
				   count);
	return found;
}

#define CGROUPS "/sys/fs/cgroup"
#define CONTROL CGROUPS "/cgroup.subtree_control"

static void remove_group(const void *what)
{
	const struct cgroup *group = what;

	/* Its processes are being killed, which takes a moment. */
	insist(rmdir(group->path) ? errno : 0, error_ == EBUSY);
}

void cgroup_make(struct cgroup *group)
{
	static int number;
	char controllers[256];
	int error;

	needs_system();
	/* It stays enabled, because the next test may already rely on it. */
	error = read_text(CONTROL, controllers, sizeof(controllers));
	if (!error && !strstr(controllers, "memory"))
		error = write_text(CONTROL, "+memory");
	snprintf(group->path, sizeof(group->path), CGROUPS "/mmapdemo-%d-%d", getpid(), number++);
	if (!error) {
		after_test(remove_group, group);
		error = mkdir(group->path, 0755) ? errno : 0;
	}
	if (error)
		row_not_applicable("no memory control groups (v2) to be had in " CGROUPS ": %s",
				   strerror(error));
}

static void cgroup_write(const struct cgroup *group, const char *file, uint64_t value)
{
	char path[256], text[32];
	int error;

	snprintf(path, sizeof(path), "%s/%s", group->path, file);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	error = write_text(path, text);
	ck_assert_msg(!error, "%s: %s", path, strerror(error));
}

void cgroup_enter(const struct cgroup *group)
{
	cgroup_write(group, "cgroup.procs", getpid());
}

void cgroup_limit(const struct cgroup *group, size_t bytes)
{
	cgroup_write(group, "memory.max", bytes);
}

uint64_t cgroup_charged(const struct cgroup *group)
{
	char path[256], text[32];
	int error;

	snprintf(path, sizeof(path), "%s/memory.current", group->path);
	error = read_text(path, text, sizeof(text));
	ck_assert_msg(!error, "%s: %s", path, strerror(error));
	return strtoull(text, NULL, 10);
}

uint64_t cgroup_value(const struct cgroup *group, const char *file, const char *key)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", group->path, file);
	return value_of(path, key);
}
