// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "newer.h"

int sync_range(int fd, off_t offset, off_t length)
{
	return sync_file_range(fd, offset, length,
			       SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				       SYNC_FILE_RANGE_WAIT_AFTER);
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error;
	ssize_t put;

	if (fd < 0)
		return -1;
	put = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	errno = error;
	return put < 0 ? -1 : 0;
}

static int loopback(int type, struct sockaddr_in *to)
{
	socklen_t length = sizeof(*to);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	*to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	if (bind(fd, (struct sockaddr *)to, sizeof(*to)) ||
	    getsockname(fd, (struct sockaddr *)to, &length))
		return -1;
	return fd;
}

int socket_pair(int type, int ends[2])
{
	struct sockaddr_in to;
	int fd = loopback(type, &to);

	ends[0] = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || (type == SOCK_STREAM && listen(fd, 1)) ||
	    connect(ends[0], (struct sockaddr *)&to, sizeof(to)))
		return -1;
	ends[1] = type == SOCK_STREAM ? accept(fd, NULL, NULL) : fd;
	return ends[1] < 0 ? -1 : 0;
}

uint64_t frame_of(const void *at)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;
	ssize_t got = pread(fd, &entry, sizeof(entry),
			    (uintptr_t)at / sysconf(_SC_PAGESIZE) * sizeof(entry));

	close(fd);
	if (got != sizeof(entry) || !(entry >> 63))
		return 0;
	return entry & ((1ull << 55) - 1);
}
