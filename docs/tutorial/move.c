// SPDX-License-Identifier: GPL-2.0-only
/* From step 7 on: is a write lost when the kernel moves the page at that moment? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tutorial.h"

/* Moving takes seconds, or a minute on a host whose processors have other work. */
#define ENOUGH	     10000
#define MOST_SECONDS 60
#define MOVED	     22 /* a page that no other program here breaks */
#define WORDS	     16 /* written one by one, then read at once */

static void move_for_ever(int fd, volatile long *moves)
{
	void *at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, MOVED * PAGE);
	int status;

	for (int node = 0;; node = !node) {
		*(volatile char *)at;
		syscall(SYS_move_pages, 0, 1UL, &at, &node, &status, MPOL_MF_MOVE);
		*moves += status == node;
	}
}

/* A page goes from one node to the other and back, while another process writes and reads it. */
static void moves(int fd)
{
	volatile long *moved =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	time_t end = time(NULL) + MOST_SECONDS;
	pid_t mover = fork();
	off_t at = MOVED * PAGE;
	long lost = 0, saw[WORDS];

	if (!mover)
		move_for_ever(fd, moved);
	for (long round = 0; !lost && *moved < ENOUGH && time(NULL) < end; round++) {
		for (int i = 0; i < WORDS; i++)
			lost += pwrite(fd, &round, sizeof(round), at + i * sizeof(round)) < 0;
		lost += pread(fd, saw, sizeof(saw), at) < 0;
		for (int i = 0; i < WORDS; i++)
			lost += saw[i] != round;
	}
	kill(mover, SIGKILL);
	waitpid(mover, NULL, 0);
	verdict("move.moves", "has it moved", 1, *moved > 0);
	verdict("move.loses-nothing", "writes lost", 0, lost);
}

int main(void)
{
	moves(open("/dev/tutorial", O_RDWR));
	return failed;
}
