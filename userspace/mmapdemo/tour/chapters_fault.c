// SPDX-License-Identifier: GPL-2.0-only
/* Chapters on page faults, on the zero page, and on a page that gets another frame. */
#include <stdlib.h>

#include "actor.h"

static char *p, *q;
static volatile char c;
static int fd, refused;

static void run_fault(void)
{
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "hello", 6, 0));
	DO(p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	expect_absent(p, "the VMA is there, and no entry");
	ask("The process loads a byte. No entry maps its page: what will the kernel do?");
	RUN(c = p[0]);
	expect_events("map_pages", 1,
		      "the load took one page fault, which asked the module for pages that it has");
	expect_read_only(p, "the module found the frame, and an entry names it now");
	because("The module supplied the frame, the kernel wrote the entry, and the load ran "
		"again. "
		"The process notices nothing but the time. The entry refuses stores, because the "
		"mapping is private.");
	RUN(c = p[1]);
	expect_events("map_pages", 0, "the entry is present: the second load takes no page fault");
	ask("The entry is present, and refuses stores. What does a store do?");
	RUN(p[0] = 'H');
	expect_events("fault", 0, "the page fault does not ask the module: the kernel copies");
	expect_writable(p, "the kernel made a copy, and an entry that allows stores");
	because("A page fault also answers an access that the entry refuses and the VMA allows. "
		"The kernel has the bytes already, so it does not call the driver.");
	ask("madvise() drops the process's page. Which bytes does the next load return?");
	DO(madvise(p, page, MADV_DONTNEED));
	expect_absent(p, "the entry is gone, and with it the copy");
	RUN(c = p[0]);
	expect(c == 'h', "the load takes a page fault, and finds the device's byte", "'%c'", c);
	expect_events("map_pages", 1, "the module was asked again");
	DO(mprotect(p, page, PROT_READ));
	STORE(p[0], SIGSEGV, SEGV_ACCERR,
	      "the VMA refuses the store, too: the kernel sends SIGSEGV");
	because("The page fault is the same, but the VMA does not allow the access. So the kernel "
		"leaves the entry as it is and sends a signal.");
}

const struct tour_chapter tour_fault = {
	.name = "fault",
	.rows = "S7 S10",
	.title = "what a page fault is",
	.says = "The processor looks up each address in the page table of the process. If the "
		"entry is absent or refuses the access, the processor raises a page fault, which "
		"enters the kernel. The kernel looks at the VMA, and corrects the entry or sends a "
		"signal.",
	.roles = {"process", ""},
	.run = run_fault,
};

static void run_zero(void)
{
	DO(p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	tour_watch(p, 2 * page);
	RUN(c = p[0]);
	expect(c == 0, "the load returns zero", "%d", c);
	expect_state(getpid(), p, STATE_ZERO_PAGE, "the entry names the kernel's zero page");
	because("The process has only read. All its zeros can come from one frame that the kernel "
		"keeps for everybody, so no memory is spent.");
	ask("The process loads from the next page, too. How many frames does it have then?");
	RUN(c = p[page]);
	expect_same(frame(p), frame(p + page), "both pages have the same frame");
	ask("The process stores to page 0. What happens to page 1?");
	RUN(p[0] = 'x');
	expect_other(frame(p), frame(p + page), "page 0 has a frame of its own now");
	expect_state(getpid(), p, STATE_ANONYMOUS, "its frame is anonymous memory");
	expect_state(getpid(), p + page, STATE_ZERO_PAGE, "page 1 still has the zero page");
	because("Entries of the zero page refuse stores. The first store takes a page fault, and "
		"the kernel gives the page a frame of its own, which begins as zeros.");
	DO(madvise(p, page, MADV_DONTNEED));
	expect_absent(p, "the kernel has freed the frame");
}

const struct tour_chapter tour_zero = {
	.name = "zero-page",
	.rows = "S2",
	.title = "the zero page",
	.says = "Private anonymous memory that was only read has no frame of its own. All such "
		"pages of all processes share one frame of zeros.",
	.roles = {"process", ""},
	.run = run_zero,
};

/* 0, even if it fails: then the chapter cannot be shown. */
static int collapse(void)
{
	struct mmapdemo_collapse request = {.size = sizeof(request), .length = huge};

	refused = ioctl(fd, MMAPDEMO_IOCTL_COLLAPSE, &request);
	return 0;
}

/* Memory in small folios, so that there is something to move. A hole splits a huge one. */
static bool fill(void)
{
	struct mmapdemo_punch punch = {.size = sizeof(punch), .offset = page, .length = page};
	char *zeros = calloc(1, huge);
	bool filled = zeros && pwrite(fd, zeros, huge, 0) == (ssize_t)huge &&
		      !ioctl(fd, MMAPDEMO_IOCTL_PUNCH, &punch) &&
		      pwrite(fd, zeros, page, page) == (ssize_t)page;

	free(zeros);
	return filled && !tour_info().huge_folios;
}

static void run_moved(void)
{
	uint64_t before;

	if (!huge)
		tour_not_here("this device has no huge pages (huge=never, or the kernel has none)");
	DO(fd = open(path, O_RDWR));
	if (!fill())
		tour_not_here("the device gives no small folios");
	DO(pwrite(fd, "the same bytes", 15, 0));
	DO(p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	RUN(c = p[0]);
	expect_text(p, "the same bytes", "the load returns the device's bytes");
	expect_present(p, true, "an entry names the frame");
	before = frame(p);
	q = p;
	ask("The device moves page 0 to another frame. What does the process notice?");
	DO(collapse());
	if (refused || !tour_info().huge_folios)
		tour_not_here("no huge page of memory is free");
	expect_absent(p, "the entry is gone: the old frame must not be seen any more");
	RUN(c = p[0]);
	expect(p == q, "the address is the same", "%p", p);
	expect_text(p, "the same bytes", "the bytes are the same");
	expect_other(frame(p), before, "the frame is another one");
	because("COLLAPSE copied the pages into one huge folio and removed the entry; the next "
		"page "
		"fault made an entry for the new frame. The kernel also migrates pages, between "
		"memory nodes or to make room for huge pages. Then it writes the new entry "
		"itself.");
}

const struct tour_chapter tour_moved = {
	.name = "moved",
	.rows = "M11",
	.title = "a page gets another frame",
	.says = "An address does not name a frame. The kernel may move a page that nothing has "
		"pinned: the frame and the entry change, the address and the bytes do not.",
	.roles = {"process", ""},
	.run = run_moved,
};
