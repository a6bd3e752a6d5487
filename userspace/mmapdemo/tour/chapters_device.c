// SPDX-License-Identifier: GPL-2.0-only
/* Huge pages, and pages that fail. */
#include "actor.h"

static char *p, text[32];
static volatile char c;
static int fd;

static void run_huge(void)
{
	uint64_t mapped = tour_info().faults_huge, first;

	if (!huge)
		tour_not_here("this device has no huge pages (huge=never, or the kernel has none)");
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, huge, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	expect((uintptr_t)p % huge == 0, "the address is a multiple of the huge page", "%p", p);
	RUN(strcpy(p, "first"));
	if (!tour_info().huge_folios)
		tour_not_here("no huge page of memory is free");
	expect(tour_info().faults_huge == mapped + 1,
	       "one touch mapped the whole huge page with one page table entry",
	       "%ju huge page mapped", (uintmax_t)(tour_info().faults_huge - mapped));
	expect_state(getpid(), p, STATE_HUGE, "the entry is in the middle level of the page table");
	expect_same(frame(p) + huge / page - 1, frame(p + huge - page),
		    "the frames are consecutive, from the first to the last");
	first = frame(p);
	RUN(strcpy(p + huge - page, "last"));
	expect_events("fault", 0, "a store to the far end takes no page fault");
	DO(munmap(p + page, page));
	expect_vmas(2, "munmap() made a hole of one small page");
	because("One entry cannot map a page with a hole. So munmap() takes the huge entry away; "
		"later page faults make small ones.");
	RUN(c = p[0] + p[2 * page]);
	expect_same(frame(p), first, "small entries map the memory now, and the frame is the same");
	expect_same(frame(p + 2 * page), first + 2, "the frame behind the hole is the same, too");
	expect_text(p + huge - page, "last", "the contents have not changed");
	DO(munmap(p, huge));
}

const struct tour_chapter tour_huge = {
	.name = "huge",
	.rows = "M11",
	.title = "huge pages",
	.says = "One entry of the page table can map a huge page in place of hundreds of small "
		"ones, if address and offset are aligned and memory is free. That saves page "
		"faults, and the processor finds an address sooner. Programs need no change.",
	.roles = {"process", ""},
	.run = run_huge,
};

static int poison(uint64_t offset, uint32_t action)
{
	struct mmapdemo_injection fault = {
		.size = sizeof(fault), .offset = offset, .action = action};

	fault.length = page;
	return ioctl(fd, MMAPDEMO_IOCTL_INJECT_SET, &fault);
}

static void run_poison(void)
{
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	RUN(strcpy(p, "zero"); strcpy(p + page, "one"); strcpy(p + 2 * page, "two"));
	DO(poison(page, MMAPDEMO_INJECT_HWPOISON));
	expect_absent(p + page, "the entry is gone, in all mappings at once");
	because("Here the module removes the entries, so that the next access takes a page fault, "
		"which the module refuses. After a real memory error the kernel puts a hwpoison "
		"entry in their place, and refuses the access itself.");
	LOAD(p[page], SIGBUS, BUS_MCEERR_AR, "a load raises the SIGBUS of broken memory");
	expect_events("poison_hit", 1, "the module counts the access");
	LOAD(p[0], 0, 0,
	     "the neighbours still work, and a program that catches the signal goes on");
	expect_text(p + 2 * page, "two", "the neighbour on the other side works, too");
	DO(mmap(p + page, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		0));
	tour_watch(p + page, page);
	RUN(strcpy(p + page, "replaced"));
	expect_text(p + page, "replaced",
		    "anonymous memory replaced the page, at the same address");
	expect_vmas(2, "the kernel split the device's VMA in two");
	DO(poison(page, MMAPDEMO_INJECT_NONE));
	DO(pread(fd, text, sizeof(text), page));
	expect_text(text, "one", "after the healing the device's page has its old contents");
}

const struct tour_chapter tour_poison = {
	.name = "poison",
	.rows = "C4",
	.title = "a page fails, and the program survives",
	.says = "An access to broken memory raises SIGBUS. Here the module simulates that on "
		"demand. A program that catches the signal can map other memory in the place of "
		"the bad page, and go on.",
	.roles = {"process", ""},
	.run = run_poison,
};
