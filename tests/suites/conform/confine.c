// SPDX-License-Identifier: GPL-2.0-only
/*
 * confine landlock PATH COMMAND...: only PATH can be opened for writing
 * confine ioctl - COMMAND...: no device answers ioctl(), as Landlock denies that since Linux 6.10
 * confine seccomp NUMBER COMMAND...: the system call of that number says EPERM
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void allow(int rules, const char *path, unsigned long access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access,
						  .parent_fd = open(path, O_PATH | O_CLOEXEC)};

	if (rule.parent_fd < 0 ||
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		err(3, "%s", path);
}

static void use_landlock(const char *path)
{
	struct landlock_ruleset_attr handled = {.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE |
								     LANDLOCK_ACCESS_FS_WRITE_FILE |
								     LANDLOCK_ACCESS_FS_EXECUTE};
	int rules = syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);

	if (rules < 0)
		err(3, "landlock_create_ruleset");
	allow(rules, "/", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE);
	allow(rules, path, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	if (syscall(SYS_landlock_restrict_self, rules, 0))
		err(3, "landlock_restrict_self");
}

#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

static void deny_ioctl(void)
{
	struct landlock_ruleset_attr handled = {.handled_access_fs = LANDLOCK_ACCESS_FS_IOCTL_DEV};
	int rules = syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);

	if (rules < 0 || syscall(SYS_landlock_restrict_self, rules, 0))
		err(3, "landlock");
}

static void use_seccomp(unsigned int call)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		err(3, "PR_SET_SECCOMP");
}

int main(int argc, char **argv)
{
	if (argc < 4 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 3;
	if (!strcmp(argv[1], "landlock"))
		use_landlock(argv[2]);
	else if (!strcmp(argv[1], "ioctl"))
		deny_ioctl();
	else
		use_seccomp(atoi(argv[2]));
	execv(argv[3], argv + 3);
	err(3, "%s", argv[3]);
}
