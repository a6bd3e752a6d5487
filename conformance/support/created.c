// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/control.h"
#include "support/target.h"
#include "created.h"

int create_on(int device, uint64_t bytes, const char *name)
{
	struct mmapdemo_create argument = {
		.size = sizeof(argument), .bytes = bytes, .name = (uintptr_t)name};
	int fd = ioctl(device, MMAPDEMO_IOCTL_CREATE, &argument);

	return fd < 0 ? -errno : fd;
}

/* The memfd's variants, too, run where there is something to compare. */
int make_named_file(const struct maker *maker, off_t bytes, const char *name)
{
	int device = control_open();
	int fd;

	if (maker->created) {
		fd = create_on(device, bytes, name);
		ck_assert_msg(fd >= 0, "CREATE: %s", strerror(-fd));
	} else {
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
		ck_assert_msg(fd >= 0, "memfd_create: %m");
		ck_assert_int_eq(ftruncate(fd, bytes), 0);
	}
	close(device);
	return fd;
}

int make_file(const struct maker *maker, off_t bytes)
{
	return make_named_file(maker, bytes, "row");
}

int add_seals(const struct maker *maker, int fd, unsigned int seals)
{
	struct mmapdemo_seal argument = {.size = sizeof(argument), .seals = seals};

	if (maker->created)
		return command(fd, MMAPDEMO_IOCTL_SEAL, &argument);
	return fcntl(fd, F_ADD_SEALS, seals) ? errno : 0;
}

unsigned int seals_of(const struct maker *maker, int fd)
{
	struct mmapdemo_seal argument = {.size = sizeof(argument)};
	int seals;

	if (maker->created) {
		assert_done(command(fd, MMAPDEMO_IOCTL_SEAL, &argument));
		return argument.seals;
	}
	seals = fcntl(fd, F_GET_SEALS);
	ck_assert_int_ge(seals, 0);
	return seals;
}

uint64_t largest_size(void)
{
	int fd = memfd_create("largest", MFD_CLOEXEC);
	uint64_t largest = INT64_MAX;

	if (ftruncate(fd, largest) != 0)
		largest = UINT32_MAX * (uint64_t)target.page;
	ck_assert_int_eq(ftruncate(fd, largest), 0);
	ck_assert_int_eq(ftruncate(fd, largest + 1), -1);
	close(fd);
	return largest;
}

off_t size_of(int fd)
{
	struct stat stat_of;

	ck_assert_int_eq(fstat(fd, &stat_of), 0);
	return stat_of.st_size;
}

off_t allocated(int fd)
{
	struct stat stat_of;

	ck_assert_int_eq(fstat(fd, &stat_of), 0);
	return (off_t)stat_of.st_blocks * 512;
}

unsigned char *map_file_(int fd, size_t len, int prot, int flags, const char *file, int line)
{
	void *map = mmap(NULL, len, prot, flags, fd, 0);

	if (map == MAP_FAILED)
		row_fail_at(file, line, "mmap", "mmap: %s", strerror(errno));
	return map;
}

int reopen(int fd, int flags)
{
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, flags | O_CLOEXEC);
	return again < 0 ? -errno : again;
}
