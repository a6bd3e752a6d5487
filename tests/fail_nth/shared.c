// SPDX-License-Identifier: GPL-2.0-only
/* Events of a node, and its dma-bufs for other drivers, as the table at the end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/mmapdemo.h>

#include "sweep.h"

static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

/* events */

static int act_async(struct subject *s)
{
	return error_of(fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_ASYNC));
}

static int prepare_eventfd(struct subject *s)
{
	s->other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return error_of(s->other);
}

static int set_eventfd(struct subject *s, unsigned int events)
{
	struct mmapdemo_eventfd set = {
		.size = sizeof(set),
		.events = events,
		.fd = events ? s->other : -1,
	};

	return error_of(ioctl(s->fd, MMAPDEMO_IOCTL_EVENTFD, &set));
}

static int act_eventfd(struct subject *s)
{
	return set_eventfd(s, MMAPDEMO_EVENT_KICK);
}

/* How many events the eventfd has had since the last look. */
static uint64_t events_after_kick(struct subject *s)
{
	struct mmapdemo_kick kick = {.size = sizeof(kick)};
	uint64_t count = 0;

	if (ioctl(s->fd, MMAPDEMO_IOCTL_KICK, &kick))
		return ~0ULL;
	if (read(s->other, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return ~0ULL;
	return count;
}

static const char *check_eventfd(struct subject *s)
{
	if (events_after_kick(s) != 1)
		return "a kick is not one event";
	if (set_eventfd(s, 0))
		return "it cannot be taken back";
	return events_after_kick(s) ? "it was taken back, and is told of a kick" : NULL;
}

static int prepare_registered(struct subject *s)
{
	int error = prepare_eventfd(s);

	return error ? error : act_eventfd(s);
}

static int act_take_back(struct subject *s)
{
	return set_eventfd(s, 0);
}

static const char *check_taken_back(struct subject *s)
{
	return events_after_kick(s) ? "it was taken back, and is told of a kick" : NULL;
}

/* export */

static int act_export(struct subject *s)
{
	struct mmapdemo_export export = {.size = sizeof(export), .length = 2 * s->page};

	s->other = ioctl(s->fd, MMAPDEMO_IOCTL_EXPORT, &export);
	return error_of(s->other);
}

static int prepare_export(struct subject *s)
{
	int error = act_export(s);

	if (!error)
		close(s->other);
	s->other = -1;
	return error;
}

static const char *check_exported(struct subject *s)
{
	if (lseek(s->other, 0, SEEK_END) != (off_t)(2 * s->page))
		return "the dma-buf has another size";
	return NULL;
}

static int act_map_exported(struct subject *s)
{
	s->mapped = s->page;
	s->map = mmap(NULL, s->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, s->other, s->page);
	return s->map == MAP_FAILED ? errno : 0;
}

static const char *check_mapped(struct subject *s)
{
	char byte;

	if (touch(s->map, true))
		return "it cannot be stored to";
	if (pread(s->fd, &byte, 1, s->page) != 1 || byte != MARK)
		return "read() does not show the store";
	return munmap(s->map, s->mapped) ? "does not unmap" : NULL;
}

/* Some strategies have no contents to read. */
static int prepare_exported(struct subject *s)
{
	return s->features & MMAPDEMO_FEATURE_CONTENTS ? act_export(s) : EOPNOTSUPP;
}

static int act_sync(struct subject *s)
{
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_START};
	int error = error_of(ioctl(s->other, DMA_BUF_IOCTL_SYNC, &sync));

	sync.flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END;
	return error ? error : error_of(ioctl(s->other, DMA_BUF_IOCTL_SYNC, &sync));
}

/* tests/modules/in_init is an importer. */
static int act_attach(struct subject *s)
{
	int fd = open("/sys/module/in_init/parameters/attach", O_WRONLY | O_CLOEXEC);
	int error = error_of(fd);
	char text[16];

	if (error)
		return error;
	snprintf(text, sizeof(text), "%d", s->other);
	error = error_of(write(fd, text, strlen(text)));
	close(fd);
	return error;
}

const struct operation shared_operations[] = {
	{.name = "async", .act = act_async},
	{.name = "eventfd", .prepare = prepare_eventfd, .act = act_eventfd, .check = check_eventfd},
	{.name = "eventfd-taken-back",
	 .prepare = prepare_registered,
	 .act = act_take_back,
	 .check = check_taken_back},
	{.name = "export",
	 .prepare = prepare_export,
	 .act = act_export,
	 .check = check_exported,
	 .may_say = ENFILE},
	{.name = "export-map",
	 .prepare = prepare_exported,
	 .act = act_map_exported,
	 .check = check_mapped,
	 .fills = true},
	{.name = "export-sync", .prepare = prepare_exported, .act = act_sync},
	{.name = "export-attach",
	 .prepare = prepare_exported,
	 .act = act_attach,
	 .check = check_exported},
};

const size_t shared_operations_count = ARRAY_SIZE(shared_operations);
