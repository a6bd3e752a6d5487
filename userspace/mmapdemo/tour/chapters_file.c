// SPDX-License-Identifier: GPL-2.0-only
/* Chapters on mapping, on the device as a file, and on memory without one. */
#include "actor.h"

static char *p, *q, *mine, *shared, text[32];
static volatile char c;
static int fd;
static pid_t child;

static void run_mapping(void)
{
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "hello", 6, 0));
	DO(p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	expect_vmas(1, "the process has a range of addresses for the device: a VMA");
	expect_absent(p, "no entry is present yet: the first access to a page makes one");
	expect_events("mmap", 1, "the kernel called the module's mmap once");
	RUN(c = p[0]);
	expect(c == 'h', "a load returns the device's byte", "'%c'", c);
	expect_present(p, true, "the load took a page fault, and the kernel mapped the page");
	because("The processor found no entry, and raised a page fault. The kernel found the "
		"VMA, asked the driver for the page, and wrote the entry. Then the load ran "
		"again.");
	RUN(strcpy(p, "HELLO"));
	expect_events("fault", 0, "the page is mapped, so that a store takes no page fault");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "HELLO", "read() returns what was stored");
	DO(munmap(p, page));
	expect_vmas(0, "the range is gone");
}

const struct tour_chapter tour_mapping = {
	.name = "mapping",
	.rows = "S1 S7",
	.title = "what mapping is",
	.says = "mmap() makes the bytes of a file or a device appear as memory. The call only "
		"reserves addresses. The first access to a page takes a page fault, which maps a "
		"frame: a page of real memory. Later loads and stores need no system call.",
	.roles = {"process", ""},
	.run = run_mapping,
};

static void run_file(void)
{
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "in page two", 12, 2 * page));
	DO(p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 2 * page));
	expect_absent(p, "mmap() makes no entry");
	RUN(c = p[0]);
	expect_text(p, "in page two", "the mapping begins at its offset");
	RUN(strcpy(p + page - 3, "across"));
	expect_other(frame(p), frame(p + page), "neighbouring pages have different frames");
	DO(pread(fd, text, sizeof(text), 3 * page - 3));
	expect_text(text, "across", "read() sees what was stored across the border of two pages");
	DO(pwrite(fd, "by write", 9, 3 * page));
	expect_text(p + page, "by write", "the mapping shows what write() wrote");
	DO(close(fd));
	expect_text(p + page, "by write", "the mapping outlives the descriptor");
	DO(munmap(p, 2 * page));
	DO(fd = open(path, O_RDWR));
	DO(pread(fd, text, sizeof(text), 2 * page));
	expect_text(text, "in page two", "the contents outlive the mapping");
}

const struct tour_chapter tour_file = {
	.name = "file",
	.rows = "S1 S7",
	.title = "backed by a file",
	.says = "A shared mapping shows the file's own pages. read(), write() and all mappings "
		"see the same bytes at once, because there is only one copy of them.",
	.roles = {"process", ""},
	.run = run_file,
};

static void run_anonymous(void)
{
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "the device's", 13, 0));
	DO(p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0));
	DO(mine = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	tour_watch(mine, page);
	DO(shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	tour_watch(shared, page);
	expect_vmas(1, "one of these three VMAs is the device's");
	expect_absent(mine, "the kernel has given no memory yet");
	RUN(c = mine[0] + shared[0]);
	expect_zeros(mine, page, "anonymous memory begins as zeros");
	expect_zeros(shared, page, "shared anonymous memory begins as zeros, too");
	RUN(strcpy(mine, "mine"));
	RUN(strcpy(shared, "shared"));
	expect_text(p, "the device's", "the stores did not change the device");
	expect_other(frame(mine), frame(p), "private anonymous memory has another frame");
	expect_other(frame(shared), frame(mine), "shared anonymous memory has a frame of its own");
	DO(child = fork());
	if (!child) {
		RUN(strcpy(mine, "the child's"));
		RUN(strcpy(shared, "the child's"));
		expect_text(mine, "the child's", "the child sees its own stores");
		tour_pass();
		tour_leave();
	}
	tour_pass();
	tour_join(child);
	expect_text(mine, "mine", "private: the parent does not see the child's store");
	expect_text(shared, "the child's", "shared: the parent sees the child's store");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "the device's", "no store reached the device");
}

const struct tour_chapter tour_anonymous = {
	.name = "anonymous",
	.rows = "S2",
	.title = "memory with no file behind it",
	.says = "MAP_ANONYMOUS gives zeroed memory that belongs to no file. malloc() gets its "
		"memory so. A process has it for itself (MAP_PRIVATE), or shares it with its "
		"children (MAP_SHARED).",
	.roles = {"parent", "child"},
	.run = run_anonymous,
};

/* The second process compares with these facts of the first one; storing them is no step. */
static struct known {
	uint64_t frame;
	char *address;
} * known;

static void second_process(void)
{
	DO(fd = open(path, O_RDWR));
	ask("The second process maps the same bytes. Will its address be the same? Its frame?");
	DO(q = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	expect_vmas(2, "each of the two processes has its own VMA");
	expect(q != known->address, "the address is another one", "%p, and %p", q, known->address);
	expect_absent(q, "its page table has no entry yet");
	RUN(c = q[0]);
	expect_text(q, "stored by the first", "the second process sees the first one's store");
	expect_same(frame(q), known->frame, "both processes have the same frame");
	because("Addresses belong to a process; the page cache belongs to the device. Both "
		"page tables have an entry for the one frame that holds page 0.");
	RUN(strcpy(q, "stored by the second"));
	expect_same(frame(q), known->frame, "the store is in the frame that both have");
	tour_pass();
	DO(munmap(q, 2 * page));
	expect_vmas(1, "the first process's VMA is left");
	expect_events("vma_close", 1, "the kernel called the module's close");
}

static void run_processes(void)
{
	known = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	tour_stranger(second_process);
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	expect_vmas(1, "only one process maps the device so far");
	RUN(strcpy(p, "stored by the first"));
	expect_writable(p, "the store made an entry that allows stores");
	*known = (struct known){frame(p), p};
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "stored by the second", "the first process sees the second one's store");
	expect_events("fault", 0, "its entry was there: no page fault");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "stored by the second", "read() returns the second one's store, too");
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "stored by the second", "the contents outlive the mapping that stored them");
}

const struct tour_chapter tour_processes = {
	.name = "processes",
	.rows = "S3",
	.title = "two processes, one page",
	.says = "Two processes open and map the same page of the device, each by itself. Each has "
		"its own VMA, and both VMAs show the same frame. That is shared memory.",
	.roles = {"first", "second"},
	.run = run_processes,
};
