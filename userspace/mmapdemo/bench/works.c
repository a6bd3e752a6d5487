// SPDX-License-Identifier: GPL-2.0-only
/* The works. Each run begins and ends with nothing mapped. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "io.h"
#include "job.h"
#include "setting.h"
#include "size.h"
#include "subjects.h"
#include "support/proc.h"
#include "work.h"

static char *map(const struct bench_job *job, int flags)
{
	const struct bench_subject *subject = job->subject;
	char *memory =
		mmap(NULL, job->size, PROT_READ | PROT_WRITE, flags, subject->fd, job->offset);

	if (memory == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	if (subject->advice >= 0 && madvise(memory, job->size, subject->advice))
		bench_fail("madvise: %s", strerror(errno));
	return memory;
}

static char *map_as_is(const struct bench_job *job)
{
	return map(job, job->subject->map_flags);
}

static void unmap(const struct bench_job *job, char *memory)
{
	if (munmap(memory, job->size))
		bench_fail("munmap: %s", strerror(errno));
}

/* Four instructions a page, in a loop of their own, so that they stay four. */
static __attribute__((noinline)) void touch_read(const char *memory, size_t size)
{
	for (const char *end = memory + size; memory != end; memory += BENCH_PAGE)
		(void)*(const volatile char *)memory;
}

static __attribute__((noinline)) void touch_write(char *memory, size_t size)
{
	for (const char *end = memory + size; memory != end; memory += BENCH_PAGE)
		*(volatile char *)memory = 1;
}

static char *map_written(const struct bench_job *job)
{
	char *memory = map_as_is(job);

	touch_write(memory, job->size);
	return memory;
}

static int64_t map_read(const struct bench_job *job)
{
	int64_t begin = clock_now(), end;
	char *memory = map_as_is(job);

	touch_read(memory, job->size);
	end = clock_now();
	unmap(job, memory);
	return end - begin;
}

static int64_t map_write(const struct bench_job *job)
{
	int64_t begin = clock_now(), end;
	char *memory = map_written(job);

	end = clock_now();
	unmap(job, memory);
	return end - begin;
}

static int64_t populate(const struct bench_job *job)
{
	int64_t begin = clock_now(), end;
	char *memory = map(job, job->subject->map_flags | MAP_POPULATE);

	end = clock_now();
	unmap(job, memory);
	return end - begin;
}

static int64_t unmap_written(const struct bench_job *job)
{
	char *memory = map_written(job);
	int64_t begin = clock_now();

	unmap(job, memory);
	return clock_now() - begin;
}

static int64_t private_write(const struct bench_job *job)
{
	int64_t begin = clock_now(), end;
	char *memory = map(job, MAP_PRIVATE);

	touch_write(memory, job->size);
	end = clock_now();
	unmap(job, memory);
	return end - begin;
}

static int64_t private_write_after_read(const struct bench_job *job)
{
	char *memory = map(job, MAP_PRIVATE);
	int64_t begin, end;

	touch_read(memory, job->size);
	begin = clock_now();
	touch_write(memory, job->size);
	end = clock_now();
	unmap(job, memory);
	return end - begin;
}

static int64_t protect(const struct bench_job *job)
{
	char *memory = map_written(job);
	int64_t begin = clock_now(), end;

	if (mprotect(memory, job->size, PROT_READ) ||
	    mprotect(memory, job->size, PROT_READ | PROT_WRITE))
		bench_fail("mprotect: %s", strerror(errno));
	end = clock_now();
	unmap(job, memory);
	return end - begin;
}

static int64_t open_and_close(const struct bench_job *job)
{
	struct bench_job opened = *job;
	struct bench_subject subject = *job->subject;
	int64_t begin = clock_now();

	opened.subject = &subject;
	for (int i = 0; i < BENCH_CALLS; i++) {
		if (*subject.path) {
			subject.fd = open(subject.path, O_RDWR | O_CLOEXEC);
			if (subject.fd < 0)
				bench_fail("open: %s", strerror(errno));
		}
		unmap(&opened, map_as_is(&opened));
		if (*subject.path)
			close(subject.fd);
	}
	return clock_now() - begin;
}

/* Of this many bytes, whatever size the other works map. */
#define CREATED MIB

static int64_t create_and_destroy(const struct bench_job *job)
{
	const struct bench_subject *subject = job->subject;
	int64_t begin = clock_now();

	for (int i = 0; i < BENCH_CALLS; i++) {
		int fd = subject->create(subject, CREATED);
		char *memory;

		if (fd < 0)
			bench_fail("create: %s", strerror(errno));
		memory = mmap(NULL, CREATED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (memory == MAP_FAILED)
			bench_fail("mmap: %s", strerror(errno));
		touch_write(memory, CREATED);
		munmap(memory, CREATED);
		close(fd);
	}
	return clock_now() - begin;
}

static pid_t fork_or_fail(void)
{
	pid_t child = fork();

	if (child < 0)
		bench_fail("fork: %s", strerror(errno));
	return child;
}

static int64_t fork_and_wait(const struct bench_job *job)
{
	char *memory = map_written(job);
	int64_t begin = clock_now(), end;

	for (int i = 0; i < BENCH_CALLS; i++) {
		pid_t child = fork_or_fail();

		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
	}
	end = clock_now();
	unmap(job, memory);
	return end - begin;
}

/* The child's time alone. */
static int64_t touch_in_child(const struct bench_job *job)
{
	char *memory = map_written(job);
	int64_t took = 0;
	int ends[2];

	if (pipe(ends))
		bench_fail("pipe: %s", strerror(errno));
	if (!fork_or_fail()) {
		took = clock_now();
		touch_write(memory, job->size);
		took = clock_now() - took;
		_exit(write(ends[1], &took, sizeof(took)) != sizeof(took));
	}
	close(ends[1]);
	if (read(ends[0], &took, sizeof(took)) != sizeof(took))
		bench_fail("the child died");
	wait(NULL);
	close(ends[0]);
	unmap(job, memory);
	return took;
}

static size_t page_table_bytes(void)
{
	uint64_t kib = 0;

	proc_number("/proc/self/status", "VmPTE", &kib);
	return kib * KIB;
}

static int64_t page_tables(const struct bench_job *job)
{
	size_t before = page_table_bytes();
	char *memory = map_written(job);
	size_t after = page_table_bytes();

	unmap(job, memory);
	return (int64_t)after - (int64_t)before;
}

#define MEMORY_TRIES 5

static int64_t memory_used(void)
{
	int64_t bytes;

	if (!bench_memory_used(&bytes))
		bench_fail("the system uses and frees memory all the time");
	return bytes;
}

/* A buffer that has all its memory as soon as it is made is made once more. */
static void make_again(struct bench_subject *subject, size_t size)
{
	if (subject->is_file)
		bench_fail("all its memory is there from the start");
	subject->make(subject, size);
	if (*subject->reason)
		bench_fail("%s", subject->reason);
}

/* The memory used in addition since before the allocation, less the buffer itself. */
static int64_t memory_beside_once(const struct bench_job *job)
{
	struct bench_subject subject = *job->subject;
	struct bench_job fresh = *job;
	size_t buffer = job->size;
	int64_t used, held;
	char *memory;

	fresh.subject = &subject;
	if (subject.fresh != FRESH_NEVER)
		fresh.offset = bench_subject_fresh(&subject, job->size);
	if (fresh.offset < 0)
		bench_fail("no unused memory left in it, or none to be found");
	held = subject.is_file ? bench_subject_held(&subject) : 0;
	used = memory_used();
	if (subject.fresh == FRESH_NEVER)
		make_again(&subject, job->size);
	memory = map_written(&fresh);
	used = memory_used() - used;
	if (subject.is_file)
		buffer = bench_subject_held(&subject) - held;
	unmap(job, memory);
	if (subject.fresh == FRESH_NEVER)
		close(subject.fd);
	return used - (int64_t)buffer;
}

/* Below 0 the figure shows the rest of the system. */
static int64_t memory_beside(const struct bench_job *job)
{
	for (int i = 0; i < MEMORY_TRIES; i++) {
		int64_t bytes = memory_beside_once(job);

		if (bytes >= 0)
			return bytes;
	}
	bench_fail("others free memory meanwhile");
}

const struct bench_work bench_works[] = {
	{"map-read", "mmap, read a byte of each page that is there", PER_PAGE, NEEDS_RESIDENT, 0,
	 map_read},
	{"map-write", "mmap, write a byte of each page that is there", PER_PAGE, NEEDS_RESIDENT, 0,
	 map_write},
	{"populate", "mmap with MAP_POPULATE of pages that are there", PER_PAGE, NEEDS_RESIDENT, 0,
	 populate},
	{"munmap", "munmap of pages written to; frees memory that only the mapping held", PER_PAGE,
	 0, 0, unmap_written},
	{"first-read", "mmap, read a byte of each page that is not there yet", PER_PAGE,
	 NEEDS_FRESH, 0, map_read},
	{"first-write", "mmap, write a byte of each page that is not there yet", PER_PAGE,
	 NEEDS_FRESH, 0, map_write},
	{"first-popul", "mmap with MAP_POPULATE of pages that are not there yet", PER_PAGE,
	 NEEDS_FRESH, 0, populate},
	{"cow", "mmap private, write a byte of each page", PER_PAGE, NEEDS_RESIDENT | NEEDS_COPIES,
	 0, private_write},
	{"cow-read", "the same after each page was read: the writes alone", PER_PAGE,
	 NEEDS_RESIDENT | NEEDS_COPIES, 0, private_write_after_read},
	{"fork-touch", "after fork, the child writes a byte of each page", PER_PAGE, 0, 0,
	 touch_in_child},
	{"mprotect", "mprotect of pages written to, to read-only and back", PER_PAGE, 0, 0,
	 protect},
	{"read-4k", "pread of 4 KiB at a time", PER_PAGE, NEEDS_RESIDENT | NEEDS_FILE, 4 * KIB,
	 bench_read},
	{"read-64k", "pread of 64 KiB at a time", PER_PAGE, NEEDS_RESIDENT | NEEDS_FILE, 64 * KIB,
	 bench_read},
	{"read-1m", "pread of 1 MiB at a time", PER_PAGE, NEEDS_RESIDENT | NEEDS_FILE, MIB,
	 bench_read},
	{"read-all", "pread of all at once", PER_PAGE, NEEDS_RESIDENT | NEEDS_FILE, 0, bench_read},
	{"write-4k", "pwrite of 4 KiB at a time", PER_PAGE, NEEDS_RESIDENT | NEEDS_FILE, 4 * KIB,
	 bench_write},
	{"write-64k", "pwrite of 64 KiB at a time", PER_PAGE, NEEDS_RESIDENT | NEEDS_FILE, 64 * KIB,
	 bench_write},
	{"write-1m", "pwrite of 1 MiB at a time", PER_PAGE, NEEDS_RESIDENT | NEEDS_FILE, MIB,
	 bench_write},
	{"write-all", "pwrite of all at once", PER_PAGE, NEEDS_RESIDENT | NEEDS_FILE, 0,
	 bench_write},
	{"open", "open, mmap, munmap, close; nothing is touched", PER_CALL, 0, 0, open_and_close},
	{"create", "make a file of 1 MiB, mmap, write a byte of each page, munmap, close", PER_CALL,
	 NEEDS_CREATE, 0, create_and_destroy},
	{"fork", "fork with all pages mapped; the child exits and is waited for", PER_CALL, 0, 0,
	 fork_and_wait},
	{"page-tables", "page tables of the process for a mapping written to", PER_BUFFER, 0, 0,
	 page_tables},
	{"memory", "memory used for 256 MiB, mapped and written to, beside these (with --slope)",
	 PER_BUFFER, NEEDS_LARGE, 0, memory_beside},
};

const size_t bench_work_count = ARRAY_LEN(bench_works);

bool bench_work_grows(const struct bench_work *work)
{
	return !strcmp(work->name, "map-write") || !strcmp(work->name, "munmap");
}
