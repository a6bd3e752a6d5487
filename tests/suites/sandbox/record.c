// SPDX-License-Identifier: GPL-2.0-only
/*
 * record DEVICE <SEQUENCES
 *
 * A sequence is a line of operations of process A and of its child B, as in "Ap As0 Af Bl0": each
 * is a process, an operation and a page. record prints the kernel's release, and then a line for
 * each sequence, which it runs from a fresh state:
 *
 *	result, page faults, VMAs of A and B, frames of A and B, map counts, contents of A, B and
 * device
 *
 * Result and page faults are those of the last operation. The device's pages are frames 0 to 3;
 * others are a, b, ... in the order in which they are seen, first before the last operation and
 * then after it, so a frame that stays keeps its letter.
 *
 * To fork at each prefix of the sequences would be faster, but would change what record looks at:
 * fork() write-protects entries. So each sequence begins anew. Contents are read last, because
 * reading a page may map it. record needs root, and a machine of one processor: a page that waits
 * for the LRU in a batch of another processor has one reference more, so the kernel copies and does
 * not reuse it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 4

struct operation {
	char process, what, page;
};

struct result {
	char said[16];
	char contents[PAGES + 1];
	long faults;
};

struct process {
	pid_t pid;
	int pagemap;
	int to, from; /* pipes, of the child only */
};

/* aligned as fault-around's ranges are */
static char *const area = (char *)0x200000000;
static long page_size;
static int device, kpagecount;
static uint64_t device_frames[PAGES];
static struct process processes[2];
static sigjmp_buf back;
static char letter;
static const char letters[] = "KLMNOPQRSTUVWXYZ";

static void caught(int signal)
{
	siglongjmp(back, signal);
}

static long faults(void)
{
	static struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		err(1, "getrusage");
	return usage.ru_minflt;
}

/* Loads, or stores @letter, and says what was read or written, or the signal. */
static __attribute__((noinline)) int access_page(int page, bool store)
{
	volatile char *at = area + page * page_size;
	int signal = sigsetjmp(back, 1);

	if (signal)
		return -signal;
	if (store)
		*at = letter;
	return store ? letter : *at;
}

/*
 * The kernel writes to the area of rseq(2) when it has preempted a process. After fork() that may
 * be a page fault, which is not the access's.
 */
static void touch_rseq(void)
{
	struct rseq *area_of_thread = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);

	*(volatile __u64 *)&area_of_thread->rseq_cs = 0;
}

static void run_access(struct result *result, int page, bool store)
{
	long before;
	int seen;

	/* Page faults of this code are over before those of the access are counted. */
	touch_rseq();
	sigsetjmp(back, 1);
	faults();
	before = faults();
	seen = access_page(page, store);
	result->faults = faults() - before;
	if (seen >= 0) {
		snprintf(result->said, sizeof(result->said), "ok:%c", seen);
		return;
	}
	result->faults = 0;
	snprintf(result->said, sizeof(result->said), "%s", seen == -SIGSEGV ? "SIGSEGV" : "SIGBUS");
}

static void run_call(struct result *result, char what, int page)
{
	char *at = area + page * page_size;
	int status = 0;

	switch (what) {
	case 'h':
	case 'p':
		if (mmap(area, PAGES * page_size, PROT_READ | PROT_WRITE,
			 MAP_FIXED | (what == 'h' ? MAP_SHARED : MAP_PRIVATE), device,
			 0) == MAP_FAILED)
			status = -1;
		break;
	case 'u':
		status = munmap(at, page_size);
		break;
	case 'r':
		status = mprotect(at, page_size, PROT_READ);
		break;
	case 'w':
		status = mprotect(at, page_size, PROT_READ | PROT_WRITE);
		break;
	case 'd':
		status = madvise(at, page_size, MADV_DONTNEED);
		break;
	default:
		errx(1, "no such operation: %c", what);
	}
	snprintf(result->said, sizeof(result->said), "%s", status ? strerrorname_np(errno) : "ok");
}

static void read_contents(struct result *result)
{
	for (int page = 0; page < PAGES; page++) {
		int seen = access_page(page, false);

		result->contents[page] = seen < 0 ? '-' : seen;
	}
}

/* 'c': the contents of all pages */
static struct result perform(struct operation operation)
{
	struct result result = {};
	int page = operation.page - '0';

	if (operation.what == 'l' || operation.what == 's')
		run_access(&result, page, operation.what == 's');
	else if (operation.what == 'c')
		read_contents(&result);
	else
		run_call(&result, operation.what, operation.page ? page : 0);
	return result;
}

static void send(int to, const void *what, size_t size)
{
	if (write(to, what, size) != (ssize_t)size)
		err(1, "write to the other process");
}

static bool receive(int from, void *what, size_t size)
{
	ssize_t got = read(from, what, size);

	if (got != 0 && got != (ssize_t)size)
		err(1, "read from the other process");
	return got;
}

struct order {
	struct operation operation;
	char letter;
};

static void child(int from, int to)
{
	struct order order;

	while (receive(from, &order, sizeof(order))) {
		struct result result;

		letter = order.letter;
		result = perform(order.operation);
		send(to, &result, sizeof(result));
	}
	_exit(0);
}

static int open_of(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void begin_child(void)
{
	int orders[2], results[2];
	pid_t pid;

	if (pipe(orders) || pipe(results))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		close(orders[1]);
		close(results[0]);
		child(orders[0], results[1]);
	}
	close(orders[0]);
	close(results[1]);
	processes[1] = (struct process){pid, open_of(pid, "pagemap"), orders[1], results[0]};
}

static void end_child(void)
{
	struct process *b = &processes[1];
	int status;

	if (!b->pid)
		return;
	close(b->to);
	close(b->from);
	close(b->pagemap);
	if (waitpid(b->pid, &status, 0) != b->pid || status)
		errx(1, "process B ended with status %d", status);
	b->pid = 0;
}

static struct result dispatch(struct operation operation)
{
	struct order order = {operation, letter};
	struct result result = {};

	if (operation.process == 'A')
		return perform(operation);
	send(processes[1].to, &order, sizeof(order));
	if (!receive(processes[1].from, &result, sizeof(result)))
		errx(1, "process B is gone");
	return result;
}

static struct result step(struct operation operation)
{
	if (operation.what == 'f') {
		begin_child();
		return (struct result){.said = "ok"};
	}
	return dispatch(operation);
}

/* The frames of the pages of @area, 0 where the entry is not present */
static void read_frames(int pagemap, uint64_t frames[PAGES])
{
	ssize_t size = PAGES * sizeof(frames[0]);

	if (pread(pagemap, frames, size, (uintptr_t)area / page_size * sizeof(frames[0])) != size)
		err(1, "pagemap");
	for (int page = 0; page < PAGES; page++)
		frames[page] = frames[page] >> 63 ? frames[page] & ((1ull << 55) - 1) : 0;
}

static void print_vmas(pid_t pid)
{
	static char maps[16384];
	int fd = open_of(pid, "maps");
	size_t have = 0;
	ssize_t got;
	bool any = false;

	while ((got = read(fd, maps + have, sizeof(maps) - 1 - have)) > 0)
		have += got;
	close(fd);
	maps[have] = 0;
	for (char *line = strtok(maps, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long first, end;
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &first, &end, rights) != 3)
			errx(1, "maps: %s", line);
		if (first < (uintptr_t)area || end > (uintptr_t)area + PAGES * page_size)
			continue;
		printf("%s%lu-%lu%c%c%c", any ? "," : "", (first - (uintptr_t)area) / page_size,
		       (end - (uintptr_t)area) / page_size - 1, rights[0], rights[1], rights[3]);
		any = true;
	}
	printf("%s ", any ? "" : "-");
}

static char name_of(uint64_t frame, uint64_t *known, int *count)
{
	int i;

	if (!frame)
		return '-';
	for (i = 0; i < PAGES; i++)
		if (device_frames[i] == frame)
			return '0' + i;
	for (i = 0; i < *count && known[i] != frame; i++)
		;
	if (i == *count)
		known[(*count)++] = frame;
	return 'a' + i;
}

static char map_count(uint64_t frame)
{
	uint64_t count;

	if (!frame)
		return '-';
	if (pread(kpagecount, &count, sizeof(count), frame * sizeof(count)) != sizeof(count))
		err(1, "kpagecount");
	return count < 10 ? '0' + count : '?';
}

static void read_all_frames(uint64_t frames[2 * PAGES])
{
	memset(frames, 0, 2 * PAGES * sizeof(frames[0]));
	for (int number = 0; number < 2; number++)
		if (processes[number].pid)
			read_frames(processes[number].pagemap, frames + number * PAGES);
}

/* @before: the frames before the operation */
static void print_tables(const uint64_t before[2 * PAGES])
{
	uint64_t frames[2 * PAGES], known[4 * PAGES];
	int count = 0;

	for (int i = 0; i < 2 * PAGES; i++)
		name_of(before[i], known, &count);
	read_all_frames(frames);
	for (int i = 0; i < 2 * PAGES; i++)
		printf("%s%c", i == PAGES ? " " : "", name_of(frames[i], known, &count));
	for (int i = 0; i < 2 * PAGES; i++)
		printf("%s%c", i % PAGES ? "" : " ", map_count(frames[i]));
}

static void print_contents(void)
{
	struct result result;

	for (int number = 0; number < 2; number++) {
		if (!processes[number].pid) {
			printf(" ----");
			continue;
		}
		result = dispatch((struct operation){"AB"[number], 'c', 0});
		printf(" %s", result.contents);
	}
	putchar(' ');
	for (int page = 0; page < PAGES; page++) {
		char c;

		if (pread(device, &c, 1, page * page_size) != 1)
			err(1, "read of the device");
		putchar(c);
	}
	putchar('\n');
}

static void reset(void)
{
	end_child();
	if (munmap(area, PAGES * page_size))
		err(1, "munmap");
	for (int page = 0; page < PAGES; page++)
		if (pwrite(device, &"abcd"[page], 1, page * page_size) != 1)
			err(1, "write to the device");
}

static void run_sequence(char *line)
{
	struct result result = {};
	uint64_t before[2 * PAGES];
	int stores = 0;

	reset();
	for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
		letter = letters[stores % (sizeof(letters) - 1)];
		stores += word[1] == 's';
		read_all_frames(before);
		result = step((struct operation){word[0], word[1], word[2]});
	}
	printf("%s %ld ", result.said, result.faults);
	for (int number = 0; number < 2; number++) {
		if (processes[number].pid)
			print_vmas(processes[number].pid);
		else
			printf("- ");
	}
	print_tables(before);
	print_contents();
}

/* The device's frames, which must stay where they are while this program runs */
static void find_device(uint64_t frames[PAGES])
{
	struct result result;

	reset();
	result = perform((struct operation){'A', 'h', 0});
	if (strcmp(result.said, "ok"))
		errx(1, "mmap: %s", result.said);
	read_contents(&result);
	if (strcmp(result.contents, "abcd"))
		errx(1, "the device's pages begin with %s, and not abcd", result.contents);
	read_frames(processes[0].pagemap, frames);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = caught};
	uint64_t after[PAGES];
	struct utsname system;
	char line[256];

	if (argc != 2)
		errx(2, "usage: record DEVICE <SEQUENCES");
	page_size = sysconf(_SC_PAGESIZE);
	device = open(argv[1], O_RDWR);
	if (device < 0)
		err(1, "%s", argv[1]);
	kpagecount = open("/proc/kpagecount", O_RDONLY);
	if (kpagecount < 0)
		err(1, "/proc/kpagecount");
	if (sigaction(SIGSEGV, &action, NULL) || sigaction(SIGBUS, &action, NULL))
		err(1, "sigaction");
	processes[0] = (struct process){.pid = getpid(), .pagemap = open_of(getpid(), "pagemap")};
	find_device(device_frames);
	for (int page = 0; page < PAGES; page++)
		if (!device_frames[page])
			errx(1, "no frame numbers: not root?");
	if (uname(&system))
		err(1, "uname");
	puts(system.release);
	while (fgets(line, sizeof(line), stdin)) {
		fflush(stdout);
		run_sequence(line);
	}
	find_device(after);
	if (memcmp(after, device_frames, sizeof(after)))
		errx(1, "the kernel has moved the device's pages");
	end_child();
	return 0;
}
