// SPDX-License-Identifier: GPL-2.0-only
/* From step 5 on: what happens to a page whose memory is about to break, or has broken? */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tutorial.h"

/* A page that no program has written to before. */
#define RETIRED 20
#define BROKEN	25

static sigjmp_buf caught;
static volatile sig_atomic_t touching;

/* On 6.12, madvise() itself sends SIGBUS to each process that maps the broken page. */
static void on_sigbus(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	if (touching)
		siglongjmp(caught, -info->si_code);
}

/* Returns the byte, or the negative si_code of the SIGBUS. */
static long touch(volatile char *at)
{
	int code = sigsetjmp(caught, 1);
	long seen;

	touching = !code;
	seen = code ? code : *at;
	touching = 0;
	return seen;
}

static char *map(int fd)
{
	return mmap(NULL, 32 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* Returns the byte that pread() reads, or the negative errno. */
static long read_at(int fd, off_t at)
{
	char byte;

	return pread(fd, &byte, 1, at) == 1 ? byte : -errno;
}

/* Returns 0, or EOF if the kernel cannot move the page, which it has unmapped by then. */
static int soft_offline(void *map, const void *at)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	FILE *offline = fopen("/sys/devices/system/memory/soft_offline_page", "w");
	uint64_t entry = 0;

	if (pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / PAGE * sizeof(entry)) < 0)
		perror("pagemap");
	munmap(map, 32 * PAGE);
	fprintf(offline, "%#llx", (unsigned long long)((entry & ((1ULL << 55) - 1)) * PAGE));
	close(pagemap);
	return fclose(offline);
}

/* The kernel has counted errors that could be corrected, and no longer trusts the page. */
static void retire(int fd)
{
	char *all = map(fd), byte = 1;

	/* By write(), as after a store the kernel would mark the page dirty. */
	if (pwrite(fd, &byte, 1, RETIRED * PAGE) == 1)
		touch(all + RETIRED * PAGE);
	verdict("memory.soft-offline-works", "fclose", 0, soft_offline(all, all + RETIRED * PAGE));
	verdict("memory.soft-offline-keeps", "pread", 1, read_at(fd, RETIRED * PAGE));
}

/* An error that could not be corrected: the contents are lost, and no access returns zeros. */
static void breaks(int fd)
{
	char *old = map(fd) + BROKEN * PAGE, *new, byte = 1;

	memset(old - PAGE, 2, 3 * PAGE);
	madvise(old, PAGE, MADV_HWPOISON);
	new = map(fd) + (BROKEN * PAGE);
	verdict("memory.broken-new-mapping", "si_code", -BUS_MCEERR_AR, touch(new));
	verdict("memory.broken-old-mapping", "si_code", -BUS_MCEERR_AR, touch(old));
	verdict("memory.broken-pread", "pread", -EIO, read_at(fd, BROKEN * PAGE));
	verdict("memory.broken-pwrite", "pwrite", -EIO,
		pwrite(fd, &byte, 1, BROKEN * PAGE) == 1 ? 0 : -errno);
	verdict("memory.broken-neighbours", "bytes", 4, touch(new - PAGE) + touch(new + PAGE));
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO};
	int fd = open("/dev/tutorial", O_RDWR);

	sigaction(SIGBUS, &action, NULL);
	retire(fd);
	breaks(fd);
	return failed;
}
