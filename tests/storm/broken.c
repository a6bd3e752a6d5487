// SPDX-License-Identifier: GPL-2.0-only
/* Memory that is about to break, and memory that is broken. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mmapdemo.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storm.h"

#define SOFT_OFFLINE  "/sys/devices/system/memory/soft_offline_page"

#define POISONED_MOST 8 /* each costs a page frame, too */

static const char *prepare_soft_offline(void)
{
	if (access(SOFT_OFFLINE, W_OK))
		return "no " SOFT_OFFLINE;
	if (!storm_options.most_pages)
		return "--pages is 0";
	return NULL;
}

static off_t device_size(int fd)
{
	struct mmapdemo_info info = {.size = sizeof(info)};

	return ioctl(fd, MMAPDEMO_IOCTL_INFO, &info) ? 0 : (off_t)info.bytes;
}

/* The frame of any page of the device, which nobody may have mapped. */
static uint64_t own_frame(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = open(storm_options.device, O_RDWR | O_CLOEXEC);
	uint64_t frame = 0;
	off_t size;
	volatile char *map;

	if (fd < 0)
		return 0;
	size = device_size(fd);
	map = size ? mmap(NULL, page, PROT_READ, MAP_SHARED, fd, page * random_below(size / page))
		   : MAP_FAILED;
	close(fd);
	if (map == MAP_FAILED)
		return 0;
	/* Where the page is gone or broken, there is no frame, and no SIGBUS either. */
	if (!madvise((void *)map, page, MADV_POPULATE_READ))
		frame = processes_frame(getpid(), (uintptr_t)map);
	munmap((void *)map, page);
	return frame;
}

/* Few pages of a mapping may be there: several are looked at. */
static uint64_t frame_of_others(void)
{
	uintptr_t page = sysconf(_SC_PAGESIZE);
	struct range range;
	uint64_t frame = 0;
	pid_t pid;

	if (!processes_any_mapping(&pid, &range))
		return 0;
	for (int tries = 0; !frame && tries < 64; tries++)
		frame = processes_frame(
			pid, range.start + page * random_below((range.end - range.start) / page));
	return frame;
}

static void round_soft_offline(struct tally *tally)
{
	uint64_t frame;
	char text[32];
	int error;

	/* A frame that was soft offlined is lost until the machine boots again. */
	if (tally->done >= storm_options.most_pages)
		return;
	frame = storm_options.maps && tally->tried % 2 ? own_frame() : frame_of_others();
	if (!frame)
		return;
	snprintf(text, sizeof(text), "%#" PRIx64, frame * sysconf(_SC_PAGESIZE));
	error = write_text(SOFT_OFFLINE, text);
	tally_round(tally, !error, error);
}

const struct disturbance storm_soft_offline = {
	.name = "soft-offline",
	.says = "random page frames of the device are taken out of use (soft_offline_page)",
	.unit = "page frames",
	.pause = 200,
	.prepare = prepare_soft_offline,
	.round = round_soft_offline,
};

static const char *prepare_poison(void)
{
	if (storm_options.poison_page < 0)
		return "--poison-page names no page that the command leaves alone";
	return NULL;
}

/* From 6.12 on, MADV_HWPOISON signals its own caller, too, who dies if it ignores that. */
static void on_broken_page(int signal)
{
	(void)signal;
}

/* Breaks the page, then punches it out of the device, which heals it. */
static int poison(int fd)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct mmapdemo_punch punch = {
		.size = sizeof(punch),
		.offset = page * storm_options.poison_page,
		.length = page,
	};
	char *map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, punch.offset);
	int error = 0;

	if (map == MAP_FAILED)
		return errno;
	sigaction(SIGBUS, &(struct sigaction){.sa_handler = on_broken_page}, NULL);
	if (madvise(map, page, MADV_POPULATE_WRITE) || madvise(map, page, MADV_HWPOISON))
		error = errno;
	munmap(map, page);
	if (ioctl(fd, MMAPDEMO_IOCTL_PUNCH, &punch) && !error)
		error = errno;
	return error;
}

static void round_poison(struct tally *tally)
{
	int fd, error;

	if (tally->done >= POISONED_MOST)
		return;
	fd = open(storm_options.device, O_RDWR | O_CLOEXEC);
	error = fd < 0 ? errno : poison(fd);
	if (fd >= 0)
		close(fd);
	tally_round(tally, !error, error);
}

const struct disturbance storm_poison = {
	.name = "poison",
	.says = "hardware poison in the page of --poison-page, which the command must not use",
	.unit = "times",
	.pause = 1000,
	.on_demand = true,
	.prepare = prepare_poison,
	.round = round_poison,
};
