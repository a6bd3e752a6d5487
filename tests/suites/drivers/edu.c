// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu NODE registers: what a mapping of the registers shows, and that it stays read-only
 * edu NODE transfers: bytes go to the device and back, and nothing else changes
 * edu NODE events: the interrupt wakes who polls and who waits
 * edu NODE refusals: what is no transfer
 * edu NODE gone FILE WORD OTHER: writes WORD to FILE, of sysfs or the monitor's port, which takes
 *	the device from several processes that use it, and not the device OTHER
 * edu NODE map SECONDS: has it mapped, without a descriptor, whether or not the device goes
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <linux/mmapdemo.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "check.h"
#include "edu.h"

#define ID	  0x010000edU /* of the first register */
#define REGISTERS (1UL << 20) /* bytes */
#define BUFFER	  (16 * page)

static const char *node;

static int device(int flags)
{
	int fd = open(node, flags);

	if (fd < 0)
		fail(node);
	return fd;
}

static void *map(int fd, size_t length, int prot, int flags, off_t offset)
{
	return mmap(NULL, length, prot, flags, fd, offset);
}

static const volatile unsigned int *map_registers(int fd)
{
	void *at = map(fd, REGISTERS, PROT_READ, MAP_SHARED, EDU_REGISTERS);

	if (at == MAP_FAILED)
		fail("mmap of the registers");
	return at;
}

static unsigned char *map_buffer(int fd)
{
	void *at = map(fd, BUFFER, PROT_READ | PROT_WRITE, MAP_SHARED, 0);

	if (at == MAP_FAILED)
		fail("mmap of the buffer");
	return at;
}

static int start(int fd, off_t offset, unsigned int at, unsigned int length, unsigned int flags)
{
	struct edu_dma dma = {.offset = offset, .at = at, .length = length, .flags = flags};

	return ioctl(fd, EDU_IOCTL_DMA, &dma);
}

static int polled(int fd, int timeout)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	return poll(&poller, 1, timeout) == 1 ? poller.revents & (POLLIN | POLLHUP) : 0;
}

static int take_event(int fd)
{
	struct mmapdemo_wait wait = {.size = sizeof(wait), .events = MMAPDEMO_EVENT_KICK};

	return ioctl(fd, MMAPDEMO_IOCTL_WAIT, &wait);
}

static void finish(int fd)
{
	CHECK(polled(fd, 20000) == POLLIN);
	CHECK(take_event(fd) == 0);
}

/* fork(), whose child goes with its parent, which may have seen that something is not so. */
static pid_t child(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	CHECK(pid || prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	return pid;
}

static int refused(const void *at)
{
	return at == MAP_FAILED ? errno : 0;
}

/* Whether /proc/self/smaps has a flag for the mapping at an address. */
static int has_flag(const volatile void *at, const char *flag)
{
	char line[512], begin[32];
	FILE *file = fopen("/proc/self/smaps", "r");
	int found = 0, here = 0;

	CHECK(file);
	snprintf(begin, sizeof(begin), "%lx-", (unsigned long)at);
	while (fgets(line, sizeof(line), file)) {
		here |= !strncmp(line, begin, strlen(begin));
		if (!here || strncmp(line, "VmFlags:", 8))
			continue;
		found = strstr(line, flag) != NULL;
		break;
	}
	fclose(file);
	return found;
}

/* The kernel's own way around a mapping's protection, as debuggers use it. */
static int written_by_force(const volatile void *at)
{
	int fd = open("/proc/self/mem", O_RDWR), done;

	CHECK(fd >= 0);
	done = pwrite(fd, "xxxx", 4, (off_t)(unsigned long)at) > 0;
	close(fd);
	return done;
}

static int registers(void)
{
	int fd = device(O_RDWR), reader = device(O_RDONLY);
	const volatile unsigned int *at = map_registers(fd), *private;
	off_t last = EDU_REGISTERS + REGISTERS - page;
	int flags[] = {MAP_SHARED, MAP_PRIVATE};
	unsigned int i;

	CHECK(at[0] == ID);
	/* the driver stores the length of a transfer to a register */
	for (i = 9; i < 11; i++) {
		CHECK(start(fd, 5, 7, i, 0) == 0 && at[0x90 / 4] == i);
		finish(fd);
	}
	CHECK(map_registers(reader)[0] == ID);
	private = map(fd, page, PROT_READ, MAP_PRIVATE, EDU_REGISTERS);
	CHECK(private != MAP_FAILED && private[0] == ID);
	for (i = 0; i < 2; i++)
		CHECK(refused(map(fd, page, PROT_READ | PROT_WRITE, flags[i], EDU_REGISTERS)) ==
		      EACCES);
	CHECK(mprotect((void *)at, page, PROT_READ | PROT_WRITE) < 0 && errno == EACCES);
	CHECK(mprotect((void *)private, page, PROT_READ | PROT_WRITE) < 0 && errno == EACCES);
	CHECK(!written_by_force(at) && !written_by_force(private) && at[0] == ID);
	CHECK(has_flag(at, " pf") && has_flag(at, " io") && has_flag(at, " de") &&
	      has_flag(at, " dd"));
	CHECK(!has_flag(at, " mw"));

	CHECK(map(fd, page, PROT_READ, MAP_SHARED, last) != MAP_FAILED);
	CHECK(refused(map(fd, 2 * page, PROT_READ, MAP_SHARED, last)) == EINVAL);
	CHECK(refused(map(fd, page, PROT_READ, MAP_SHARED, last + page)) == EINVAL);
	CHECK(refused(map(fd, page, PROT_READ, MAP_SHARED, 1L << 62)) == EINVAL);
	CHECK(refused(mremap((void *)at, REGISTERS, 2 * REGISTERS, MREMAP_MAYMOVE)) == EFAULT);
	/* a mapping of the buffer does not reach the registers */
	at = map(fd, 2 * page, PROT_READ, MAP_SHARED, EDU_REGISTERS - page);
	CHECK(at != MAP_FAILED && dies((const char *)at + page));
	return 0;
}

/* A process with a mapping of its own compares it to `want' each time it is told to. */
static void compare(const unsigned char *want, int orders, int answers)
{
	const unsigned char *at = map_buffer(device(O_RDWR));
	long i, sum = 0;
	char order;

	for (i = 0; i < BUFFER; i++)
		sum += at[i]; /* all pages are mapped from now on */
	CHECK(write(answers, sum ? "?" : "0", 1) == 1);
	while (read(orders, &order, 1) == 1) {
		for (i = 0; i < BUFFER && at[i] == want[i]; i++)
			;
		if (i < BUFFER)
			printf("byte %ld: wanted %u, saw %u\n", i, want[i], at[i]);
		fflush(stdout);
		CHECK(write(answers, i < BUFFER ? "n" : "y", 1) == 1);
	}
	exit(0);
}

static const struct {
	int from_page, from, to_page, to, at, length;
} cases[] = {
	{0, 1, 1, 0, 0, EDU_MEMORY}, {2, 100, 3, 1001, 96, 2000}, {4, 4089, 5, 0, 4088, 7},
	{15, 1, 15, 4095, 5, 1},     {1, 0, 6, 1, 0, EDU_MEMORY},
};

static int transfers(void)
{
	int fd = device(O_RDWR), orders[2], answers[2], status;
	unsigned char *at = map_buffer(fd), answer;
	unsigned char *want =
		mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int i;
	long j;

	CHECK(want != MAP_FAILED && pipe(orders) == 0 && pipe(answers) == 0);
	memset(at, 0, BUFFER);
	if (!child()) {
		close(orders[1]);
		compare(want, orders[0], answers[1]);
	}
	CHECK(read(answers[0], &answer, 1) == 1 && answer == '0');
	for (j = 0; j < BUFFER; j++)
		at[j] = want[j] = j * 31 + j / 251;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		long from = cases[i].from_page * page + cases[i].from;
		long to = cases[i].to_page * page + cases[i].to;

		CHECK(start(fd, from, cases[i].at, cases[i].length, 0) == 0);
		finish(fd);
		/* the device alone has these bytes now */
		memmove(want + to, want + from, cases[i].length);
		if (from != to) {
			memset(at + from, i, cases[i].length);
			memset(want + from, i, cases[i].length);
		}
		CHECK(start(fd, to, cases[i].at, cases[i].length, EDU_DMA_TO_BUFFER) == 0);
		/* stores elsewhere during the transfer, in its page too, are not lost */
		for (j = 7; j < BUFFER; j += 1000)
			if (j < to || j >= to + cases[i].length)
				at[j] = want[j] = j + i;
		finish(fd);
		CHECK(write(orders[1], "c", 1) == 1);
		CHECK(read(answers[0], &answer, 1) == 1 && answer == 'y');
	}
	/* read(2) sees the same */
	CHECK(pread(fd, at, BUFFER, 0) == BUFFER && !memcmp(at, want, BUFFER));
	close(orders[1]);
	CHECK(wait(&status) > 0 && status == 0);
	return 0;
}

/* How many interrupts of the driver's devices there were. */
static long interrupts(void)
{
	char line[1024], *at, *end;
	FILE *file = fopen("/proc/interrupts", "r");
	long sum = 0, count;

	CHECK(file);
	while (fgets(line, sizeof(line), file)) {
		if (!strstr(line, " edu"))
			continue;
		/* the counts of the processors, up to the first word */
		at = strchr(line, ':') + 1;
		for (count = strtol(at, &end, 10); end != at; count = strtol(at, &end, 10)) {
			sum += count;
			at = end;
		}
	}
	fclose(file);
	return sum;
}

static int events(void)
{
	int fd = device(O_RDWR), later, status;
	long before = interrupts();
	pid_t waiter;

	CHECK(!polled(fd, 0));
	waiter = child();
	if (!waiter)
		exit(take_event(device(O_RDONLY)) == 0 ? 7 : 8);
	usleep(300000);
	CHECK(waitpid(waiter, &status, WNOHANG) == 0);
	CHECK(start(fd, 0, 0, 16, 0) == 0);
	CHECK(start(fd, 0, 0, 16, 0) < 0 && errno == EBUSY);
	CHECK(polled(fd, 20000) == POLLIN && polled(fd, 0) == POLLIN);
	CHECK(interrupts() == before + 1);
	CHECK(waitpid(waiter, &status, 0) == waiter && WIFEXITED(status) &&
	      WEXITSTATUS(status) == 7);
	/* a later file is told of later events alone */
	later = device(O_RDWR | O_NONBLOCK);
	CHECK(!polled(later, 0) && take_event(later) < 0 && errno == EAGAIN);
	CHECK(take_event(fd) == 0 && !polled(fd, 0));
	CHECK(start(fd, 0, 0, 16, EDU_DMA_TO_BUFFER) == 0);
	finish(fd);
	CHECK(polled(later, 0) == POLLIN && interrupts() == before + 2);
	return 0;
}

static int refusals(void)
{
	int fd = device(O_RDWR);
	const volatile unsigned int *at = map_registers(fd);
	struct edu_dma bad = {.length = 1};
	static const struct {
		long offset;
		unsigned int at, length, flags;
	} wrong[] = {
		{0, 0, 0, 0},
		{0, 0, 1, 2},
		{0, 0, 1, ~0U},
		{0, EDU_MEMORY, 1, 0},
		{0, 0, EDU_MEMORY + 1, 0},
		{0, 1, EDU_MEMORY, 0},
		{0, ~0U, 2, 0},
		{0, 1, ~0U, 0},
		{2, 0, EDU_MEMORY, 1},
		{4095, 0, 2, 1},
		{-1, 0, 1, 1},
		{-4096, 0, 1, 1},
		{1L << 40, 0, 1, 0},
		{1L << 62, 0, 1, 0},
	};
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		long offset = wrong[i].offset == 4095 ? page - 1 : wrong[i].offset;

		if (wrong[i].offset == 2 && page > 4096)
			continue; /* it lies in one page there */
		CHECK(start(fd, offset, wrong[i].at, wrong[i].length, wrong[i].flags) < 0 &&
		      errno == EINVAL);
	}
	CHECK(start(fd, BUFFER, 0, 1, 0) < 0 && errno == EINVAL);
	bad.reserved = 1;
	CHECK(ioctl(fd, EDU_IOCTL_DMA, &bad) < 0 && errno == EINVAL);
	CHECK(ioctl(fd, EDU_IOCTL_DMA, NULL) < 0 && errno == EFAULT);
	/* the struct is read from the registers, by a page fault in the middle of the command */
	CHECK(ioctl(fd, EDU_IOCTL_DMA, at) < 0 && errno == EINVAL);
	CHECK(ioctl(fd, _IO('E', 0x81)) < 0 && errno == ENOTTY);
	CHECK(start(device(O_RDONLY), 0, 0, 1, EDU_DMA_TO_BUFFER) < 0 && errno == EBADF);
	/* none of them has begun one */
	CHECK(start(fd, 0, 0, 1, 0) == 0);
	finish(fd);
	return 0;
}

static int ready[2]; /* a pipe: each child of `gone' says when it uses the device */

static void say_ready(int *said)
{
	if (!(*said)++)
		CHECK(write(ready[1], "r", 1) == 1);
}

/* Reads the first register until that is SIGBUS. */
static void register_reader(const volatile unsigned int *at)
{
	unsigned int value;
	int said = 0;

	while (load(at, &value) == 0) {
		CHECK(value == ID);
		say_ready(&said);
	}
}

/* Has a page fault for each read, until a mapping is refused or SIGBUS. */
static void register_mapper(int fd)
{
	const volatile unsigned int *at;
	unsigned int value = 0;
	int said = 0, signal = 0;

	while (!signal) {
		at = map(fd, page, PROT_READ, MAP_SHARED, EDU_REGISTERS);
		if (at == MAP_FAILED) {
			CHECK(errno == ENODEV);
			return;
		}
		signal = load(at, &value);
		CHECK(signal == SIGBUS || value == ID);
		CHECK(munmap((void *)at, page) == 0);
		say_ready(&said);
	}
}

static void buffer_toucher(int fd)
{
	char *at = (char *)map_buffer(fd);
	int said = 0;
	long i;

	for (i = 0; !dies(at + i * page % BUFFER); i++) {
		say_ready(&said);
		madvise(at, BUFFER, MADV_DONTNEED);
	}
}

static void transferrer(int fd)
{
	int said = 0;

	while (start(fd, 8 * page, 0, EDU_MEMORY, EDU_DMA_TO_BUFFER) == 0 || errno == EBUSY) {
		say_ready(&said);
		if (polled(fd, 20) == POLLIN)
			take_event(fd);
	}
	CHECK(errno == ENODEV);
}

static void waiter(int fd)
{
	int said = 0;

	while (take_event(fd) == 0)
		say_ready(&said);
	CHECK(errno == ENODEV);
}

static void children(int fd, const volatile unsigned int *inherited)
{
	if (!child()) {
		register_reader(map_registers(fd));
		exit(0);
	}
	if (!child()) {
		register_reader(inherited);
		exit(0);
	}
	if (!child()) {
		register_mapper(fd);
		exit(0);
	}
	if (!child()) {
		buffer_toucher(fd);
		exit(0);
	}
	if (!child()) {
		transferrer(device(O_RDWR));
		exit(0);
	}
	if (!child()) {
		waiter(device(O_RDONLY));
		exit(0);
	}
}

#define CHILDREN 6

static void store(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, word, strlen(word)) != (ssize_t)strlen(word))
		fail(path);
	close(fd);
}

static void check_gone(int fd)
{
	char byte = 'b';

	CHECK(polled(fd, 0) & POLLHUP);
	CHECK(start(fd, 0, 0, 1, 0) < 0 && errno == ENODEV);
	while (take_event(fd) == 0)
		; /* of transfers that had ended */
	CHECK(errno == ENODEV);
	CHECK(pread(fd, &byte, 1, 0) < 0 && errno == ENODEV);
	CHECK(pwrite(fd, &byte, 1, 0) < 0 && errno == ENODEV);
	CHECK(refused(map(fd, page, PROT_READ, MAP_SHARED, EDU_REGISTERS)) == ENODEV);
	CHECK(refused(map(fd, page, PROT_READ, MAP_SHARED, 0)) == ENODEV);
	CHECK(open(node, O_RDWR) < 0 && (errno == ENOENT || errno == ENODEV));
}

/*
 * The machine removes a device some time after it is asked to: the kernel learns of it by ACPI,
 * whose work is slow in an emulator, and would be slower beside children that never sleep. The
 * kernel takes the device out of sysfs when the driver's remove() has returned.
 */
static void wait_until_removed(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", node + strlen("/dev/edu-"));
	for (int i = 0; i < 30000 && access(path, F_OK) == 0; i++)
		usleep(10000);
}

static int gone(const char *path, const char *word, const char *other_node)
{
	int other = open(other_node, O_RDWR), fd = device(O_RDWR), i, status;
	const volatile unsigned int *at = map_registers(fd), *other_at = map_registers(other);
	volatile unsigned char *shared = map_buffer(fd), *other_shared = map_buffer(other);
	char *private = map(fd, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0), byte;
	int sysfs = strncmp(path, "/dev/", 5), users = sysfs ? CHILDREN : 0;

	CHECK(other >= 0 && private != MAP_FAILED && pipe(ready) == 0);
	private[page] = 'p';
	other_shared[0] = 'o';
	CHECK(!dies(at) && !dies((void *)shared) && other_at[0] == ID);
	if (users)
		children(fd, at);
	for (i = 0; i < users; i++)
		CHECK(read(ready[0], &byte, 1) == 1);
	/* a transfer runs: this one, or the transferrer's */
	CHECK(start(fd, 0, 0, EDU_MEMORY, EDU_DMA_TO_BUFFER) == 0 || errno == EBUSY);
	store(path, word);
	if (!sysfs)
		wait_until_removed();

	CHECK(dies(at) && dies((char *)at + page) && dies((void *)shared));
	CHECK(dies((char *)shared + page) && dies(private) && dies(private + page));
	check_gone(fd);
	for (i = 0; i < users; i++)
		CHECK(wait(&status) > 0 && status == 0);
	CHECK(munmap((void *)at, REGISTERS) == 0 && munmap((void *)shared, BUFFER) == 0);
	CHECK(other_at[0] == ID && other_shared[0] == 'o' && !polled(other, 0));
	return 0;
}

static int stay_mapped(unsigned int seconds)
{
	int fd = device(O_RDWR);
	const volatile unsigned int *at = map_registers(fd);

	CHECK(at[0] == ID && map_buffer(fd)[0] != 'x');
	close(fd);
	printf("mapped\n");
	fflush(stdout);
	sleep(seconds);
	return 0;
}

int main(int argc, char **argv)
{
	const char *test = argc > 2 ? argv[2] : "";

	begin();
	node = argv[1];
	if (!strcmp(test, "registers"))
		return registers();
	if (!strcmp(test, "transfers"))
		return transfers();
	if (!strcmp(test, "events"))
		return events();
	if (!strcmp(test, "refusals"))
		return refusals();
	if (!strcmp(test, "gone") && argc > 5)
		return gone(argv[3], argv[4], argv[5]);
	if (!strcmp(test, "map") && argc > 3)
		return stay_mapped(strtoul(argv[3], NULL, 0));
	fprintf(stderr, "edu: what?\n");
	return 2;
}
