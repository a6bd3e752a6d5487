// SPDX-License-Identifier: GPL-2.0-only
/*
 * consumer follow RECORDS [MICROSECONDS]: maps /dev/ticker, takes records, with a pause
 *	after each, and accounts for every number
 * consumer readonly: what a descriptor for reading does not allow
 * consumer damage: writes over the head in a mapping
 * consumer eventfd RECORDS: as follow, but waits by an eventfd
 * consumer told: has an eventfd and SIGIO when the device goes
 * consumer gone: has it mapped by several processes when the device goes
 * consumer map SECONDS: has it mapped, without a descriptor
 * consumer given MODULE: loads a module, which gives it a file of a buffer
 * consumer minimal: maps /dev/minimal until it is taken away
 * consumer inject PAGE: has each access to a page of /dev/mmapdemo fail
 * consumer created SEALS PROGRAM...: runs a program whose descriptor 3 is a created buffer of two
 *	pages, with these seals
 */
#include <fcntl.h>
#include <poll.h>
#include <linux/mmapdemo.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "check.h"
#include "ticker.h"

#define DEVICE	 "/dev/ticker"
#define GONE	 "/sys/class/misc/ticker/gone"
#define TOUCHERS 4

static int device(int flags)
{
	int fd = open(DEVICE, flags);

	if (fd < 0)
		fail(DEVICE);
	return fd;
}

/* The head's page says how much there is to map. */
static struct ticker_head *map(int fd, int prot, size_t *length)
{
	struct ticker_head *head = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);

	if (head == MAP_FAILED)
		fail("mmap");
	*length = head->offset + head->capacity * sizeof(struct ticker_record);
	munmap(head, page);
	head = mmap(NULL, *length, prot, MAP_SHARED, fd, 0);
	if (head == MAP_FAILED)
		fail("mmap");
	return head;
}

static __u64 head_now(const struct ticker_head *head)
{
	return __atomic_load_n(&head->head, __ATOMIC_ACQUIRE);
}

static int counter = -1; /* an eventfd, if the test waits by that */

static int set_eventfd(int fd, __u32 events)
{
	struct mmapdemo_eventfd set = {.size = sizeof(set), .events = events, .fd = counter};

	return ioctl(fd, MMAPDEMO_IOCTL_EVENTFD, &set);
}

static void wait_for_more(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	__u64 written;

	if (counter >= 0) {
		CHECK(read(counter, &written, sizeof(written)) == sizeof(written));
		return;
	}
	CHECK(poll(&poller, 1, 10000) == 1 && poller.revents == POLLIN);
	CHECK(read(fd, &written, sizeof(written)) == sizeof(written));
}

static int follow(unsigned long wanted, useconds_t pause)
{
	int fd = device(O_RDONLY);
	size_t length;
	struct ticker_head *head = map(fd, PROT_READ, &length);
	const struct ticker_record *ring = (void *)((char *)head + head->offset);
	__u64 first = head_now(head), next = first, time = 0, overruns = 0, taken = 0;

	CHECK(counter < 0 || set_eventfd(fd, MMAPDEMO_EVENT_KICK) == 0);
	while (taken < wanted) {
		struct ticker_record record;
		__u64 now = head_now(head);

		if (next >= now) {
			wait_for_more(fd);
			continue;
		}
		record = *(volatile const struct ticker_record *)&ring[next % head->capacity];
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		now = head_now(head);
		if (now - next >= head->capacity) {
			overruns += now - head->capacity + 1 - next;
			next = now - head->capacity + 1;
			continue;
		}
		CHECK(record.number == next);
		CHECK(record.check == ~next);
		CHECK(record.time >= time);
		time = record.time;
		taken++;
		next++;
		if (pause)
			usleep(pause);
	}
	CHECK(taken + overruns == next - first);
	printf("taken %llu overruns %llu\n", (unsigned long long)taken,
	       (unsigned long long)overruns);
	return 0;
}

static int readonly(void)
{
	int fd = device(O_RDONLY);
	__u64 small;
	size_t length;
	struct ticker_head *head = map(fd, PROT_READ, &length);

	CHECK(mmap(NULL, page, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
	CHECK(mprotect(head, page, PROT_READ | PROT_WRITE) < 0 && errno == EACCES);
	CHECK(write(fd, "x", 1) < 0 && errno == EBADF);
	CHECK(read(fd, &small, 7) < 0 && errno == EINVAL);
	return 0;
}

/* The driver writes the head anew from what it alone knows. */
static int damage(void)
{
	int fd = device(O_RDWR);
	size_t length;
	struct ticker_head *head = map(fd, PROT_READ | PROT_WRITE, &length);
	__u64 before = head_now(head), after;
	int tries;

	__atomic_store_n(&head->head, ~0ULL, __ATOMIC_RELEASE);
	for (tries = 0; tries < 1000 && head_now(head) == ~0ULL; tries++)
		usleep(10000);
	after = head_now(head);
	CHECK(after >= before && after < before + 10000000);
	return 0;
}

static int ready[2]; /* a pipe: each child of `gone' says when it has begun */

static void say_ready(void)
{
	CHECK(write(ready[1], "r", 1) == 1);
}

/* Has page faults until one is SIGBUS, which is the end that it wants. */
static void toucher(int fd, size_t length)
{
	char *at = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
	int tries;

	CHECK(at != MAP_FAILED && !dies(at));
	say_ready();
	for (tries = 0; tries < 1000000; tries++) {
		if (dies(at + tries * page % (length / page * page)))
			_exit(0);
		madvise(at, length, MADV_DONTNEED);
	}
	printf("no SIGBUS\n");
	_exit(1);
}

/* Waits in read() for records until there is no device. */
static void reader(void)
{
	int fd = device(O_RDONLY);
	__u64 written;

	say_ready();
	while (read(fd, &written, sizeof(written)) == sizeof(written))
		;
	CHECK(errno == ENODEV);
	_exit(0);
}

static void take_away(void)
{
	int fd = open(GONE, O_WRONLY);

	CHECK(fd >= 0 && write(fd, "1", 1) == 1);
	close(fd);
}

static int gone(void)
{
	int fd = device(O_RDONLY), i, status;
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	size_t length;
	char *shared = (char *)map(fd, PROT_READ, &length);
	char *private = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	__u64 written;
	char byte;

	CHECK(private != MAP_FAILED && pipe(ready) == 0);
	private[page] = 'p';
	CHECK(!dies(shared) && !dies(private + page));
	for (i = 0; i < TOUCHERS; i++)
		if (!fork())
			toucher(fd, length);
	if (!fork())
		reader();
	for (i = 0; i < TOUCHERS + 1; i++)
		CHECK(read(ready[0], &byte, 1) == 1);
	usleep(100000);
	take_away();
	CHECK(dies(shared) && dies(shared + page) && dies(private + page) && dies(private));
	for (i = 0; i < TOUCHERS + 1; i++)
		CHECK(wait(&status) > 0 && status == 0);
	CHECK(poll(&poller, 1, 0) == 1 && poller.revents & POLLHUP);
	while (read(fd, &written, sizeof(written)) == sizeof(written))
		;
	CHECK(errno == ENODEV);
	CHECK(mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ENODEV);
	CHECK(open(DEVICE, O_RDONLY) < 0 && errno == ENODEV);
	take_away();
	CHECK(dies(shared));
	CHECK(munmap(shared, length) == 0 && munmap(private, length) == 0);
	return 0;
}

/* The eventfd asks for what does not happen, but is told of the revoke; once, and SIGIO comes, too.
 */
static int gone_told(void)
{
	int fd = device(O_RDONLY);
	__u64 count = 0;
	sigset_t set;

	CHECK(sigemptyset(&set) == 0 && sigaddset(&set, SIGIO) == 0);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(set_eventfd(fd, MMAPDEMO_EVENT_WIPE) == 0);
	CHECK(fcntl(fd, F_SETOWN, getpid()) == 0);
	usleep(100000);
	CHECK(fcntl(counter, F_SETFL, O_NONBLOCK) == 0);
	CHECK(read(counter, &count, sizeof(count)) < 0 && errno == EAGAIN);
	CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) == 0);
	take_away();
	take_away();
	CHECK(read(counter, &count, sizeof(count)) == sizeof(count) && count == 1);
	CHECK(sigwaitinfo(&set, NULL) == SIGIO);
	CHECK(set_eventfd(fd, MMAPDEMO_EVENT_KICK) < 0 && errno == ENODEV);
	usleep(100000);
	CHECK(read(counter, &count, sizeof(count)) < 0 && errno == EAGAIN);
	return 0;
}

static int stay_mapped(unsigned int seconds)
{
	int fd = device(O_RDONLY);
	size_t length;
	char *at = (char *)map(fd, PROT_READ, &length);

	close(fd);
	printf("mapped\n");
	fflush(stdout);
	sleep(seconds);
	CHECK(!dies(at));
	return 0;
}

static int polled(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	return poll(&poller, 1, 0) == 1 && poller.revents & POLLIN;
}

/* The module has called mmapdemo_notify() once. */
static void take_event(int fd)
{
	struct mmapdemo_wait wait = {.size = sizeof(wait), .events = MMAPDEMO_EVENT_KICK};
	struct mmapdemo_wait bad = {.size = 8, .events = MMAPDEMO_EVENT_KICK};
	struct mmapdemo_info info = {.size = sizeof(info)};

	CHECK(polled(fd) && polled(fd));
	CHECK(ioctl(fd, MMAPDEMO_IOCTL_WAIT, &bad) < 0 && errno == EINVAL);
	bad.size = sizeof(bad);
	bad.reserved = 1;
	CHECK(ioctl(fd, MMAPDEMO_IOCTL_WAIT, &bad) < 0 && errno == EOPNOTSUPP);
	CHECK(ioctl(fd, MMAPDEMO_IOCTL_WAIT, NULL) < 0 && errno == EFAULT);
	CHECK(ioctl(fd, MMAPDEMO_IOCTL_INFO, &info) < 0 && errno == ENOTTY);
	CHECK(polled(fd));
	CHECK(ioctl(fd, MMAPDEMO_IOCTL_WAIT, &wait) == 0);
	CHECK(wait.events == MMAPDEMO_EVENT_KICK && wait.generation == 1);
	CHECK(!polled(fd));
	CHECK(ioctl(fd, MMAPDEMO_IOCTL_WAIT, &wait) < 0 && errno == EAGAIN);
}

static int given(const char *path)
{
	int module = open(path, O_RDONLY), fd = dup(module);
	char *at, byte = 'g';

	CHECK(module >= 0 && fd >= 0 && close(fd) == 0);
	CHECK(syscall(SYS_finit_module, module, "test=give", 0) == 0);
	take_event(fd);
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED && pwrite(fd, &byte, 1, 1) == 1 && at[1] == byte);
	at[2] = 'm';
	CHECK(pread(fd, &byte, 1, 2) == 1 && byte == 'm');
	CHECK(munmap(at, page) == 0 && close(fd) == 0);
	return 0;
}

/* A driver whose core has none of its parts: mappings work, and a revoke ends them. */
static int minimal(void)
{
	int fd = open("/dev/minimal", O_RDWR), other = open("/dev/minimal", O_RDWR);
	int gone = open("/sys/module/minimal/parameters/gone", O_WRONLY);
	size_t bytes = 4 << 20;
	char *at = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *same = mmap(NULL, bytes, PROT_READ, MAP_SHARED, other, 0);
	char *private = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, other, 0);

	CHECK(gone >= 0 && at != MAP_FAILED && same != MAP_FAILED && private != MAP_FAILED);
	CHECK(at[0] == 0 && at[bytes - 1] == 0 && dies(at + bytes));
	memset(at, 's', bytes);
	CHECK(same[0] == 's' && same[bytes - 1] == 's' && private[page] == 's');
	private[page] = 'p';
	CHECK(at[page] == 's' && private[page] == 'p');
	if (!fork()) {
		at[1] = 'c';
		_exit(0);
	}
	CHECK(wait(NULL) > 0 && same[1] == 'c');
	CHECK(read(fd, &(char){0}, 1) < 0 && errno == EINVAL);
	CHECK(ioctl(fd, MMAPDEMO_IOCTL_KICK, NULL) < 0 && errno == ENOTTY);

	CHECK(write(gone, "1", 1) == 1);
	CHECK(dies(at) && dies(same + bytes - 4) && dies(private + page));
	CHECK(mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ENODEV);
	CHECK(open("/dev/minimal", O_RDWR) < 0 && errno == ENODEV);
	return 0;
}

static int inject(unsigned long number)
{
	int fd = open("/dev/mmapdemo", O_RDWR);
	struct mmapdemo_injection injection = {
		.size = sizeof(injection),
		.offset = number * page,
		.length = page,
		.action = MMAPDEMO_INJECT_SIGBUS,
		.when = MMAPDEMO_INJECT_ALWAYS,
	};

	CHECK(fd >= 0 && ioctl(fd, MMAPDEMO_IOCTL_INJECT_SET, &injection) == 0);
	return 0;
}

static int created(unsigned int seals, char **program)
{
	struct mmapdemo_create create = {.size = sizeof(create), .bytes = 2 * page};
	struct mmapdemo_seal seal = {.size = sizeof(seal), .seals = seals};
	int device = open("/dev/mmapdemo", O_RDWR | O_CLOEXEC);
	int fd = ioctl(device, MMAPDEMO_IOCTL_CREATE, &create);

	if (fd < 0 || pwrite(fd, "mine", 4, 0) != 4 || ioctl(fd, MMAPDEMO_IOCTL_SEAL, &seal)) {
		perror("consumer: a created buffer");
		return 1;
	}
	/* Descriptor 3 may be the device's. */
	if (fd != 3 && dup2(fd, 3) != 3)
		return 1;
	fcntl(3, F_SETFD, 0);
	execv(program[0], program);
	perror(program[0]);
	return 1;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	begin();
	if (!strcmp(mode, "follow") && argc > 2)
		return follow(strtoul(argv[2], NULL, 0), argc > 3 ? strtoul(argv[3], NULL, 0) : 0);
	if (!strcmp(mode, "eventfd") && argc > 2) {
		counter = eventfd(0, EFD_CLOEXEC);
		return follow(strtoul(argv[2], NULL, 0), 0);
	}
	if (!strcmp(mode, "minimal"))
		return minimal();
	if (!strcmp(mode, "told")) {
		counter = eventfd(0, EFD_CLOEXEC);
		return gone_told();
	}
	if (!strcmp(mode, "readonly"))
		return readonly();
	if (!strcmp(mode, "damage"))
		return damage();
	if (!strcmp(mode, "gone"))
		return gone();
	if (!strcmp(mode, "map") && argc > 2)
		return stay_mapped(strtoul(argv[2], NULL, 0));
	if (!strcmp(mode, "given") && argc > 2)
		return given(argv[2]);
	if (!strcmp(mode, "inject") && argc > 2)
		return inject(strtoul(argv[2], NULL, 0));
	if (!strcmp(mode, "created") && argc > 3)
		return created(strtoul(argv[2], NULL, 0), argv + 3);
	fprintf(stderr, "consumer: what?\n");
	return 2;
}
