// SPDX-License-Identifier: GPL-2.0-only
/* What mapping is; the device as a file; memory without one. */
#include "actor.h"

static char *p, *q, *mine, *ours, text[32];
static volatile char c;
static int fd;
static pid_t child;

static void run_mapping(void)
{
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "hello", 6, 0));
	DO(p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	expect_vmas(1, "the process has a range of addresses for the device (a VMA)");
	expect_present(p, false, "no page is there yet: mmap promises, the first touch pays");
	expect_events("mmap", 1, "the module was asked once");
	RUN(c = p[0]);
	expect(c == 'h', "a load gives the device's byte", "'%c'", c);
	expect_present(p, true, "the load faulted, and the kernel put a page there");
	RUN(strcpy(p, "HELLO"));
	expect_events("fault", 0, "the page is there: a store costs no call and no fault");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "HELLO", "the store is the device's contents");
	DO(munmap(p, page));
	expect_vmas(0, "the range is gone");
}

const struct tour_chapter tour_mapping = {
	.name = "mapping",
	.rows = "S1 S7",
	.title = "what mapping is",
	.says = "mmap() makes bytes of a file, or of a device, appear as memory. It hands out "
		"addresses; frames, which are pages of real memory, come one by one when they are "
		"touched. From then on loads and stores are all it takes.",
	.roles = {"process", ""},
	.run = run_mapping,
};

static void run_file(void)
{
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "in page two", 12, 2 * page));
	DO(p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 2 * page));
	expect_text(p, "in page two", "the mapping begins where its offset says");
	RUN(strcpy(p + page - 3, "across"));
	expect_other(frame(p), frame(p + page), "neighbouring pages are two frames");
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
	.says = "Behind a file mapping stand the file's own pages. Whoever reads, writes or maps "
		"them sees the same bytes at once: there is one copy, and nothing to synchronise.",
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
	DO(ours = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	tour_watch(ours, page);
	expect_vmas(1, "of these three, one is the device's");
	expect_zeros(mine, page, "anonymous memory begins as zeros");
	expect_zeros(ours, page, "shared or not");
	RUN(strcpy(mine, "mine"));
	RUN(strcpy(ours, "ours"));
	expect_text(p, "the device's", "the device is not touched by that");
	expect_other(frame(mine), frame(p), "its frame is another");
	expect_other(frame(ours), frame(mine), "and the two have frames of their own");
	DO(child = fork());
	if (!child) {
		RUN(strcpy(mine, "the child's"));
		RUN(strcpy(ours, "the child's"));
		expect_text(mine, "the child's", "the child sees its own stores");
		tour_pass();
		tour_leave();
	}
	tour_pass();
	tour_join(child);
	expect_text(mine, "mine", "private: the child's store stays with the child");
	expect_text(ours, "the child's", "shared: it is seen here");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "the device's", "none of it ever reached the device");
}

const struct tour_chapter tour_anonymous = {
	.name = "anonymous",
	.rows = "S2",
	.title = "memory with no file behind it",
	.says = "MAP_ANONYMOUS gives zeroed memory that belongs to no file: what malloc() is made "
		"of. It is private to a process, or shared with those it forks.",
	.roles = {"parent", "child"},
	.run = run_anonymous,
};

static void second_process(void)
{
	static uint64_t first_frame;

	first_frame = *(volatile uint64_t *)ours;
	DO(fd = open(path, O_RDWR));
	DO(q = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	expect_vmas(2, "two processes, two VMAs");
	expect_text(q, "stored by the first", "the second process sees the first one's store");
	expect_same(frame(q), first_frame, "because it has the very same frame");
	RUN(strcpy(q, "stored by the second"));
	tour_pass();
	tour_leave();
}

static void run_processes(void)
{
	/* where the second one finds the frame to compare with: no part of the show */
	ours = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	DO(child = fork());
	if (!child)
		second_process();
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	RUN(strcpy(p, "stored by the first"));
	*(uint64_t *)ours = frame(p);
	expect_vmas(1, "so far one process maps the device");
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "stored by the second", "the first sees the second one's store");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "stored by the second", "so does read()");
	tour_join(child);
	expect_vmas(1, "the second process took its VMA along");
	expect_events("vma_close", 1, "the module was told");
}

const struct tour_chapter tour_processes = {
	.name = "processes",
	.rows = "S3",
	.title = "two processes, one page",
	.says = "Processes that know nothing of each other map the same part of the device. Their "
		"addresses differ, their frame is one: this is shared memory.",
	.roles = {"first", "second"},
	.run = run_processes,
};
