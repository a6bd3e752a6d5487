// SPDX-License-Identifier: GPL-2.0-only
/* What fork() does to a shared and to a private mapping. */
#include "actor.h"

static char *p, text[32];
static volatile char c;
static int fd;
static pid_t child;
static uint64_t before, written, copy;

static void shared_child(void)
{
	RUN(c = p[0]);
	expect_same(frame(p), before, "the child inherited the mapping, and the frame");
	RUN(strcpy(p, "by the child"));
	expect_same(frame(p), before, "a store changes that frame: nothing is copied");
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "by the parent", "the child sees the parent's store");
	expect_same(frame(p), before, "still the same frame");
	tour_pass();
	tour_leave();
}

static void run_fork_shared(void)
{
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	RUN(strcpy(p, "before fork"));
	before = frame(p);
	DO(child = fork());
	if (!child)
		shared_child();
	expect_vmas(2, "fork copies the VMA, so there are two");
	expect_events("vma_open", 1, "the module is told of the new one");
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "by the child", "the parent sees the child's store");
	RUN(strcpy(p, "by the parent"));
	expect_same(frame(p), before, "the parent's frame is what it was, too");
	tour_pass();
	tour_join(child);
	expect_vmas(1, "the child's VMA went with the child");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "by the parent", "and the device has what was stored last");
}

const struct tour_chapter tour_fork_shared = {
	.name = "fork-shared",
	.rows = "S4",
	.title = "fork, and a shared mapping",
	.says = "fork() copies the list of mappings, not the memory. Through a shared one parent "
		"and child go on seeing each other's stores.",
	.roles = {"parent", "child"},
	.run = run_fork_shared,
};

static void private_child(void)
{
	RUN(c = p[0] + p[page]);
	expect_same(frame(p), before, "page 0: the child has the device's frame, as the parent");
	expect_same(frame(p + page), copy,
		    "page 1: it has the parent's copy, which both share now");
	RUN(strcpy(p, "the child's"));
	expect_other(frame(p), before, "this is the moment of copying: the page has a new frame");
	expect_text(p, "the child's", "the child sees its own store");
	RUN(strcpy(p + page, "the child's"));
	expect_other(frame(p + page), copy, "the same for the page that was a copy already");
	tour_pass();
	tour_leave();
}

static void run_fork_private(void)
{
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "the device's", 13, 0));
	DO(pwrite(fd, "the device's", 13, page));
	DO(p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	RUN(c = p[0]);
	expect_text(p, "the device's", "a private mapping shows the device's bytes");
	before = frame(p);
	RUN(c = p[page]);
	written = frame(p + page);
	RUN(strcpy(p + page, "the parent's"));
	expect_other(frame(p + page), written, "the first store gives page 1 a frame of its own");
	copy = frame(p + page);
	DO(pread(fd, text, sizeof(text), page));
	expect_text(text, "the device's", "the device does not see it");
	DO(child = fork());
	if (!child)
		private_child();
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "the device's", "the parent does not see the child's store");
	expect_same(frame(p), before, "and has the frame that it had");
	expect_same(frame(p + page), copy, "its copy is its own again");
	RUN(strcpy(p, "the parent's"));
	expect_other(frame(p), before, "now the parent copies, too");
	tour_join(child);
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "the device's", "whoever stored: the device is what it was");
	DO(munmap(p, 2 * page));
	expect_vmas(0, "the copies go with the mapping");
}

const struct tour_chapter tour_fork_private = {
	.name = "fork-private",
	.rows = "S5 S6",
	.title = "fork, and a private mapping: the moment of copying",
	.says = "MAP_PRIVATE promises that stores stay with who made them. The kernel does not "
		"copy before it must: pages are shared until the first store, which gives the one "
		"who stores a copy (copy on write).",
	.roles = {"parent", "child"},
	.run = run_fork_private,
};

static void vmas_child(void)
{
	DO(munmap(p, 4 * page));
	expect_vmas(3, "its own are gone, the parent's stay");
	expect_events("vma_close", 3, "each was closed");
	tour_pass();
	tour_leave();
}

static void run_vmas(void)
{
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	expect_vmas(1, "mmap makes one VMA");
	expect_events("mmap", 1, "the module's mmap is called, for the first one only");
	RUN(strcpy(p, "zero"); strcpy(p + page, "one"); strcpy(p + 2 * page, "two"));
	DO(mprotect(p + page, page, PROT_READ));
	expect_vmas(3, "a page with other rights cuts it into three");
	expect_events("vma_open", 2, "the two new ones are opened, not mapped");
	expect_text(p + page, "one", "the pages stay what they are");
	DO(child = fork());
	if (!child)
		vmas_child();
	expect_vmas(6, "fork copies all three");
	expect_events("vma_open", 3, "and opens each");
	tour_pass();
	tour_join(child);
	expect_vmas(3, "three are left");
	DO(mprotect(p + page, page, PROT_READ | PROT_WRITE));
	expect_vmas(3, "with the same rights again they stay three: a driver with a close "
		       "callback is not asked to merge");
	expect_events("vma_close", 0, "nothing is closed");
	DO(munmap(p, 4 * page));
	expect_vmas(0, "munmap closes them all");
	expect_events("vma_close", 3, "one by one");
	expect_events("notify", 1, "and whoever waits for the last mapping's end is woken");
}

const struct tour_chapter tour_vmas = {
	.name = "vmas",
	.rows = "V1 V2",
	.title = "open and close, as the kernel sees them",
	.says = "A driver's mmap is called once; then VMAs are split, moved, copied by fork and "
		"ended, and each time its open or close is called. Who counts users must follow "
		"them all.",
	.roles = {"parent", "child"},
	.run = run_vmas,
};
