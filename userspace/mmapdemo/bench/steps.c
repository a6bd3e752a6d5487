// SPDX-License-Identifier: GPL-2.0-only
/* The steps of a crowd. The meter of tools/contention counts only the code between the marks. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mmapdemo.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "meter.h"
#include "steps.h"
#include "subjects.h"

static char *page_of(const struct crowd_spot *spot, int round)
{
	return spot->memory + (size_t)(round % CROWD_PAGES) * BENCH_PAGE;
}

static void forget(const struct crowd_spot *spot)
{
	if (madvise(spot->memory, spot->length, MADV_DONTNEED))
		bench_fail("madvise: %s", strerror(errno));
}

void step_fault_read(const struct crowd_spot *spot, int round)
{
	const volatile char *page = page_of(spot, round);

	forget(spot);
	meter_begin();
	(void)*page;
	meter_end();
}

void step_fault_write(const struct crowd_spot *spot, int round)
{
	volatile char *page = page_of(spot, round);

	forget(spot);
	meter_begin();
	*page = 1;
	meter_end();
}

void step_map_and_unmap(const struct crowd_spot *spot, int round)
{
	size_t length = spot->length;
	char *memory;

	(void)round;
	meter_begin();
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, spot->fd, spot->offset);
	if (memory == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	for (size_t i = 0; i < CROWD_PAGES; i++)
		((volatile char *)memory)[i * BENCH_PAGE] = 1;
	munmap(memory, length);
	meter_end();
}

void step_read(const struct crowd_spot *spot, int round)
{
	off_t at = spot->offset + round % CROWD_PAGES * BENCH_PAGE;
	ssize_t got;

	meter_begin();
	got = pread(spot->fd, spot->page, BENCH_PAGE, at);
	meter_end();
	if (got != BENCH_PAGE)
		bench_fail("pread: %s", got < 0 ? strerror(errno) : "it is short");
}

void step_write(const struct crowd_spot *spot, int round)
{
	off_t at = spot->offset + round % CROWD_PAGES * BENCH_PAGE;
	ssize_t got;

	meter_begin();
	got = pwrite(spot->fd, spot->page, BENCH_PAGE, at);
	meter_end();
	if (got != BENCH_PAGE)
		bench_fail("pwrite: %s", got < 0 ? strerror(errno) : "it is short");
}

void step_open_and_close(const struct crowd_spot *spot, int round)
{
	int fd;

	(void)round;
	meter_begin();
	fd = open(spot->subject->path, O_RDWR | O_CLOEXEC);
	close(fd);
	meter_end();
	if (fd < 0)
		bench_fail("open: %s", strerror(errno));
}

void step_kick_and_wait(const struct crowd_spot *spot, int round)
{
	struct mmapdemo_kick kick = {.size = sizeof(kick)};
	struct mmapdemo_wait wait = {.size = sizeof(wait), .events = MMAPDEMO_EVENT_KICK};
	bool failed;

	(void)round;
	meter_begin();
	failed = ioctl(spot->fd, MMAPDEMO_IOCTL_KICK, &kick) ||
		 ioctl(spot->fd, MMAPDEMO_IOCTL_WAIT, &wait);
	meter_end();
	if (failed)
		bench_fail("KICK and WAIT: %s", strerror(errno));
}

static void touch(const struct crowd_spot *spot, bool writing)
{
	volatile char *memory = spot->memory;

	for (size_t i = 0; i < spot->length; i += BENCH_PAGE) {
		if (writing)
			memory[i] = 1;
		else
			(void)memory[i];
	}
}

void step_fault_all_read(const struct crowd_spot *spot, int round)
{
	(void)round;
	forget(spot);
	touch(spot, false);
}

void step_fault_all_write(const struct crowd_spot *spot, int round)
{
	(void)round;
	forget(spot);
	touch(spot, true);
}

void step_first_touch(const struct crowd_spot *spot, int round)
{
	(void)round;
	if (bench_subject_punch(spot->subject, spot->offset, spot->length))
		bench_fail("no memory of it can be freed: %s", strerror(errno));
	touch(spot, true);
}
