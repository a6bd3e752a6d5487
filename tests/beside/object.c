// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

#include "object.h"

#define FOLDER	      "/tmp/beside"
#define HUGE_FOLDER   FOLDER "/huge"
#define CLASS	      "/sys/class/mmapdemo/"
#define PAGES_NODE    "mmapdemo-pages"
#define SHMEM_ENABLED "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

static const char *device_path;
static unsigned char *pattern;
static bool huge;

const unsigned char *object_pattern(void)
{
	return pattern;
}

bool object_has_huge(void)
{
	return huge;
}

const char *kind_name(enum kind kind)
{
	static const char *const names[KINDS] = {"memfd", "tmpfs", "device"};

	return names[kind];
}

static void make_pattern(void)
{
	size_t words = OBJECT_PAGES_MAX * page_size / sizeof(uint64_t);
	uint64_t *word = calloc(words, sizeof(*word));

	if (!word)
		err(2, "calloc");
	for (size_t i = 0; i < words; i++)
		word[i] = (i + 1) * 0x9e3779b97f4a7c15;
	pattern = (unsigned char *)word;
}

/*
 * Chooses the memory that a memfd gets from now on: huge pages, or pages alone. Linux 6.14 and
 * later would take folios of any size between, and what is a hole would depend on it.
 */
static void memfd_huge(bool wanted)
{
	const char *word = wanted ? "within_size" : "never";
	int fd = open(SHMEM_ENABLED, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, word, strlen(word)) < 0)
		err(2, SHMEM_ENABLED);
	close(fd);
}

static void mount_folder(const char *folder, const char *options)
{
	if (mkdir(folder, 0700) && errno != EEXIST)
		err(2, "%s", folder);
	if (mount("tmpfs", folder, "tmpfs", 0, options))
		err(2, "mount of tmpfs with '%s'", options);
}

static bool class_takes(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool taken = fd >= 0 && write(fd, line, strlen(line)) >= 0;

	close(fd);
	return taken;
}

void object_init(const char *device)
{
	struct mmapdemo_info info = {.size = sizeof(info)};
	int fd = open(device, O_RDWR);

	if (fd < 0)
		err(2, "%s", device);
	if (ioctl(fd, MMAPDEMO_IOCTL_INFO, &info))
		err(2, "%s: INFO", device);
	close(fd);
	device_path = device;
	huge = info.features & MMAPDEMO_FEATURE_HUGE && info.huge_size == 512 * page_size;
	make_pattern();
	memfd_huge(false);
	mount_folder(FOLDER, "");
	if (!huge)
		return;
	mount_folder(HUGE_FOLDER, "huge=within_size");
	/* A run that ended by an error left its own. */
	class_takes(CLASS "delete_node", PAGES_NODE);
	if (!class_takes(CLASS "new_node", PAGES_NODE " huge=never"))
		err(2, "%s: a node %s", CLASS "new_node", PAGES_NODE);
}

void object_exit(void)
{
	if (huge) {
		umount2(HUGE_FOLDER, MNT_DETACH);
		class_takes(CLASS "delete_node", PAGES_NODE);
	}
	umount2(FOLDER, MNT_DETACH);
}

static int device_resize(int fd, size_t pages)
{
	struct mmapdemo_resize resize = {.size = sizeof(resize), .bytes = pages * page_size};

	return ioctl(fd, MMAPDEMO_IOCTL_RESIZE, &resize);
}

static int device_punch(int fd, off_t offset, off_t length)
{
	struct mmapdemo_punch punch = {.size = sizeof(punch), .offset = offset, .length = length};

	return ioctl(fd, MMAPDEMO_IOCTL_PUNCH, &punch);
}

/* A device without RESIZE keeps its size and is filled with zeros: it has no holes, either. */
static void device_clear(int fd)
{
	/* A pin may outlive the process that took it, as io_uring's does. */
	for (int tries = 0; tries < 500; tries++) {
		if (!device_resize(fd, 1) && !device_punch(fd, 0, page_size))
			return;
		if (errno != EBUSY)
			return;
		usleep(10000);
	}
	warn("the device cannot be emptied");
}

int object_resize(const struct world *w, size_t pages)
{
	return w->kind == DEVICE ? device_resize(w->fd, pages)
				 : ftruncate(w->fd, pages * page_size);
}

int object_punch(const struct world *w, off_t offset, off_t length)
{
	return w->kind == DEVICE ? device_punch(w->fd, offset, length)
				 : fallocate(w->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					     offset, length);
}

static void put_pattern(const struct world *w, size_t first, size_t end)
{
	size_t length = (end - first) * page_size;
	off_t offset = first * page_size;

	if (pwrite(w->fd, pattern + offset, length, offset) != (ssize_t)length)
		err(2, "%s: pwrite of the pattern", kind_name(w->kind));
}

static int open_object(struct world *w, enum memory memory)
{
	static unsigned int number;

	switch (w->kind) {
	case MEMFD:
		return memfd_create("beside", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	case TMPFS:
		snprintf(w->path, sizeof(w->path), "%s/%u", memory == HUGE ? HUGE_FOLDER : FOLDER,
			 number++);
		return open(w->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	default:
		snprintf(w->path, sizeof(w->path), "%s",
			 huge && memory == PAGES ? "/dev/" PAGES_NODE : device_path);
		return open(w->path, O_RDWR | O_CLOEXEC);
	}
}

void object_make(struct world *w, enum kind kind, enum memory memory)
{
	*w = (struct world){.kind = kind};
	w->pages = memory == HUGE ? OBJECT_PAGES_MAX : SMALL_PAGES;
	w->fd = open_object(w, memory);
	if (w->fd < 0)
		err(2, "%s: open", kind_name(kind));
	if (kind == MEMFD)
		snprintf(w->path, sizeof(w->path), "/proc/self/fd/%d", w->fd);
	if (kind == DEVICE)
		device_clear(w->fd);
	if (object_resize(w, w->pages) && kind != DEVICE)
		err(2, "%s: resize", kind_name(kind));
	if (memory == HUGE) {
		memfd_huge(true);
		put_pattern(w, 0, 512);
		memfd_huge(false);
		put_pattern(w, 512, 512 + TAIL_PAGES / 2);
	} else {
		put_pattern(w, 0, SMALL_HOLE);
		put_pattern(w, SMALL_HOLE_END, SMALL_PAGES);
	}
}

void object_drop(struct world *w)
{
	if (w->kind == DEVICE)
		device_clear(w->fd);
	close(w->fd);
	if (w->kind == TMPFS)
		unlink(w->path);
}
