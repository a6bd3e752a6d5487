// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pass.h"

/* A message has a byte at least. */
struct message {
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec data;
	struct msghdr header;
};

static struct msghdr *begin(struct message *message)
{
	memset(message, 0, sizeof(*message));
	message->data = (struct iovec){&message->byte, 1};
	message->header = (struct msghdr){.msg_iov = &message->data,
					  .msg_iovlen = 1,
					  .msg_control = message->control,
					  .msg_controllen = sizeof(message->control)};
	return &message->header;
}

int pass_descriptor(int socket, int fd)
{
	struct message message;
	struct msghdr *header = begin(&message);
	struct cmsghdr *control = CMSG_FIRSTHDR(header);

	*control = (struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	return sendmsg(socket, header, 0) == 1 ? 0 : -1;
}

/* The space of one descriptor may hold a second, and the kernel has opened that, too. */
static void close_all(const struct cmsghdr *control)
{
	for (size_t at = CMSG_LEN(0); at + sizeof(int) <= control->cmsg_len; at += sizeof(int)) {
		int fd;

		memcpy(&fd, (const char *)control + at, sizeof(fd));
		close(fd);
	}
}

int receive_descriptor(int socket)
{
	struct message message;
	struct msghdr *header = begin(&message);
	struct cmsghdr *control;
	int fd;

	if (recvmsg(socket, header, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	control = CMSG_FIRSTHDR(header);
	if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
		return -1;
	if (control->cmsg_len != CMSG_LEN(sizeof(fd))) {
		close_all(control);
		return -1;
	}
	memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}
