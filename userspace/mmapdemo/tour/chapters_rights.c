// SPDX-License-Identifier: GPL-2.0-only
/* Protection; the arguments of mmap(); munmap(). */
#include "actor.h"

static char *p, *q, text[32];
static int fd, ro;

static void run_protection(void)
{
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "guarded", 8, 0));
	DO(p = mmap(NULL, page, PROT_NONE, MAP_SHARED, fd, 0));
	LOAD(p[0], SIGSEGV, SEGV_ACCERR, "PROT_NONE refuses even a load");
	DO(mprotect(p, page, PROT_READ));
	LOAD(p[0], 0, 0, "PROT_READ allows a load");
	expect_text(p, "guarded", "the load returns the device's byte");
	STORE(p[0], SIGSEGV, SEGV_ACCERR, "PROT_READ refuses a store");
	DO(mprotect(p, page, PROT_READ | PROT_WRITE));
	STORE(p[0], 0, 0, "PROT_WRITE allows a store");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "!uarded", "the store reached the device");
	DO(ro = open(path, O_RDONLY));
	REFUSED("a read-only descriptor gives no writable shared mapping", EACCES,
		mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
	DO(q = mmap(NULL, page, PROT_READ, MAP_SHARED, ro, 0));
	LOAD(q[0], 0, 0, "a mapping for reading works");
	expect_same(frame(q), frame(p), "the frame is the same: the rights belong to the mapping");
	REFUSED("mprotect() cannot make that mapping writable", EACCES,
		mprotect(q, page, PROT_READ | PROT_WRITE));
}

const struct tour_chapter tour_protection = {
	.name = "protection",
	.rows = "S10",
	.title = "protection",
	.says = "Each mapping has its own rights. mprotect() changes them, but not beyond the mode "
		"in which the descriptor was opened. An access without the right raises SIGSEGV.",
	.roles = {"process", ""},
	.run = run_protection,
};

static void run_arguments(void)
{
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, 100, PROT_READ, MAP_SHARED, fd, 0));
	expect((uintptr_t)p % page == 0,
	       "addr NULL: the kernel chooses an address at the start of a page", "%p", p);
	LOAD(p[page - 1], 0, 0, "length 100: the whole page is mapped");
	DO(q = mmap(p, page, PROT_READ, MAP_SHARED | MAP_FIXED, fd, page));
	expect(q == p, "MAP_FIXED maps exactly there", "%p", q);
	expect_vmas(1, "MAP_FIXED replaced the mapping that was there");
	REFUSED("MAP_FIXED_NOREPLACE does not replace a mapping", EEXIST,
		mmap(p, page, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0));
	REFUSED("a fixed address inside a page", EINVAL,
		mmap(p + 1, page, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0));
	REFUSED("length 0", EINVAL, mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0));
	REFUSED("a length that no address space holds", ENOMEM,
		mmap(NULL, SIZE_MAX - page, PROT_READ, MAP_SHARED, fd, 0));
	REFUSED("an offset inside a page", EINVAL,
		mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 512));
	REFUSED("neither shared nor private", EINVAL, mmap(NULL, page, PROT_READ, 0, fd, 0));
	REFUSED("no such descriptor", EBADF, mmap(NULL, page, PROT_READ, MAP_SHARED, -1, 0));
	expect_vmas(1, "the calls that failed left nothing behind");
	DO(munmap(p, page));
	DO(p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, tour_info().bytes));
	LOAD(p[0], SIGBUS, BUS_ADRERR,
	     "mmap() works beyond the device's end, but no page is there");
	DO(munmap(p, page));
}

const struct tour_chapter tour_arguments = {
	.name = "arguments",
	.rows = "S8 S9 S11 S12 S13",
	.title = "the arguments, and their errors",
	.says = "mmap() takes addr, length, prot, flags, fd and offset. This chapter shows which "
		"values each may have, and the error for the others.",
	.roles = {"process", ""},
	.run = run_arguments,
};

static void run_munmap(void)
{
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, 7 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	RUN(for (int i = 0; i < 7; i++) sprintf(p + i * page, "page %d", i));
	expect_vmas(1, "one VMA has all seven pages");
	DO(munmap(p, page));
	expect_vmas(1, "the VMA has lost its head, and is smaller");
	LOAD(p[0], SIGSEGV, SEGV_MAPERR, "the head is gone");
	DO(munmap(p + 6 * page, page));
	expect_vmas(1, "the VMA has lost its tail");
	STORE(p[6 * page], SIGSEGV, SEGV_MAPERR, "the tail is gone");
	DO(munmap(p + 3 * page, page));
	expect_vmas(2, "a hole in the middle makes two VMAs of one");
	expect_events("vma_open", 2,
		      "the kernel split the VMA twice, and called open for each new one");
	expect_events("vma_close", 1, "the kernel called close for the VMA in the middle");
	LOAD(p[3 * page], SIGSEGV, SEGV_MAPERR, "nothing is mapped in the hole");
	expect_text(p + 2 * page, "page 2", "the left neighbour is intact");
	expect_text(p + 4 * page, "page 4", "the right neighbour is intact");
	DO(munmap(p, 7 * page));
	expect_vmas(0, "one munmap() may remove several VMAs and the holes between them");
	expect_events("vma_close", 2, "the kernel called close for each of the two");
	DO(munmap(p, 7 * page));
	expect_events("vma_close", 0,
		      "munmap() of a range without a mapping works, and does nothing");
	REFUSED("an address inside a page", EINVAL, munmap(p + 1, page));
	DO(pread(fd, text, sizeof(text), 3 * page));
	expect_text(text, "page 3", "the device has kept its contents");
}

const struct tour_chapter tour_munmap = {
	.name = "munmap",
	.rows = "S14",
	.title = "munmap: whole, shrunk, cut in two",
	.says = "munmap() removes any whole pages from a mapping: the head, the tail, some in the "
		"middle, or all.",
	.roles = {"process", ""},
	.run = run_munmap,
};
