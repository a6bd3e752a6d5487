// SPDX-License-Identifier: GPL-2.0-only
/*
 * All processes at once, and a second thread in each that only touches. The value of
 * a byte cannot be known then, but its possible values are: zero, and those that a few
 * patterns have at its place in the device, as nobody stores anything else. So a page
 * that shows up at a wrong place is seen, and one of somebody else's memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../number.h"
#include "fuzz.h"
#include "support/contents.h"

#define PATTERNS 4
#define PLACES	 96 /* pages of the crowd; after two huge pages' addresses */
#define CHILDREN 3

static struct board {
	_Atomic uint32_t over;
	_Atomic uint64_t done;
} * board;

static uint64_t state;
static int fd;
static pid_t children[CHILDREN];
static struct view {
	bool mapped, shared, writable;
	uint32_t dev;
} views[ARENA_PAGES];

static uint32_t any(uint32_t below)
{
	return (random_word(&state) >> 32) * below >> 32;
}

static unsigned char *address(uint32_t at)
{
	return ARENA + at * world->page;
}

/*** Possible values of bytes */

static void compare(const char *what, uint64_t offset, const unsigned char *seen, size_t length)
{
	static unsigned char patterns[PATTERNS][BURST_MOST];

	for (int i = 0; i < PATTERNS; i++)
		contents_pattern(patterns[i], length, offset, i);
	for (size_t i = 0; i < length; i++) {
		bool legal = !seen[i];

		for (int p = 0; p < PATTERNS; p++)
			legal |= seen[i] == patterns[p][i];
		if (!legal) {
			mismatch("%s: byte %#llx of the device is %#x, which nobody stored", what,
				 (unsigned long long)offset + i, seen[i]);
			return;
		}
	}
}

/* Concurrent operations of others may make this one fail, with these errors. */
static bool worked(const char *what, long result, int also)
{
	if (result >= 0)
		return true;
	if (errno != EBUSY && errno != EIO && errno != also)
		mismatch("%s: %s", what, strerrorname_np(errno));
	return false;
}

/*** Places */

static uint32_t any_place(void)
{
	return any(3) ? CROWD + any(PLACES) : any(2) * CHUNK + any(any(2) ? 16 : CHUNK);
}

static uint32_t any_count(uint32_t at)
{
	uint32_t most = at < CROWD ? CROWD - at : CROWD + PLACES - at;
	uint32_t count = any(6) ? 1 + any(8) : 1 + any(CHUNK);

	return count < most ? count : most;
}

static uint64_t any_byte(void)
{
	uint32_t page = any(3) ? any(24) + any(3) * CHUNK : any(DEVICE_PAGES);

	return (uint64_t)page * world->page + any(world->page);
}

static size_t any_length(void)
{
	return 1 + any(any(4) ? 64 : burst() - 1);
}

/*** Mappings */

static void forget(uint32_t at, uint32_t count)
{
	memset(&views[at], 0, count * sizeof(views[0]));
}

static void map_any(void)
{
	uint32_t at = any_place(), count = any_count(at);
	struct view view = {
		.mapped = true,
		.shared = any(2),
		.writable = any(4),
		.dev = any_byte() / world->page,
	};
	void *map;

	if (!any(6)) { /* where it can be huge */
		at = any(2) * CHUNK;
		count = CHUNK;
		view.dev = any(3) * CHUNK;
	}
	map = mmap(address(at), count * world->page, PROT_READ | (view.writable ? PROT_WRITE : 0),
		   MAP_FIXED | (view.shared ? MAP_SHARED : MAP_PRIVATE) |
			   (any(4) ? 0 : MAP_POPULATE),
		   fd, (off_t)view.dev * world->page);
	if (!worked("mmap", map == MAP_FAILED ? -1 : 0, 0))
		return;
	for (uint32_t i = at; i < at + count; i++, view.dev++)
		views[i] = view;
}

static void unmap_any(void)
{
	uint32_t at = any_place(), count = any_count(at);

	worked("munmap", munmap(address(at), count * world->page), 0);
	forget(at, count);
}

/* Where there are holes, some kernels do a part, and some nothing. */
static bool all_mapped(uint32_t at, uint32_t count)
{
	for (uint32_t i = at; i < at + count; i++)
		if (i == CROWD + PLACES || !views[i].mapped)
			return false;
	return true;
}

static void move_any(void)
{
	uint32_t from = any_place(), to = any_place(), count = 1 + any(4);

	if (!all_mapped(from, count) || to + count > CROWD + PLACES ||
	    (from < to + count && to < from + count))
		return;
	/* More than one VMA is EFAULT, and what was there is gone by then, or not. */
	if (mremap(address(from), count * world->page, count * world->page,
		   MREMAP_MAYMOVE | MREMAP_FIXED, address(to)) == MAP_FAILED) {
		worked("mremap", -1, EFAULT);
		munmap(address(to), count * world->page);
		munmap(address(from), count * world->page);
		forget(to, count);
	} else {
		memmove(&views[to], &views[from], count * sizeof(views[0]));
	}
	forget(from, count);
}

static void protect_any(void)
{
	uint32_t at = any_place(), count = 1 + any(4);
	bool writable = any(2);

	if (!all_mapped(at, count))
		return;
	worked("mprotect",
	       mprotect(address(at), count * world->page, PROT_READ | (writable ? PROT_WRITE : 0)),
	       0);
	for (uint32_t i = at; i < at + count; i++)
		views[i].writable = writable;
}

static void advise_any(void)
{
	static const int advices[] = {
		MADV_DONTNEED,	 MADV_COLD,   MADV_PAGEOUT,  MADV_HUGEPAGE,
		MADV_NOHUGEPAGE, MADV_RANDOM, MADV_WILLNEED, 22 /* MADV_POPULATE_READ */,
		23 /* _WRITE */,
	};
	uint32_t at = any_place(), count = any_count(at);

	madvise(address(at), count * world->page, advices[any(ARRAY_SIZE(advices))]);
}

/*** Bytes */

static void load_any(void)
{
	static unsigned char seen[PAGE_MOST];
	uint32_t at = any_place(), byte = any(world->page), length = 1 + any(32);
	const struct view *view = &views[at];
	struct fault fault;

	if (length > world->page - byte)
		length = world->page - byte;
	fault = touch_load(address(at) + byte, seen, length);
	if (fault.signo == SIGSEGV && view->mapped)
		mismatch("load of mapped page %u: SIGSEGV", at);
	else if (!fault.signo && !view->mapped)
		mismatch("load of page %u works, where nothing is mapped", at);
	else if (!fault.signo)
		compare("load", (uint64_t)view->dev * world->page + byte, seen, length);
}

static void store_any(void)
{
	static unsigned char bytes[PAGE_MOST];
	uint32_t at = any_place(), byte = any(world->page), length = 1 + any(32);
	const struct view *view = &views[at];
	struct fault fault;

	if (length > world->page - byte)
		length = world->page - byte;
	contents_pattern(bytes, length, (uint64_t)view->dev * world->page + byte, any(PATTERNS));
	fault = touch_store(address(at) + byte, bytes, length);
	if (fault.signo == SIGSEGV && view->mapped && view->writable)
		mismatch("store to writable page %u: SIGSEGV", at);
}

static void read_any(void)
{
	static unsigned char bytes[BURST_MOST];
	uint64_t at = any_byte();
	ssize_t got = pread(fd, bytes, any_length(), at);

	if (worked("pread", got, 0))
		compare("pread", at, bytes, got);
}

static void write_any(void)
{
	static unsigned char bytes[BURST_MOST];
	uint64_t at = any_byte();
	size_t length = any_length();

	contents_pattern(bytes, length, at, any(PATTERNS));
	worked("pwrite", pwrite(fd, bytes, length, at), ENOSPC);
}

/* A page onto itself, or its private copy into the device: where it belongs. */
static void write_from_any(void)
{
	uint32_t at = any_place();

	if (views[at].mapped &&
	    pwrite(fd, address(at), world->page, (off_t)views[at].dev * world->page) < 0 &&
	    errno != EFAULT)
		worked("pwrite of a mapping", -1, ENOSPC);
}

/* A reference to a page, kept for a while: what wants it gone finds it in use. */
static void splice_any(void)
{
	static unsigned char seen[PAGE_MOST];
	uint32_t at = any_place();
	struct iovec iov = {.iov_base = address(at), .iov_len = world->page};
	int ends[2];

	if (!views[at].mapped || pipe(ends))
		return;
	if (vmsplice(ends[1], &iov, 1, SPLICE_F_NONBLOCK) == (ssize_t)world->page) {
		sched_yield();
		read(ends[0], seen, world->page);
		compare("vmsplice", (uint64_t)views[at].dev * world->page, seen, world->page);
	}
	close(ends[0]);
	close(ends[1]);
}

/*** Commands */

static int command(unsigned long number, void *argument)
{
	return ioctl(fd, number, argument);
}

static void resize_any(void)
{
	struct mmapdemo_resize arg = {.size = sizeof(arg)};

	arg.bytes = (1 + any(any(2) ? DEVICE_PAGES - 1 : CHUNK)) * world->page;
	if (world->caps.reshapes)
		worked("RESIZE", command(MMAPDEMO_IOCTL_RESIZE, &arg), 0);
}

static void punch_any(void)
{
	struct mmapdemo_punch arg = {.size = sizeof(arg), .offset = any_byte()};

	arg.length = any(2) ? any_length() : any(2 * CHUNK * world->page) + 1;
	if (!any(3)) {
		arg.offset = any(3) * CHUNK * world->page;
		arg.length = CHUNK * world->page;
	}
	if (world->caps.reshapes)
		worked("PUNCH", command(MMAPDEMO_IOCTL_PUNCH, &arg), 0);
}

static void collapse_any(void)
{
	struct mmapdemo_collapse arg = {.size = sizeof(arg)};

	arg.offset = any(3) * CHUNK * world->page;
	arg.length = (1 + any(2)) * CHUNK * world->page;
	if (world->caps.reshapes)
		worked("COLLAPSE", command(MMAPDEMO_IOCTL_COLLAPSE, &arg), ENOMEM);
}

static void fill_any(void)
{
	struct mmapdemo_fill arg = {
		.size = sizeof(arg),
		.offset = any_byte(),
		.length = any_length(),
		.seed = any(PATTERNS),
	};

	worked("FILL", command(MMAPDEMO_IOCTL_FILL, &arg), EINVAL);
}

static void sum_any(void)
{
	struct mmapdemo_sum arg = {
		.size = sizeof(arg),
		.offset = any_byte(),
		.length = any_length(),
	};

	worked("SUM", command(MMAPDEMO_IOCTL_SUM, &arg), EINVAL);
}

static void rule_any(void)
{
	struct mmapdemo_injection arg = {
		.size = sizeof(arg),
		.offset = any_byte() / world->page * world->page,
		.length = (1 + any(3)) * world->page,
		.action = 1 + any(3),
	};

	if (arg.action == MMAPDEMO_INJECT_COUNT)
		arg.delay = any(100);
	else if (any(2)) {
		arg.when = MMAPDEMO_INJECT_NTH;
		arg.n = 1 + any(4);
	}
	if (any(3)) {
		arg = (struct mmapdemo_injection){.size = sizeof(arg)};
		arg.length = DEVICE_PAGES * world->page;
	}
	worked("INJECT_SET", command(MMAPDEMO_IOCTL_INJECT_SET, &arg), 0);
}

static void wipe_any(void)
{
	struct mmapdemo_wipe arg = {.size = sizeof(arg), .flags = MMAPDEMO_WIPE_SET_POLICY};

	arg.policy = any(4);
	if (!any(4))
		arg.flags |= MMAPDEMO_WIPE_NOW;
	worked("WIPE", command(MMAPDEMO_IOCTL_WIPE, &arg), 0);
}

static void events_any(void)
{
	struct mmapdemo_kick kick = {.size = sizeof(kick)};
	struct mmapdemo_wait wait = {.size = sizeof(wait), .events = 1 + any(15)};
	struct mmapdemo_info info;

	worked("KICK", command(MMAPDEMO_IOCTL_KICK, &kick), 0);
	worked("WAIT", command(MMAPDEMO_IOCTL_WAIT, &wait), EAGAIN);
	if (get_info(&info) && info.resident > DEVICE_PAGES * world->page)
		mismatch("INFO: resident %llu", (unsigned long long)info.resident);
}

static void reopen(void)
{
	close(fd);
	fd = open(world->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		mismatch("open: errno %d", errno);
}

/*** Processes */

static void fork_any(void)
{
	pid_t *child = &children[any(CHILDREN)];

	if (*child) {
		if (any(2))
			kill(*child, SIGKILL);
		waitpid(*child, NULL, 0);
		*child = 0;
		return;
	}
	*child = fork();
	if (*child)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < 400 && !world->failed && !board->over; i++) {
		load_any();
		store_any();
		if (!any(16))
			unmap_any();
	}
	_exit(0);
}

static const struct {
	void (*run)(void);
	uint32_t weight;
} roles[] = {
	{load_any, 300},   {store_any, 300},	 {read_any, 80},   {write_any, 80},
	{map_any, 60},	   {unmap_any, 30},	 {move_any, 20},   {protect_any, 30},
	{advise_any, 30},  {write_from_any, 20}, {splice_any, 10}, {resize_any, 6},
	{punch_any, 12},   {fill_any, 30},	 {sum_any, 20},	   {rule_any, 20},
	{wipe_any, 2},	   {events_any, 10},	 {reopen, 6},	   {fork_any, 3},
	{collapse_any, 6},
};

static void any_role(void)
{
	uint32_t sum = 0, at;
	size_t i = 0;

	for (size_t n = 0; n < ARRAY_SIZE(roles); n++)
		sum += roles[n].weight;
	for (at = any(sum); at >= roles[i].weight; i++)
		at -= roles[i].weight;
	roles[i].run();
}

/* Faults of the same process while its mappings change: only that they end is seen. */
static void *touch_all(void *argument)
{
	uint64_t own = (uintptr_t)argument;
	unsigned char byte;

	while (!board->over && !world->failed) {
		uint32_t place = random_word(&own) % (CROWD + PLACES);

		touch_load(address(place), &byte, 1);
		if (!(own & 15))
			usleep(1);
	}
	return NULL;
}

static void process(unsigned int index, uint64_t seed, uint64_t steps)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	state = seed + index;
	fd = open(world->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || pthread_create(&thread, NULL, touch_all, (void *)(uintptr_t)(index + 1)))
		mismatch("process %u cannot begin: errno %d", index, errno);
	for (uint64_t i = 0; (!steps || i < steps) && !board->over && !world->failed; i++) {
		any_role();
		atomic_fetch_add(&board->done, 1);
	}
	for (int i = 0; i < CHILDREN; i++)
		if (children[i]) {
			kill(children[i], SIGKILL);
			waitpid(children[i], NULL, 0);
		}
	_exit(0);
}

/*** The end: all is as if nothing had been */

static void check_end(uint32_t opens)
{
	static unsigned char seen[BURST_MOST];
	struct mmapdemo_info info;
	ssize_t got;

	if (!get_info(&info))
		return;
	expect("INFO: vmas", 0, info.vmas);
	expect("INFO: opens", opens, info.opens);
	if (info.resident > info.bytes)
		mismatch("INFO: more resident than there is");
	for (off_t at = 0; (got = pread(FD_BASE, seen, sizeof(seen), at)) > 0; at += got)
		compare("pread of all", at, seen, got);
	device_restore();
	if (!get_info(&info))
		return;
	expect("INFO: rules", 0, info.rules);
	if (world->caps.reshapes)
		expect("INFO: resident", 0, info.resident);
}

static void heal_all(void)
{
	struct mmapdemo_injection heal = {.size = sizeof(heal), .length = 1ULL << 40};
	struct mmapdemo_wipe wipe = {.size = sizeof(wipe), .flags = MMAPDEMO_WIPE_SET_POLICY};

	if (ioctl(FD_BASE, MMAPDEMO_IOCTL_INJECT_SET, &heal) ||
	    ioctl(FD_BASE, MMAPDEMO_IOCTL_WIPE, &wipe))
		mismatch("healing: errno %d", errno);
}

/*
 * Where each thread of the crowd is in the kernel. The driver says what a process died of;
 * only these lines say what keeps one alive.
 */
static void show_threads(void)
{
	static const char command[] =
		"for task in /proc/[0-9]*/task/[0-9]*; do"
		" grep -q mmapdemo-fuzz $task/comm || continue;"
		" echo \"$task: $(grep State $task/status), system call $(cat $task/syscall)\";"
		" cat $task/stack; done";

	fflush(stdout);
	if (system(command))
		printf("the threads' stacks cannot be read\n");
}

/* Until all have ended; who does not, a good while after the end, hangs. */
static void await_all(const pid_t *pids, unsigned int processes, unsigned int seconds)
{
	time_t over = time(NULL) + seconds;

	for (unsigned int i = 0; i < processes; i++) {
		int status = 0;

		while (!waitpid(pids[i], &status, WNOHANG)) {
			usleep(20000);
			if ((seconds && time(NULL) >= over) || world->failed)
				board->over = 1;
			if (seconds && time(NULL) >= over + 60) {
				mismatch("process %u does not end", i);
				show_threads();
				kill(pids[i], SIGKILL);
			}
		}
		if (status)
			mismatch("process %u ended with status %#x", i, status);
	}
	board->over = 1;
}

bool chaos(unsigned int processes, uint64_t seed, unsigned int seconds, uint64_t steps,
	   uint64_t *done)
{
	pid_t pids[WORKERS];
	unsigned int started = 0;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (board == MAP_FAILED)
		mismatch("memory: errno %d", errno);
	for (; started < processes && !world->failed; started++) {
		pids[started] = fork();
		if (!pids[started])
			process(started, seed, (steps + processes - 1) / processes);
		if (pids[started] < 0) {
			mismatch("fork: errno %d", errno);
			break;
		}
	}
	await_all(pids, started, seconds);
	heal_all();
	check_end(world->others + 2);
	*done = board->done;
	if (world->failed)
		printf("chaos: %s\n", world->why);
	return !world->failed;
}
