// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold OFFSET LENGTH shared|private|piped|often
 *
 * Maps that part of the device, stores to each page, and stays. Piped: shared,
 * and a pipe holds its pages. Often: it was mapped and unmapped 5000 times before.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static void map_often(int fd, size_t length)
{
	for (int i = 0; i < 5000; i++)
		if (munmap(mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0), length))
			err(1, "mmap, munmap");
}

static void put_in_pipe(void *memory, size_t length)
{
	struct iovec part = {.iov_base = memory, .iov_len = length};
	int ends[2];

	if (pipe(ends) || vmsplice(ends[1], &part, 1, 0) != (ssize_t)length)
		err(1, "vmsplice");
}

int main(int argc, char **argv)
{
	off_t offset = argc == 4 ? strtoll(argv[1], NULL, 0) : 0;
	size_t length = argc == 4 ? strtoull(argv[2], NULL, 0) : 0;
	int fd = open("/dev/mmapdemo", O_RDWR);
	char *memory;

	if (fd < 0 || !length)
		errx(2, "usage: hold OFFSET LENGTH shared|private|piped|often");
	if (!strcmp(argv[3], "often"))
		map_often(fd, length);
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
		      strcmp(argv[3], "private") ? MAP_SHARED : MAP_PRIVATE, fd, offset);
	if (memory == MAP_FAILED)
		err(1, "mmap");
	for (size_t at = 0; at < length; at += 4096)
		memory[at] = 1;
	if (!strcmp(argv[3], "piped"))
		put_in_pipe(memory, length);
	close(fd);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
