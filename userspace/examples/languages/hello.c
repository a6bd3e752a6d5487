// SPDX-License-Identifier: GPL-2.0-only
/* hello [create]: uses /dev/mmapdemo, or a fresh buffer. docs/languages.md explains it. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

static int create(int node)
{
	struct mmapdemo_create create = {.size = sizeof(create), .bytes = 1 << 20};
	int fd = ioctl(node, MMAPDEMO_IOCTL_CREATE, &create);

	if (fd < 0)
		err(1, "CREATE");
	close(node);
	return fd;
}

static void *map(int fd, off_t size, int flags)
{
	void *address = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (address == MAP_FAILED)
		err(1, "mmap");
	return address;
}

static void wait_for_kick(int fd, short events)
{
	struct mmapdemo_wait wait = {.size = sizeof(wait), .events = MMAPDEMO_EVENT_KICK};
	struct pollfd pollfd = {.fd = fd, .events = events};

	if (poll(&pollfd, 1, -1) < 0)
		err(1, "poll");
	/* poll() reports the event until WAIT has taken it. */
	if (ioctl(fd, MMAPDEMO_IOCTL_WAIT, &wait))
		err(1, "WAIT");
}

int main(int argc, char **argv)
{
	int fd = open("/dev/mmapdemo", O_RDWR | O_CLOEXEC);
	char *shared, *private;
	struct stat st;
	off_t size;

	(void)argv;
	if (fd < 0)
		err(1, "/dev/mmapdemo");
	if (argc > 1)
		fd = create(fd);

	if (fstat(fd, &st))
		err(1, "fstat");
	shared = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	printf("by st_size: %s\n", shared == MAP_FAILED ? strerror(errno) : "mapped");

	size = lseek(fd, 0, SEEK_END);
	shared = map(fd, size, MAP_SHARED);
	private = map(fd, size, MAP_PRIVATE);
	strcpy(shared, "hello from C");
	strcpy(private + 4096, "mine");
	printf("size %jd, private '%s', shared '%s'\n", (intmax_t)size, private + 4096,
	       shared + 4096);

	puts("waiting");
	fflush(stdout);
	wait_for_kick(fd, S_ISREG(st.st_mode) ? POLLPRI : POLLIN);
	printf("the other process stored '%s'\n", shared + 8192);
	return 0;
}
