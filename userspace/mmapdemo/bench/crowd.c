// SPDX-License-Identifier: GPL-2.0-only
/* Starts a crowd, whose members wait for each other, and waits for its end. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crowd.h"
#include "peers.h"
#include "subjects.h"

/* The members' shared variables, on cache lines that no member accesses while it works. */
static struct rendezvous {
	char reason[BENCH_REASON];
	_Alignas(64) unsigned int arrived;
	_Alignas(64) unsigned int passed;
} * rendezvous;

void *crowd_share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	return memory;
}

/* The processors that this process might use when it began. */
static const cpu_set_t *allowed(void)
{
	static cpu_set_t set;

	if (!CPU_COUNT(&set) && sched_getaffinity(0, sizeof(set), &set))
		err(1, "sched_getaffinity");
	return &set;
}

unsigned int crowd_processors(void)
{
	unsigned int count = CPU_COUNT(allowed());

	return count < CROWD_MOST ? count : CROWD_MOST;
}

static void stay_on_processor(unsigned int number)
{
	cpu_set_t set;
	int cpu = 0;

	for (unsigned int before = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, allowed()) && before++ == number)
			break;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_fail("processor %d: %s", cpu, strerror(errno));
}

void crowd_pause(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#else
	sched_yield();
#endif
}

void crowd_meet(const struct crowd *crowd)
{
	unsigned int passed = __atomic_load_n(&rendezvous->passed, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&rendezvous->arrived, 1, __ATOMIC_ACQ_REL) ==
	    crowd->processes * crowd->threads) {
		__atomic_store_n(&rendezvous->arrived, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&rendezvous->passed, passed + 1, __ATOMIC_RELEASE);
	}
	while (__atomic_load_n(&rendezvous->passed, __ATOMIC_ACQUIRE) == passed)
		crowd_pause();
}

/* Maps at an address that is aligned for a huge page. */
static char *map_aligned(int flags, int fd, off_t offset, size_t length)
{
	char *memory =
		mmap(NULL, length + CROWD_CHUNK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory != MAP_FAILED) {
		memory += -(uintptr_t)memory % CROWD_CHUNK;
		memory =
			mmap(memory, length, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, offset);
	}
	if (memory == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	return memory;
}

static void take_part(const struct crowd *crowd, unsigned int self)
{
	size_t least = crowd->work->is_large ? CROWD_CHUNK : CROWD_PAGES * BENCH_PAGE;
	struct crowd_spot spot = {.subject = crowd->subject, .self = self};

	stay_on_processor(self);
	spot.fd = open(spot.subject->path, O_RDWR | O_CLOEXEC);
	if (spot.fd < 0)
		bench_fail("open: %s", strerror(errno));
	spot.offset = (off_t)self * CROWD_CHUNK;
	spot.length = least > spot.subject->page ? least : spot.subject->page;
	if (crowd->work->map_flags)
		spot.memory =
			map_aligned(crowd->work->map_flags, spot.fd, spot.offset, spot.length);
	spot.page = aligned_alloc(BENCH_PAGE, BENCH_PAGE);
	if (!spot.page)
		bench_fail("no memory");
	memset(spot.page, 1, BENCH_PAGE);
	crowd->member(crowd, &spot);
}

struct thread {
	const struct crowd *crowd;
	unsigned int self;
	pthread_t id;
};

static void *run_thread(void *data)
{
	const struct thread *thread = data;

	take_part(thread->crowd, thread->self);
	return NULL;
}

static _Noreturn void run_process(const struct crowd *crowd, unsigned int number)
{
	struct thread threads[CROWD_MOST];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_fail_to(rendezvous->reason);
	for (unsigned int i = 1; i < crowd->threads; i++) {
		threads[i] = (struct thread){crowd, number * crowd->threads + i, 0};
		errno = pthread_create(&threads[i].id, NULL, run_thread, &threads[i]);
		if (errno)
			bench_fail("thread: %s", strerror(errno));
	}
	take_part(crowd, number * crowd->threads);
	for (unsigned int i = 1; i < crowd->threads; i++)
		pthread_join(threads[i].id, NULL);
	_exit(0);
}

/* The other members wait for one that failed. */
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

static const char *misfit(const struct crowd_work *work, const struct bench_subject *subject)
{
	if (*subject->reason)
		return subject->reason;
	if (!subject->is_file)
		return "not to be read and written";
	if (work->for_device && !bench_is_ours(subject->path))
		return "it has no events";
	return NULL;
}

/* Each thread opens the subject and its counters: 256 of them need more than the usual 1024. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

bool crowd_run(struct crowd *crowd)
{
	const char *why = misfit(crowd->work, crowd->subject);
	pid_t children[CROWD_MOST] = {0};
	bool done;

	if (!rendezvous) {
		rendezvous = crowd_share(sizeof(*rendezvous));
		allow_descriptors();
	}
	memset(rendezvous, 0, sizeof(*rendezvous));
	if (why)
		snprintf(rendezvous->reason, BENCH_REASON, "%s", why);
	for (unsigned int i = 0; i < crowd->processes && !why; i++) {
		fflush(NULL);
		children[i] = fork();
		if (children[i] < 0)
			err(1, "fork");
		if (!children[i])
			run_process(crowd, i);
	}
	done = !why && await(children, crowd->processes);
	snprintf(crowd->reason, sizeof(crowd->reason), "%s", rendezvous->reason);
	return done;
}

/* Runs in a process of its own, because a full file system raises a signal. */
static void fill(const struct crowd *crowd, const struct crowd_spot *spot)
{
	size_t size = *(const size_t *)crowd->data;
	volatile char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, spot->fd, 0);

	if (memory == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	for (size_t i = 0; i < size; i += BENCH_PAGE)
		memory[i] = 1;
}

void crowd_make(struct bench_subject *subject)
{
	static const struct crowd_work work = {.name = "fill"};
	size_t size = crowd_processors() * CROWD_CHUNK;
	struct crowd crowd = {.work = &work,
			      .subject = subject,
			      .processes = 1,
			      .threads = 1,
			      .member = fill,
			      .data = &size};

	bench_subject_make(subject, size);
	if (!crowd_run(&crowd))
		snprintf(subject->reason, sizeof(subject->reason), "%s", crowd.reason);
}
