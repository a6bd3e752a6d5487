// SPDX-License-Identifier: GPL-2.0-only
/* The work of a crowd while the meter of tools/contention counts: rounds, between marks. */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "contention.h"
#include "meter.h"
#include "steps.h"
#include "subjects.h"

#define WARM   8 /* rounds before those that count */
#define ROUNDS 32

const struct crowd_work contention_works[] = {
	{"refault-read", "a load from a page that is there, and not mapped", MAP_SHARED, false,
	 false, step_fault_read},
	{"refault-write", "a store to such a page", MAP_SHARED, false, false, step_fault_write},
	{"refault-huge", "the first store to 2 MiB that are there, and mapped as a whole",
	 MAP_SHARED, true, false, step_fault_write},
	{"cow", "the first store to a page of a private mapping", MAP_PRIVATE, false, false,
	 step_fault_write},
	{"map-64k", "mmap of 64 KiB (hugetlb: of 2 MiB), 16 stores 4 KiB apart, munmap", 0, false,
	 false, step_map_and_unmap},
	{"pread", "pread of 4 KiB", 0, false, false, step_read},
	{"pwrite", "pwrite of 4 KiB", 0, false, false, step_write},
	{"open-close", "open and close", 0, false, false, step_open_and_close},
	{"kick-wait", "KICK, and WAIT, which returns at once", 0, false, true, step_kick_and_wait},
};

const size_t contention_work_count = ARRAY_LEN(contention_works);

static void step(const struct crowd *crowd, const struct crowd_spot *spot, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		crowd->work->step(spot, i);
		crowd_pause();
	}
}

static void member(const struct crowd *crowd, const struct crowd_spot *spot)
{
	const char *label = crowd->data;

	step(crowd, spot, WARM);
	crowd_meet(crowd);
	if (!spot->self)
		meter_open();
	crowd_meet(crowd);
	step(crowd, spot, ROUNDS);
	crowd_meet(crowd);
	if (!spot->self)
		meter_close(label, strlen(label));
}

/* A line for the meter's file, of what it is that was counted. */
static void describe(char *label, size_t size, const struct crowd *crowd)
{
	struct utsname system = {};

	uname(&system);
	snprintf(label, size,
		 "{\"kernel\":\"%s\",\"work\":\"%s\",\"subject\":\"%s\",\"processors\":%u,"
		 "\"operations\":%u}",
		 system.release, crowd->work->name, crowd->subject->name, crowd->processes,
		 crowd->processes * ROUNDS);
}

/* False: it could not be done. */
static bool measure(const struct crowd_work *work, const struct bench_subject *subject,
		    unsigned int processes)
{
	char label[512];
	struct crowd crowd = {.work = work,
			      .subject = subject,
			      .processes = processes,
			      .threads = 1,
			      .member = member,
			      .data = label};
	bool done;

	describe(label, sizeof(label), &crowd);
	done = crowd_run(&crowd);
	if (!done)
		printf("{\"run\":%s,\"reason\":\"%s\"}\n", label, crowd.reason);
	fflush(stdout);
	return done;
}

static void start_meter(void)
{
	size_t length = 0, room = 64 * MIB;
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	char *text = malloc(room);
	ssize_t got;

	if (fd < 0 || !text)
		err(1, "/proc/kallsyms");
	while (length < room && (got = read(fd, text + length, room - length)) > 0)
		length += got;
	close(fd);
	meter_start(text, length);
	free(text);
	/* the meter starts in a moment */
	usleep(1000);
}

size_t contention_run(struct bench_subject *subjects, size_t count,
		      bool (*is_chosen)(const char *work, void *data), void *data)
{
	unsigned int processors = crowd_processors();
	size_t done = 0;

	start_meter();
	for (size_t i = 0; i < count; i++) {
		crowd_make(&subjects[i]);
		for (size_t work = 0; work < contention_work_count; work++)
			for (unsigned int n = 1; n <= processors; n *= 2)
				if (is_chosen(contention_works[work].name, data))
					done += measure(&contention_works[work], &subjects[i], n);
		bench_subject_unmake(&subjects[i]);
	}
	return done;
}
