// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes, one on each processor, do the same at once, each on its own pages of one buffer. The
 * marks stand around what is measured alone: how the processes wait for each other is outside.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mmapdemo.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contention.h"
#include "job.h"
#include "meter.h"
#include "peers.h"
#include "size.h"
#include "subjects.h"

#define PROCESSORS 64
#define WARM	   8 /* rounds before those that count */
#define ROUNDS	   32
#define PAGES	   16 /* of a process, in a chunk of its own */
#define CHUNK	   BENCH_HUGE

/* What one process has. */
struct spot {
	const struct bench_subject *subject;
	int self, fd;
	off_t offset;
	char *memory;
	size_t length;
	char *page; /* for read and write */
};

struct work {
	int map_flags; /* of its memory; 0: it maps none beforehand */
	bool is_large; /* which is a whole chunk */
	bool for_device;
	void (*step)(const struct spot *spot, int round);
};

/* What they share, on lines that are touched outside of the marks alone. */
static struct rendezvous {
	char reason[BENCH_REASON];
	_Alignas(64) unsigned int arrived;
	_Alignas(64) unsigned int passed;
} * rendezvous;

/* Under emulation, a processor that pauses lets the next one run. */
static void pause_briefly(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#else
	sched_yield();
#endif
}

/* Waits until all processes are here. */
static void meet(unsigned int processes)
{
	unsigned int passed = __atomic_load_n(&rendezvous->passed, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&rendezvous->arrived, 1, __ATOMIC_ACQ_REL) == processes) {
		__atomic_store_n(&rendezvous->arrived, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&rendezvous->passed, passed + 1, __ATOMIC_RELEASE);
	}
	while (__atomic_load_n(&rendezvous->passed, __ATOMIC_ACQUIRE) == passed)
		pause_briefly();
}

static char *page_of(const struct spot *spot, int round)
{
	return spot->memory + (size_t)(round % PAGES) * BENCH_PAGE;
}

static void forget(const struct spot *spot)
{
	if (madvise(spot->memory, spot->length, MADV_DONTNEED))
		bench_fail("madvise: %s", strerror(errno));
}

static void fault_read(const struct spot *spot, int round)
{
	const volatile char *page = page_of(spot, round);

	forget(spot);
	meter_begin();
	(void)*page;
	meter_end();
}

static void fault_write(const struct spot *spot, int round)
{
	volatile char *page = page_of(spot, round);

	forget(spot);
	meter_begin();
	*page = 1;
	meter_end();
}

static void map_and_unmap(const struct spot *spot, int round)
{
	size_t length = spot->length;
	char *memory;

	(void)round;
	meter_begin();
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, spot->fd, spot->offset);
	if (memory == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	for (size_t i = 0; i < PAGES; i++)
		((volatile char *)memory)[i * BENCH_PAGE] = 1;
	munmap(memory, length);
	meter_end();
}

static void read_page(const struct spot *spot, int round)
{
	off_t at = spot->offset + round % PAGES * BENCH_PAGE;
	ssize_t got;

	meter_begin();
	got = pread(spot->fd, spot->page, BENCH_PAGE, at);
	meter_end();
	if (got != BENCH_PAGE)
		bench_fail("pread: %s", got < 0 ? strerror(errno) : "it is short");
}

static void write_page(const struct spot *spot, int round)
{
	off_t at = spot->offset + round % PAGES * BENCH_PAGE;
	ssize_t got;

	meter_begin();
	got = pwrite(spot->fd, spot->page, BENCH_PAGE, at);
	meter_end();
	if (got != BENCH_PAGE)
		bench_fail("pwrite: %s", got < 0 ? strerror(errno) : "it is short");
}

static void open_and_close(const struct spot *spot, int round)
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

static void kick_and_wait(const struct spot *spot, int round)
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

const struct contention_work contention_works[] = {
	{"refault-read", "a load from a page that is there, and not mapped"},
	{"refault-write", "a store to such a page"},
	{"refault-huge", "the first store to 2 MiB that are there, and mapped as a whole"},
	{"cow", "the first store to a page of a private mapping"},
	{"map-64k", "mmap of 64 KiB, a store to each page, munmap"},
	{"pread", "pread of 4 KiB"},
	{"pwrite", "pwrite of 4 KiB"},
	{"open-close", "open and close"},
	{"kick-wait", "KICK, and WAIT, which returns at once"},
};

const size_t contention_work_count = ARRAY_LEN(contention_works);

/* In the same order. */
static const struct work works[] = {
	{MAP_SHARED, false, false, fault_read}, {MAP_SHARED, false, false, fault_write},
	{MAP_SHARED, true, false, fault_write}, {MAP_PRIVATE, false, false, fault_write},
	{0, false, false, map_and_unmap},	{0, false, false, read_page},
	{0, false, false, write_page},		{0, false, false, open_and_close},
	{0, false, true, kick_and_wait},
};

_Static_assert(ARRAY_LEN(works) == ARRAY_LEN(contention_works), "a work each");

/* At an address where a huge page can be. */
static char *map_aligned(int flags, int fd, off_t offset, size_t length)
{
	char *memory = mmap(NULL, length + CHUNK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory != MAP_FAILED) {
		memory += -(uintptr_t)memory % CHUNK;
		memory =
			mmap(memory, length, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, offset);
	}
	if (memory == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	return memory;
}

static void prepare(struct spot *spot, const struct work *work)
{
	size_t least = work->is_large ? CHUNK : PAGES * BENCH_PAGE;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(spot->self, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_fail("processor %d: %s", spot->self, strerror(errno));
	spot->fd = open(spot->subject->path, O_RDWR | O_CLOEXEC);
	if (spot->fd < 0)
		bench_fail("open: %s", strerror(errno));
	spot->offset = (off_t)spot->self * CHUNK;
	spot->length = least > spot->subject->page ? least : spot->subject->page;
	if (work->map_flags)
		spot->memory = map_aligned(work->map_flags, spot->fd, spot->offset, spot->length);
	spot->page = aligned_alloc(BENCH_PAGE, BENCH_PAGE);
	if (!spot->page)
		bench_fail("no memory");
	memset(spot->page, 1, BENCH_PAGE);
}

static void step(const struct work *work, const struct spot *spot, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		work->step(spot, i);
		pause_briefly();
	}
}

static void run(const struct work *work, struct spot *spot, unsigned int processes,
		const char *label)
{
	prepare(spot, work);
	step(work, spot, WARM);
	meet(processes);
	if (!spot->self)
		meter_open();
	meet(processes);
	step(work, spot, ROUNDS);
	meet(processes);
	if (!spot->self)
		meter_close(label, strlen(label));
}

/* A line for the meter's file, of what it is that was counted. */
static void describe(char *label, size_t size, size_t work, const struct bench_subject *subject,
		     unsigned int processes)
{
	struct utsname system = {};

	uname(&system);
	snprintf(label, size,
		 "{\"kernel\":\"%s\",\"work\":\"%s\",\"subject\":\"%s\",\"processors\":%u,"
		 "\"operations\":%u}",
		 system.release, contention_works[work].name, subject->name, processes,
		 processes * ROUNDS);
}

static const char *misfit(const struct work *work, const struct bench_subject *subject)
{
	if (*subject->reason)
		return subject->reason;
	if (!subject->is_file)
		return "not to be read and written";
	if (work->for_device && !bench_is_ours(subject->path))
		return "it has no events";
	return NULL;
}

/* The others wait for one that failed. */
static bool await(const pid_t *children, unsigned int processes)
{
	bool is_done = true;
	int status;

	for (unsigned int i = 0; i < processes; i++) {
		if (wait(&status) < 0)
			err(1, "wait");
		if (status && is_done) {
			is_done = false;
			if (WIFSIGNALED(status) && !*rendezvous->reason)
				snprintf(rendezvous->reason, BENCH_REASON, "ends in signal %d, %s",
					 WTERMSIG(status), strsignal(WTERMSIG(status)));
			for (unsigned int j = 0; j < processes; j++)
				kill(children[j], SIGKILL);
		}
	}
	return is_done;
}

/* False: it could not be done. */
static bool measure(size_t number, const struct bench_subject *subject, unsigned int processes)
{
	const char *why = misfit(&works[number], subject);
	pid_t children[PROCESSORS] = {0};
	char label[512];
	bool done;

	describe(label, sizeof(label), number, subject, processes);
	memset(rendezvous, 0, sizeof(*rendezvous));
	if (why)
		snprintf(rendezvous->reason, BENCH_REASON, "%s", why);
	for (unsigned int i = 0; i < processes && !why; i++) {
		struct spot spot = {.subject = subject, .self = i};

		fflush(NULL);
		children[i] = fork();
		if (children[i] < 0)
			err(1, "fork");
		if (!children[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			bench_fail_to(rendezvous->reason);
			run(&works[number], &spot, processes, label);
			_exit(0);
		}
	}
	done = !why && await(children, processes);
	if (!done)
		printf("{\"run\":%s,\"reason\":\"%s\"}\n", label, rendezvous->reason);
	fflush(stdout);
	return done;
}

/* Each page is there. */
static void fill(const struct bench_subject *subject, size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, subject->fd, 0);

	if (memory == MAP_FAILED)
		err(1, "%s: mmap", subject->name);
	for (size_t i = 0; i < size; i += BENCH_PAGE)
		((volatile char *)memory)[i] = 1;
	munmap(memory, size);
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
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t done = 0;

	if (processors > PROCESSORS)
		processors = PROCESSORS;
	rendezvous = mmap(NULL, sizeof(*rendezvous), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rendezvous == MAP_FAILED)
		err(1, "mmap");
	start_meter();
	for (size_t i = 0; i < count; i++) {
		bench_subject_make(&subjects[i], processors * CHUNK);
		if (!*subjects[i].reason && subjects[i].is_file)
			fill(&subjects[i], processors * CHUNK);
		for (size_t work = 0; work < contention_work_count; work++)
			for (long n = 1; n <= processors; n *= 2)
				if (is_chosen(contention_works[work].name, data))
					done += measure(work, &subjects[i], n);
		bench_subject_unmake(&subjects[i]);
	}
	return done;
}
