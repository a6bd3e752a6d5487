// SPDX-License-Identifier: GPL-2.0-only
/* From step 4 on: does the driver know how many mappings live, whatever becomes of them? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tutorial.h"

static char *map(int fd, int pages)
{
	char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		perror("mmap");
	return at;
}

/* The mappings that a child of a process with these mappings has, and that they end with it. */
static void fork_with(const char *name, long vmas)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	expect(name, "vmas", 2 * vmas);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	expect("life.exit", "vmas", vmas);
}

int main(void)
{
	int fd = open("/dev/tutorial", O_RDWR);
	char *at;

	expect("life.before", "vmas", 0);
	at = map(fd, 5);
	expect("life.mmap", "vmas", 1);
	close(fd);
	expect("life.after-close", "vmas", 1);
	munmap(at + 2 * PAGE, PAGE); /* [01]2[34]: one mapping is two now */
	expect("life.split", "vmas", 2);
	fork_with("life.fork", 2);
	munmap(at, 2 * PAGE);
	expect("life.first-part-gone", "vmas", 1);
	at = mremap(at + 3 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at);
	expect("life.moved", "vmas", 1);
	munmap(at, 2 * PAGE);
	expect("life.all-gone", "vmas", 0);
	return failed;
}
