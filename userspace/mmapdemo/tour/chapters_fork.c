// SPDX-License-Identifier: GPL-2.0-only
/* Effects of fork() on a shared and on a private mapping. */
#include "actor.h"

static char *p, text[32];
static volatile char c;
static int fd;
static pid_t child;
static uint64_t before, written, copy;

static void shared_child(void)
{
	RUN(c = p[0]);
	expect_same(frame(p), before, "the child inherited the mapping with the same frame");
	RUN(strcpy(p, "by the child"));
	expect_same(frame(p), before, "the store changed that frame: the kernel copied nothing");
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "by the parent", "the child sees the parent's store");
	expect_same(frame(p), before, "the frame is still the same");
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
	expect_vmas(2, "fork() copied the VMA");
	expect_events("vma_open", 1, "the kernel called the module's open for the new VMA");
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "by the child", "the parent sees the child's store");
	RUN(strcpy(p, "by the parent"));
	expect_same(frame(p), before, "the parent's frame is still the same, too");
	tour_pass();
	tour_join(child);
	expect_vmas(1, "the child's VMA ended with the child");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "by the parent", "read() returns what was stored last");
}

const struct tour_chapter tour_fork_shared = {
	.name = "fork-shared",
	.rows = "S4",
	.title = "fork, and a shared mapping",
	.says = "fork() copies the VMAs of a process. A shared mapping keeps its frames, so that "
		"parent and child see each other's stores.",
	.roles = {"parent", "child"},
	.run = run_fork_shared,
};

static void private_child(void)
{
	RUN(c = p[0] + p[page]);
	expect_same(frame(p), before, "page 0: parent and child both have the device's frame");
	expect_same(frame(p + page), copy, "page 1: parent and child share the parent's copy");
	RUN(strcpy(p, "the child's"));
	expect_other(frame(p), before, "the kernel copies the page now: it has a new frame");
	expect_text(p, "the child's", "the child sees its own store");
	RUN(strcpy(p + page, "the child's"));
	expect_other(frame(p + page), copy, "a store copies a page that is a copy already, too");
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
	expect_text(text, "the device's", "the store did not reach the device");
	DO(child = fork());
	if (!child)
		private_child();
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "the device's", "the parent does not see the child's store");
	expect_same(frame(p), before, "the parent's frame is still the same");
	expect_same(frame(p + page), copy, "the parent still has its copy, now alone");
	RUN(strcpy(p, "the parent's"));
	expect_other(frame(p), before, "the parent's store copies the page, too");
	tour_join(child);
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "the device's", "no store changed the device");
	DO(munmap(p, 2 * page));
	expect_vmas(0, "the mapping is gone, and its copies with it");
}

const struct tour_chapter tour_fork_private = {
	.name = "fork-private",
	.rows = "S5 S6",
	.title = "fork, and a private mapping: the moment of copying",
	.says = "Only the process that stores to a MAP_PRIVATE mapping sees the store. Until then "
		"processes share the page, which is write-protected. The first store takes a page "
		"fault, which gives the process a copy: copy-on-write.",
	.roles = {"parent", "child"},
	.run = run_fork_private,
};

static void vmas_child(void)
{
	DO(munmap(p, 4 * page));
	expect_vmas(3, "the child's VMAs are gone, the parent's stay");
	expect_events("vma_close", 3, "the kernel called close for each of them");
	tour_pass();
	tour_leave();
}

static void run_vmas(void)
{
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	expect_vmas(1, "mmap makes one VMA");
	expect_events("mmap", 1,
		      "the kernel called the module's mmap, which it does only for a new mapping");
	RUN(strcpy(p, "zero"); strcpy(p + page, "one"); strcpy(p + 2 * page, "two"));
	DO(mprotect(p + page, page, PROT_READ));
	expect_vmas(3, "a page with other rights splits the VMA into three");
	expect_events("vma_open", 2, "the kernel called open for the two new VMAs, and not mmap");
	expect_text(p + page, "one", "the pages keep their contents");
	DO(child = fork());
	if (!child)
		vmas_child();
	expect_vmas(6, "fork() copied all three VMAs");
	expect_events("vma_open", 3, "the kernel called open for each copy");
	tour_pass();
	tour_join(child);
	expect_vmas(3, "the parent's three VMAs are left");
	DO(mprotect(p + page, page, PROT_READ | PROT_WRITE));
	expect_vmas(3, "the rights are the same again, but the kernel does not merge VMAs whose "
		       "driver has a close callback");
	expect_events("vma_close", 0, "the kernel called close for none");
	DO(munmap(p, 4 * page));
	expect_vmas(0, "munmap() removed all three VMAs");
	expect_events("vma_close", 3, "the kernel called close for each of the three");
	expect_events("notify", 1,
		      "the module woke those who wait for the end of the last mapping");
}

const struct tour_chapter tour_vmas = {
	.name = "vmas",
	.rows = "V1 V2",
	.title = "open and close, as the kernel sees them",
	.says = "The kernel calls a driver's mmap once for a mapping. It calls open when it splits "
		"or moves the VMA or fork() copies it, and close when a VMA ends. A driver that "
		"counts its users needs both callbacks.",
	.roles = {"parent", "child"},
	.run = run_vmas,
};
