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
	expect(tour_info().faults_huge == mapped + 1, "one touch mapped all of it by one entry",
	       "%ju huge page mapped", (uintmax_t)(tour_info().faults_huge - mapped));
	expect_same(frame(p) + huge / page - 1, frame(p + huge - page),
		    "its frames follow each other, to the last");
	first = frame(p);
	RUN(strcpy(p + huge - page, "last"));
	expect_events("fault", 0, "the far end costs no fault");
	DO(munmap(p + page, page));
	expect_vmas(2, "a hole of one small page");
	RUN(c = p[0] + p[2 * page]);
	expect_same(frame(p), first, "small entries now, but to the same frame as before");
	expect_same(frame(p + 2 * page), first + 2, "here, too");
	expect_text(p + huge - page, "last", "and the contents stand");
	DO(munmap(p, huge));
}

const struct tour_chapter tour_huge = {
	.name = "huge",
	.rows = "M11",
	.title = "huge pages",
	.says = "Where address, offset and memory allow, one entry of the page table maps what "
		"otherwise takes hundreds: one fault, and less work for the processor with each "
		"access. Programs need not know.",
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
	expect_present(p + page, false, "the page is taken out of all mappings at once");
	LOAD(p[page], SIGBUS, BUS_MCEERR_AR, "a load is SIGBUS, as of broken memory");
	expect_events("poison_hit", 1, "the module counts it");
	LOAD(p[0], 0, 0, "its neighbours work: the program that caught it goes on");
	expect_text(p + 2 * page, "two", "on both sides");
	DO(mmap(p + page, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		0));
	tour_watch(p + page, page);
	RUN(strcpy(p + page, "replaced"));
	expect_text(p + page, "replaced", "a page of our own in its place, at the same address");
	expect_vmas(2, "the device's VMA was cut in two for it");
	DO(poison(page, MMAPDEMO_INJECT_NONE));
	DO(pread(fd, text, sizeof(text), page));
	expect_text(text, "one", "healed, the device's page is what it was");
}

const struct tour_chapter tour_poison = {
	.name = "poison",
	.rows = "C4",
	.title = "a page fails, and the program survives",
	.says = "Memory breaks, devices go away: an access is then SIGBUS. Here the module plays "
		"that on demand. A program that is ready puts a page of its own in the place of "
		"the "
		"bad one, and goes on.",
	.roles = {"process", ""},
	.run = run_poison,
};
