// SPDX-License-Identifier: GPL-2.0-only
/* SIGBUS tells a program which page failed, and how, and the program can go on. */
#include "lesson.h"
#include <sys/ioctl.h>
#include <linux/mmapdemo.h>

enum { PAGES = 4 };

static char *memory;
static char spare[PAGES][32]; /* the second copy that a careful program has */
static int fd;
static sigjmp_buf rescue;
static volatile sig_atomic_t code;

/*
 * Few calls are safe in a handler, so that it jumps to the code that handles the failure.
 * A SIGBUS elsewhere is not expected, and ends the program.
 */
static void bus_error(int number, siginfo_t *info, void *context)
{
	size_t offset = (char *)info->si_addr - memory;

	(void)context;
	code = info->si_code;
	if (offset < PAGES * page)
		siglongjmp(rescue, 1);
	signal(number, SIG_DFL); /* and the access is tried again */
}

/* The module simulates hardware that is removed (SIGBUS) or breaks (HWPOISON). */
static int set_fault(uint32_t action, size_t first, size_t count)
{
	struct mmapdemo_injection fault = {.size = sizeof(fault), .action = action};

	fault.offset = first * page;
	fault.length = count * page;
	return ioctl(fd, MMAPDEMO_IOCTL_INJECT_SET, &fault);
}

static void heal(void)
{
	set_fault(MMAPDEMO_INJECT_NONE, 0, PAGES);
}

/* False if the page failed. Only this function expects a SIGBUS. */
static bool read_page(size_t at, char text[32])
{
	if (sigsetjmp(rescue, 1))
		return false;
	memcpy(text, memory + at * page, 32);
	return true;
}

/* Reads all pages. It replaces a page that fails from the spare, at the same address. */
static int read_all(void)
{
	int replaced = 0;
	char text[32];

	for (size_t at = 0; at < PAGES; at++) {
		while (!read_page(at, text)) {
			expect(code == (at == 1 ? BUS_ADRERR : BUS_MCEERR_AR),
			       at == 1 ? "SIGBUS, BUS_ADRERR: no memory is there"
				       : "SIGBUS, BUS_MCEERR_AR: broken memory",
			       "page %zu: si_code %d", at, (int)code);
			DO(mmap(memory + at * page, page, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
			DO(strcpy(memory + at * page, spare[at]));
			replaced++;
		}
		expect_text(text, spare[at], "the load returns what was stored");
	}
	return replaced;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_sigaction = bus_error, .sa_flags = SA_SIGINFO};
	char text[32];

	lesson(argc, argv, PAGES, "a program that catches SIGBUS can go on");
	DO(fd = open(path, O_RDWR));
	if (set_fault(MMAPDEMO_INJECT_NONE, 0, PAGES) && errno == ENOTTY)
		stop(2, "%s: no device of mmapdemo, whose pages can be made to fail", path);
	DO(memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	for (size_t at = 0; at < PAGES; at++) {
		snprintf(spare[at], sizeof(spare[at]), "stored in page %zu", at);
		strcpy(memory + at * page, spare[at]);
	}
	atexit(heal);
	DO(set_fault(MMAPDEMO_INJECT_SIGBUS, 1, 1));
	DO(set_fault(MMAPDEMO_INJECT_HWPOISON, 2, 1));
	DO(sigaction(SIGBUS, &action, NULL));
	expect_count(read_all(), 2, "two pages failed, and the work was done");
	expect_count(read_all(), 0, "none of them fails again");
	DO(set_fault(MMAPDEMO_INJECT_NONE, 0, PAGES));
	DO(pread(fd, text, sizeof(text), page));
	expect_text(text, spare[1], "after the healing the device's page has its old contents");
	return held();
}
