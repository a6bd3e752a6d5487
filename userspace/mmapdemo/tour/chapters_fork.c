// SPDX-License-Identifier: GPL-2.0-only
/* Effects of fork() on a shared and on a private mapping. */
#include <sys/syscall.h>

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
	ask("The child stores. Does the parent's frame change? Is anything copied?");
	RUN(strcpy(p, "by the child"));
	expect_same(frame(p), before, "the store changed that frame: the kernel copied nothing");
	expect_writable(p, "the child's entry allows stores");
	because("A shared mapping is meant to be seen by others, so its entries may allow stores "
		"to the device's own frame.");
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
	expect_writable(p, "the parent's entry still allows stores: fork() protects private pages");
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

/*
 * No step. The kernel copies a page of the last owner, too, while anything else has a reference to
 * its folio (wp_can_reuse_anon_folio()), as the processors' batches of the LRU lists may have.
 * move_pages() empties these, and leaves a page where it is that is on the right node already.
 */
static void settle(void *address)
{
	int node = -1, status;

	if (!syscall(SYS_move_pages, 0, 1, &address, NULL, &node, 0) && node >= 0)
		syscall(SYS_move_pages, 0, 1, &address, &node, &status, 0);
}

static void private_child(void)
{
	RUN(c = p[0] + p[page]);
	expect_same(frame(p), before, "page 0: parent and child both have the device's frame");
	expect_same(frame(p + page), copy, "page 1: parent and child share the parent's copy");
	expect_read_only(p, "page 0: the VMA is rw, the child's entry is ro");
	expect_read_only(p + page, "page 1: the VMA is rw, the child's entry is ro");
	ask("The child stores to page 0. Which frames will differ, and whose entry will change?");
	RUN(strcpy(p, "the child's"));
	expect_other(frame(p), before, "the kernel copies the page now: it has a new frame");
	expect_writable(p, "the child's entry names the copy, and allows stores");
	expect_state(getpid(), p, STATE_ANONYMOUS, "the copy belongs to no file");
	expect_state(getppid(), p, STATE_READ_ONLY, "the parent's entry is as it was");
	expect_text(p, "the child's", "the child sees its own store");
	because("The VMA allows the store, but the entry does not, so the processor raises a page "
		"fault. The kernel sees that the VMA is private and writable, copies the frame, "
		"and lets the child's entry name the copy. The device's frame stays in the page "
		"cache.");
	RUN(strcpy(p + page, "the child's"));
	expect_other(frame(p + page), copy, "a store copies a page that is a copy already, too");
	expect_writable(p + page, "the child's entry allows stores now");
	expect_state(getppid(), p + page, STATE_READ_ONLY,
		     "the parent has its copy alone, and its entry still refuses stores");
	because("fork() left two entries for the parent's copy. The child must not change what the "
		"parent sees, so the kernel copies again. Nothing tells the parent that it is the "
		"last owner: its entry changes only when it stores.");
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
	expect_read_only(p, "the VMA is rw, the entry is ro");
	expect_state(getpid(), p, STATE_PAGE_CACHE, "the frame is the device's own");
	because("The load maps the device's own frame. An entry that allowed stores would change "
		"the device, so the kernel write-protects it: the first store has to ask.");
	before = frame(p);
	RUN(c = p[page]);
	written = frame(p + page);
	expect_read_only(p + page, "page 1: the VMA is rw, the entry is ro");
	ask("The process stores to page 1. Does the device change? Which letter gets page 1?");
	RUN(strcpy(p + page, "the parent's"));
	expect_other(frame(p + page), written, "the first store gives page 1 a frame of its own");
	expect_writable(p + page, "the entry names the copy, and allows stores");
	because("The store takes a page fault, because the entry is ro. The kernel copies the "
		"device's frame and lets the entry name the copy. Later stores to page 1 take no "
		"page fault.");
	copy = frame(p + page);
	DO(pread(fd, text, sizeof(text), page));
	expect_text(text, "the device's", "the store did not reach the device");
	ask("fork() makes a child. Are frames copied? What happens to the entry that is rw?");
	DO(child = fork());
	if (!child)
		private_child();
	expect_read_only(p + page, "the parent's entry for its copy is ro again");
	expect_state(child, p + page, STATE_READ_ONLY,
		     "the child's entry for that frame is ro, too");
	expect_same(frame(p + page), copy, "fork() copied no frame");
	because("fork() copies page-table entries, and not frames. It write-protects the entries "
		"of "
		"private pages in both processes, so that whoever stores first takes a page "
		"fault.");
	tour_pass();
	RUN(c = p[0]);
	expect_text(p, "the device's", "the parent does not see the child's store");
	expect_same(frame(p), before, "the parent's frame is still the same");
	expect_same(frame(p + page), copy, "the parent still has its copy, now alone");
	settle(p + page);
	ask("The parent is the last owner of its copy of page 1. Does its store copy the frame?");
	RUN(strcpy(p + page, "mine alone"));
	expect_same(frame(p + page), copy, "the last owner keeps the frame: nothing is copied");
	expect_writable(p + page, "only the entry changes: it allows stores again");
	because("The store takes a page fault, because the entry is still ro. The kernel sees that "
		"no other process can see the frame, and reuses it: it makes the entry rw.");
	RUN(strcpy(p, "the parent's"));
	expect_other(frame(p), before, "the parent's store copies the page, too");
	because("Page 0 has the device's frame, which the page cache holds. The parent is the last "
		"process that maps it, and not its owner. So the kernel copies.");
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
	expect_vmas(3,
		    "the rights are the same again, but a merge would remove VMAs, and the kernel "
		    "removes none whose driver has a close callback");
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
