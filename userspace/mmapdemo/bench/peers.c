// SPDX-License-Identifier: GPL-2.0-only
/* The subjects of bench: devices of the module, and other mappable memory. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mmapdemo.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/refuse.h"
#include "device/device.h"
#include "peers.h"
#include "setting.h"
#include "size.h"
#include "support/proc.h"

/* To be returned by functions that return nothing. */
#define lacking(subject, ...) ((void)refuse((subject)->reason, __VA_ARGS__))

#define THP		      "/sys/kernel/mm/transparent_hugepage/"

bool bench_is_ours(const char *path)
{
	return device_find(path).is_ours;
}

/* A device of the module says when it allocates memory: on demand, at load, or for each mapping. */
static void know_strategy(struct bench_subject *subject)
{
	struct mmapdemo_info info = {.size = sizeof(info)};

	if (!bench_is_ours(subject->path) || ioctl(subject->fd, MMAPDEMO_IOCTL_INFO, &info))
		return;
	if (!(info.features & MMAPDEMO_FEATURE_CONTENTS)) {
		subject->fresh = FRESH_MAPPING;
		subject->is_file = false;
	} else if (!(info.features & MMAPDEMO_FEATURE_RESIZE)) {
		subject->fresh = FRESH_NEVER;
	}
}

static void make_device(struct bench_subject *subject, size_t size)
{
	off_t end;

	subject->fd = open(subject->path, O_RDWR | O_CLOEXEC);
	if (subject->fd < 0)
		return lacking(subject, "open: %s", strerror(errno));
	know_strategy(subject);
	end = lseek(subject->fd, 0, SEEK_END);
	if (end > 0)
		subject->size = end;
	if (subject->size < size)
		lacking(subject, "it has no more than %zu bytes", subject->size);
}

static int create_buffer(const struct bench_subject *subject, size_t size)
{
	struct mmapdemo_create create = {.size = sizeof(create), .bytes = size};

	return ioctl(subject->fd, MMAPDEMO_IOCTL_CREATE, &create);
}

static int create_memfd(const struct bench_subject *subject, size_t size)
{
	int fd = memfd_create("mmapdemo", MFD_CLOEXEC);

	(void)subject;
	return fd < 0 || !ftruncate(fd, size) ? fd : -1;
}

/* Opens a descriptor's file again by its name in /proc. */
static void reach_by_descriptor(struct bench_subject *subject)
{
	snprintf(subject->path, sizeof(subject->path), "/proc/self/fd/%d", subject->fd);
}

static void set_size(struct bench_subject *subject, size_t size)
{
	if (ftruncate(subject->fd, size))
		lacking(subject, "ftruncate: %s", strerror(errno));
}

static void make_memfd_with(struct bench_subject *subject, size_t size, unsigned int flags)
{
	subject->fd = memfd_create("mmapdemo", flags | MFD_CLOEXEC);
	if (subject->fd < 0)
		return lacking(subject, "memfd_create: %s", strerror(errno));
	reach_by_descriptor(subject);
	set_size(subject, size);
}

static void make_memfd(struct bench_subject *subject, size_t size)
{
	make_memfd_with(subject, size, 0);
}

static void make_memfd_thp(struct bench_subject *subject, size_t size)
{
	if (!bench_setting_change(THP "shmem_enabled", "always"))
		return lacking(subject, "cannot set shmem_enabled");
	make_memfd_with(subject, size, 0);
}

/* Huge pages that are free, and reserved by no mapping. */
static size_t huge_pages_unused(void)
{
	size_t unused = meminfo("HugePages_Free"), promised = meminfo("HugePages_Rsvd");

	return unused > promised ? unused - promised : 0;
}

/* As many more as a private mapping of the usual size may copy. */
static void make_hugetlb(struct bench_subject *subject, size_t size)
{
	size_t wanted = (size + size / 2) / BENCH_HUGE + 16, unused;
	char count[24];

	if (meminfo("Hugepagesize") * KIB != BENCH_HUGE)
		return lacking(subject, "no huge pages of 2 MiB");
	/* Others may have set some aside, and use them. */
	unused = huge_pages_unused();
	if (unused < wanted) {
		snprintf(count, sizeof(count), "%zu",
			 (size_t)meminfo("HugePages_Total") + wanted - unused);
		if (!bench_setting_change("/proc/sys/vm/nr_hugepages", count))
			return lacking(subject, "cannot set nr_hugepages");
	}
	if (huge_pages_unused() < wanted)
		return lacking(subject, "no memory for %zu huge pages", wanted);
	subject->page = BENCH_HUGE;
	make_memfd_with(subject, size, MFD_HUGETLB);
}

static void make_tmpfs(struct bench_subject *subject, size_t size)
{
	snprintf(subject->path, sizeof(subject->path), "/dev/shm/mmapdemo-bench-%d", getpid());
	subject->fd = open(subject->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (subject->fd < 0)
		return lacking(subject, "%s: %s", subject->path, strerror(errno));
	bench_setting_remove(subject->path);
	set_size(subject, size);
}

static void make_zero(struct bench_subject *subject, size_t size)
{
	(void)size;
	subject->fd = open(subject->path, O_RDWR | O_CLOEXEC);
	if (subject->fd < 0)
		lacking(subject, "open: %s", strerror(errno));
}

static void make_anonymous(struct bench_subject *subject, size_t size)
{
	(void)subject;
	(void)size;
}

static void make_anonymous_thp(struct bench_subject *subject, size_t size)
{
	(void)size;
	if (access(THP "enabled", F_OK))
		lacking(subject, "this kernel has no transparent huge pages");
}

/* A DMA buffer over the pages of a memfd that cannot shrink. */
static void make_udmabuf(struct bench_subject *subject, size_t size)
{
	struct udmabuf_create create = {.flags = UDMABUF_FLAGS_CLOEXEC, .size = size};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);

	if (device < 0)
		return lacking(subject, "/dev/udmabuf: %s", strerror(errno));
	create.memfd = memfd_create("mmapdemo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if ((int)create.memfd < 0 || ftruncate(create.memfd, size) ||
	    fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		err(1, "memfd for udmabuf");
	subject->fd = ioctl(device, UDMABUF_CREATE, &create);
	subject->size = size;
	if (subject->fd < 0)
		lacking(subject, "UDMABUF_CREATE of %zu MiB: %s", size / MIB, strerror(errno));
	reach_by_descriptor(subject);
	close(create.memfd);
	close(device);
}

#define SHARED_FILE .map_flags = MAP_SHARED, .advice = -1, .is_file = true

const struct bench_subject bench_device = {
	.says = "the device itself",
	.make = make_device,
	.create = create_buffer,
	.fresh = FRESH_HOLE,
	SHARED_FILE,
};

const struct bench_subject bench_peers[] = {
	{.name = "hugetlb",
	 .says = "memfd of huge pages set aside (nr_hugepages is set, and put back)",
	 .make = make_hugetlb,
	 .fresh = FRESH_PUNCH,
	 SHARED_FILE},
	{.name = "memfd-thp",
	 .says = "memfd with shmem_enabled=always (it is set, and put back)",
	 .make = make_memfd_thp,
	 .create = create_memfd,
	 .fresh = FRESH_PUNCH,
	 SHARED_FILE},
	{.name = "memfd",
	 .says = "memfd, as the system is set",
	 .make = make_memfd,
	 .create = create_memfd,
	 .fresh = FRESH_PUNCH,
	 SHARED_FILE},
	{.name = "tmpfs",
	 .says = "a file in /dev/shm",
	 .make = make_tmpfs,
	 .fresh = FRESH_PUNCH,
	 SHARED_FILE},
	{.name = "udmabuf",
	 .says = "a DMA buffer over the pages of a memfd",
	 .make = make_udmabuf,
	 .fresh = FRESH_NEVER,
	 .map_flags = MAP_SHARED,
	 .advice = -1},
	{.name = "zero",
	 .says = "/dev/zero, mapped shared",
	 .make = make_zero,
	 .path = "/dev/zero",
	 .fresh = FRESH_MAPPING,
	 .map_flags = MAP_SHARED,
	 .advice = -1},
	{.name = "anon",
	 .says = "private anonymous memory, MADV_NOHUGEPAGE",
	 .make = make_anonymous,
	 .fresh = FRESH_MAPPING,
	 .map_flags = MAP_PRIVATE | MAP_ANONYMOUS,
	 .advice = MADV_NOHUGEPAGE},
	{.name = "anon-thp",
	 .says = "private anonymous memory, MADV_HUGEPAGE",
	 .make = make_anonymous_thp,
	 .fresh = FRESH_MAPPING,
	 .map_flags = MAP_PRIVATE | MAP_ANONYMOUS,
	 .advice = MADV_HUGEPAGE},
};

const size_t bench_peer_count = ARRAY_LEN(bench_peers);
