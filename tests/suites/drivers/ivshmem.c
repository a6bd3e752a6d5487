// SPDX-License-Identifier: GPL-2.0-only
/*
 * ivshmem NODE huge KIND: page faults that it takes to touch all memory; KIND: huge or small
 * ivshmem NODE same OTHER: the memory of another device is the same
 * ivshmem NODE reset FILE N: the memory stays, at its address, over N resets by FILE, of sysfs
 * ivshmem NODE refusals: what cannot be mapped
 * ivshmem NODE gone FILE WORD: writes WORD to FILE, of sysfs, which takes the device from two
 *	processes that have it mapped
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <linux/mmapdemo.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"
#include "ivshmem.h"

#define BYTES (16UL << 20)
#define HUGE  (2UL << 20)

static const char *node;

static int device(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		fail(path);
	return fd;
}

static unsigned char *map_memory(int fd)
{
	void *at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IVSHMEM_MEMORY);

	if (at == MAP_FAILED)
		fail("mmap of the memory");
	return at;
}

static const struct ivshmem_status *map_status(int fd)
{
	void *at = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		fail("mmap of the status");
	return at;
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static long touch_all(volatile unsigned char *memory, bool write)
{
	long before = faults();

	for (size_t at = 0; at < BYTES; at += page) {
		if (write)
			memory[at] = at >> 12;
		else
			(void)memory[at];
	}
	return faults() - before;
}

/* Some faults are the program's own. */
static bool about(long counted, long expected)
{
	return counted >= expected && counted < expected + 8;
}

/* Whether a load is SIGSEGV, in a child that has the same mappings. */
static int dies_unmapped(const volatile unsigned char *at)
{
	int ended;
	pid_t pid = fork();

	if (!pid)
		_exit(*at & 0);
	return waitpid(pid, &ended, 0) == pid && WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSEGV;
}

static int huge(bool huge)
{
	long expected = huge ? (long)(BYTES / HUGE) : (long)(BYTES / page);
	int fd = device(node, O_RDWR);
	unsigned char *memory;
	long counted;

	for (int write = 0; write < 2; write++) {
		memory = map_memory(fd);
		if ((unsigned long)memory % HUGE)
			CHECK(!huge);
		counted = touch_all(memory, write);
		if (!about(counted, expected)) {
			printf("%ld page faults, not %ld\n", counted, expected);
			return 1;
		}
		/* Writing to pages mapped for reading takes no more page faults if all is well. */
		counted = touch_all(memory, true);
		CHECK(counted <= expected);
		/* A part goes, and all the rest stays. */
		munmap(memory + page, page);
		CHECK(dies_unmapped(memory + page));
		CHECK(memory[0] == 0 && memory[2 * page] == 2 &&
		      memory[HUGE + page] == (unsigned char)((HUGE + page) >> 12));
		CHECK(!mprotect(memory + HUGE, HUGE, PROT_READ));
		CHECK(!mprotect(memory + HUGE, HUGE, PROT_READ | PROT_WRITE));
		memory[HUGE + 1] = 'p';
		CHECK(memory[HUGE + 1] == 'p');
		munmap(memory, BYTES);
	}
	/* Not aligned in memory as in the VMA: pages. */
	memory = mmap(NULL, HUGE, PROT_READ, MAP_SHARED, fd, IVSHMEM_MEMORY + page);
	CHECK(memory != MAP_FAILED && memory[0] == 1 && memory[HUGE - page] == (HUGE >> 12) % 256);
	return 0;
}

static int same(const char *other)
{
	unsigned char *mine = map_memory(device(node, O_RDWR));
	unsigned char *theirs = map_memory(device(other, O_RDWR));

	for (size_t at = 0; at < BYTES; at += page) {
		mine[at + at % 4093] = at >> 12;
		CHECK(theirs[at + at % 4093] == (unsigned char)(at >> 12));
	}
	theirs[BYTES - 1] = 'z';
	CHECK(mine[BYTES - 1] == 'z');
	CHECK(map_status(device(node, O_RDONLY))->bytes == BYTES);
	return 0;
}

static void write_file(const char *path, const char *word)
{
	int fd = device(path, O_WRONLY);

	if (write(fd, word, strlen(word)) != (ssize_t)strlen(word))
		fail(path);
	close(fd);
}

/* fork(), whose child goes with its parent. */
static pid_t child(void)
{
	pid_t pid = fork();

	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* Counts in the memory for ever; the parent sees the count by another mapping. */
static void count(volatile unsigned long *at)
{
	for (unsigned long n = 1;; n++) {
		*at = n;
		if (*at != n)
			exit(1);
	}
}

/* Maps, touches and unmaps, and has children meanwhile, for ever. */
static void map_again(int fd)
{
	for (unsigned int n = 0;; n++) {
		unsigned char *memory = map_memory(fd);
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (memory[n * HUGE % BYTES + page] != 'm')
			exit(1);
		munmap(memory + n * HUGE % BYTES, page);
		munmap(memory, BYTES);
		waitpid(pid, NULL, 0);
	}
}

static int take_event(int fd)
{
	struct mmapdemo_wait wait = {.size = sizeof(wait), .events = MMAPDEMO_EVENT_KICK};

	return ioctl(fd, MMAPDEMO_IOCTL_WAIT, &wait);
}

static int reset(const char *file, unsigned long times)
{
	int fd = device(node, O_RDWR);
	const volatile struct ivshmem_status *status = map_status(fd);
	unsigned char *memory = map_memory(fd);
	volatile unsigned long *counter = (void *)(memory + HUGE);
	unsigned long long resets = status->resets;
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	pid_t counting, mapping;
	int ended;

	/* A child does not inherit it. */
	CHECK(dies_unmapped(memory));
	memset(memory, 'm', BYTES);
	*counter = 0;
	counting = child();
	if (!counting)
		count((void *)(map_memory(fd) + HUGE));
	mapping = child();
	if (!mapping)
		map_again(fd);
	for (unsigned long i = 1; i <= times; i++) {
		unsigned long before = *counter;
		long taken;

		CHECK(poll(&poller, 1, 0) == 0);
		write_file(file, "1");
		CHECK(status->resets == resets + i);
		CHECK(poll(&poller, 1, 0) == 1 && poller.revents & POLLIN);
		CHECK(!take_event(fd));
		/* It was unmapped, and is there again. */
		taken = faults();
		CHECK(memory[0] == 'm' && memory[BYTES - 1] == 'm');
		CHECK(faults() - taken >= 2);
		/* The process that was using the memory goes on. */
		for (int wait = 0; *counter <= before && wait < 1000; wait++)
			usleep(10000);
		CHECK(*counter > before);
		CHECK(!waitpid(counting, &ended, WNOHANG) && !waitpid(mapping, &ended, WNOHANG));
	}
	kill(mapping, SIGKILL);
	CHECK(waitpid(mapping, &ended, 0) == mapping && WTERMSIG(ended) == SIGKILL);
	kill(counting, SIGKILL);
	CHECK(waitpid(counting, &ended, 0) == counting && WTERMSIG(ended) == SIGKILL);
	return 0;
}

static int maps(int fd, size_t length, int prot, int flags, off_t offset)
{
	return mmap(NULL, length, prot, flags, fd, offset) == MAP_FAILED ? errno : 0;
}

static int refusals(void)
{
	int fd = device(node, O_RDWR), reader = device(node, O_RDONLY);
	void *status;

	CHECK(maps(fd, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, IVSHMEM_MEMORY) == EINVAL);
	CHECK(maps(fd, page, PROT_READ, MAP_PRIVATE, IVSHMEM_MEMORY) == EINVAL);
	CHECK(maps(fd, BYTES + page, PROT_READ, MAP_SHARED, IVSHMEM_MEMORY) == EINVAL);
	CHECK(maps(fd, page, PROT_READ, MAP_SHARED, IVSHMEM_MEMORY + BYTES) == EINVAL);
	CHECK(maps(fd, page, PROT_READ, MAP_SHARED, IVSHMEM_MEMORY - page) == EINVAL);
	CHECK(maps(fd, page, PROT_READ, MAP_SHARED, page) == EINVAL);
	CHECK(maps(fd, 2 * page, PROT_READ, MAP_SHARED, 0) == EINVAL);
	CHECK(maps(reader, page, PROT_READ | PROT_WRITE, MAP_SHARED, IVSHMEM_MEMORY) == EACCES);
	CHECK(maps(reader, page, PROT_READ, MAP_SHARED, IVSHMEM_MEMORY) == 0);
	CHECK(maps(fd, page, PROT_READ | PROT_WRITE, MAP_SHARED, 0) == EACCES);
	status = (void *)map_status(fd);
	CHECK(mprotect(status, page, PROT_READ | PROT_WRITE) && errno == EACCES);
	CHECK(write(fd, "x", 1) < 0 && errno == EINVAL);
	return 0;
}

static int gone(const char *file, const char *word)
{
	int fd = device(node, O_RDWR), ready[2], ended;
	const struct ivshmem_status *status = map_status(fd);
	unsigned char *memory = map_memory(fd);
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	pid_t using;
	char byte;

	CHECK(!pipe(ready));
	using = child();
	if (!using) {
		/* Until SIGBUS, which the parent looks for. */
		signal(SIGBUS, SIG_DFL);
		memory = map_memory(fd);
		touch_all(memory, true);
		CHECK(write(ready[1], "r", 1) == 1);
		count((void *)memory);
	}
	CHECK(read(ready[0], &byte, 1) == 1);
	write_file(file, word);
	CHECK(waitpid(using, &ended, 0) == using && WIFSIGNALED(ended) &&
	      WTERMSIG(ended) == SIGBUS);
	CHECK(dies(memory) && dies(memory + HUGE) && dies(status));
	CHECK(poll(&poller, 1, 0) == 1 && poller.revents & POLLHUP);
	CHECK(maps(fd, page, PROT_READ, MAP_SHARED, IVSHMEM_MEMORY) == ENODEV);
	CHECK(read(fd, &byte, 1) < 0 && errno == ENODEV);
	CHECK(open(node, O_RDONLY) < 0 && errno == ENOENT);
	return 0;
}

int main(int argc, char **argv)
{
	const char *test = argc > 2 ? argv[2] : "";

	begin();
	node = argv[1];
	if (!strcmp(test, "huge") && argc > 3)
		return huge(!strcmp(argv[3], "huge"));
	if (!strcmp(test, "same") && argc > 3)
		return same(argv[3]);
	if (!strcmp(test, "reset") && argc > 4)
		return reset(argv[3], strtoul(argv[4], NULL, 0));
	if (!strcmp(test, "refusals"))
		return refusals();
	if (!strcmp(test, "gone") && argc > 4)
		return gone(argv[3], argv[4]);
	fprintf(stderr, "ivshmem: what?\n");
	return 2;
}
