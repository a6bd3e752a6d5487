// SPDX-License-Identifier: GPL-2.0-only
/* From step 8 on: changes the size while the device is mapped. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tutorial.h"

static sigjmp_buf caught;

static void on_sigbus(int signo)
{
	siglongjmp(caught, signo);
}

/* Returns the byte, or -1 if touching it is SIGBUS. */
static long touch(volatile char *at)
{
	return sigsetjmp(caught, 1) ? -1 : *at;
}

static int resize(int pages)
{
	FILE *size = fopen("/sys/class/misc/tutorial/size", "w");
	int err = !size || fprintf(size, "%zu\n", pages * PAGE) < 0;

	return size ? fclose(size) || err : 1;
}

/* Makes the page lose its contents. On some kernels, madvise() itself sends a SIGBUS. */
static void break_page(char *at)
{
	if (!sigsetjmp(caught, 1))
		madvise(at, PAGE, MADV_HWPOISON);
}

int main(void)
{
	int fd = open("/dev/tutorial", O_RDWR);
	char *at = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	signal(SIGBUS, on_sigbus);
	at[3 * PAGE] = 3;
	at[4 * PAGE] = 4;
	break_page(at + 5 * PAGE);
	verdict("resize.broken-before", "page 5", -1, touch(at + 5 * PAGE));
	verdict("resize.shrinks", "resize", 0, resize(4));
	verdict("resize.keeps-what-is-inside", "page 3", 3, touch(at + 3 * PAGE));
	verdict("resize.takes-what-was-mapped", "page 4", -1, touch(at + 4 * PAGE));
	verdict("resize.pread-ends-there", "pread", 0, pread(fd, at, 1, 4 * PAGE));
	verdict("resize.grows", "resize", 0, resize(32));
	verdict("resize.what-came-back-is-zero", "page 4", 0, touch(at + 4 * PAGE));
	verdict("resize.heals-what-was-broken", "page 5", 0, touch(at + 5 * PAGE));
	verdict("resize.not-to-nothing", "resize", 1, resize(0));
	expect("resize.size", "size", 32 * PAGE);
	return failed;
}
