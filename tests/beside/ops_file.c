// SPDX-License-Identifier: GPL-2.0-only
/* Operations on size, space, locks, leases, seals and events of the object. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/fs.h>

#include "guard.h"
#include "ops.h"
#include "result.h"

void op_fallocate(struct world *w, const long *arg)
{
	say_ret("ret", fallocate(w->fd, arg[0], world_offset(w), world_bytes(w)));
}

void op_ftruncate(struct world *w, const long *arg)
{
	say_ret("ret", ftruncate(w->fd, (w->pages + arg[0]) * page_size));
}

/* Changes the size by arg[0] pages, and then back if arg[1] is set. */
void op_resize(struct world *w, const long *arg)
{
	say_ret("ret", object_resize(w, w->pages + arg[0]));
	guarded_store(world_at(w) + 7, 0x71);
	say_signal("store", world_at(w));
	if (arg[1])
		say_ret("back", object_resize(w, w->pages));
}

void op_punch(struct world *w, const long *arg)
{
	say_ret("ret",
		object_punch(w, world_offset(w) + arg[0], arg[1] ? arg[1] : (long)world_bytes(w)));
	if (!arg[2])
		return;
	guarded_store(world_at(w) + 7, 0x72);
	say_signal("store", world_at(w));
}

void op_fadvise(struct world *w, const long *arg)
{
	int ret = posix_fadvise(w->fd, world_offset(w), world_bytes(w), arg[0]);

	say("ret", "%s", ret ? errno_name(ret) : "0");
}

void op_readahead(struct world *w, const long *arg)
{
	say_ret("ret", readahead(w->fd, world_offset(w) + arg[0], world_bytes(w)));
}

/* Another process tries the same. */
static void in_other(int (*wants)(int fd, long what), const struct world *w, long what)
{
	pid_t child = fork();

	if (!child) {
		int fd = open(w->path, O_RDWR | O_NONBLOCK);

		say_done("other-open", fd >= 0);
		say_ret("other", wants(fd, what));
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static int want_flock(int fd, long what)
{
	return flock(fd, what | LOCK_NB);
}

void op_flock(struct world *w, const long *arg)
{
	say_ret("ret", flock(w->fd, arg[0]));
	in_other(want_flock, w, arg[1]);
	say_ret("unlock", flock(w->fd, LOCK_UN));
}

static int want_lock(int fd, long what)
{
	struct flock lock = {.l_type = F_WRLCK, .l_start = 1, .l_len = 1};

	return fcntl(fd, what, &lock);
}

void op_lock(struct world *w, const long *arg)
{
	struct flock lock = {.l_type = arg[1], .l_start = 0, .l_len = 10};

	say_ret("ret", fcntl(w->fd, arg[0], &lock));
	in_other(want_lock, w, arg[0]);
	lock.l_type = F_UNLCK;
	say_ret("unlock", fcntl(w->fd, arg[0], &lock));
}

static int want_open(int fd, long what)
{
	(void)what;
	return fd;
}

/* The signal that reports an open by another process is ignored here. */
void op_lease(struct world *w, const long *arg)
{
	int fd = open(w->path, arg[1] | O_CLOEXEC);

	signal(SIGIO, SIG_IGN);
	say_done("open", fd >= 0);
	say_ret("ret", fcntl(fd, F_SETLEASE, arg[0]));
	say_ret("is", fcntl(fd, F_GETLEASE));
	if (arg[2])
		in_other(want_open, w, 0);
	close(fd);
}

void op_seals(struct world *w, const long *arg)
{
	say_ret("get", fcntl(w->fd, F_GET_SEALS));
	if (arg[0])
		say_ret("add", fcntl(w->fd, F_ADD_SEALS, arg[0]));
}

void op_fcntl(struct world *w, const long *arg)
{
	uint64_t value = 0;

	say_ret("ret", fcntl(w->fd, arg[0], arg[1] ? (void *)arg[1] : &value));
}

static void say_events(int fd)
{
	char buffer[4096] __attribute__((aligned(8)));
	ssize_t got = read(fd, buffer, sizeof(buffer));
	char text[256] = "";

	for (ssize_t at = 0; at < got && strlen(text) < 200;) {
		struct inotify_event *event = (struct inotify_event *)(buffer + at);

		sprintf(text + strlen(text), "%#x ", event->mask);
		at += sizeof(*event) + event->len;
	}
	say("events", "%s", text);
}

void op_inotify(struct world *w, const long *arg)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char byte = 1;

	say_done("watch", inotify_add_watch(fd, w->path, arg[0]) >= 0);
	say_ret("pread", pread(w->fd, &byte, 1, 0));
	say_ret("pwrite", pwrite(w->fd, &byte, 1, world_offset(w)));
	guarded_store(world_at(w) + 9, 0x73);
	say_ret("punch", object_punch(w, world_offset(w), page_size));
	close(open(w->path, O_RDONLY | O_CLOEXEC));
	say_events(fd);
	close(fd);
}

void op_poll(struct world *w, const long *arg)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT};
	struct pollfd wanted = {w->fd, POLLIN | POLLOUT | POLLPRI, 0};
	int fd = epoll_create1(EPOLL_CLOEXEC);

	(void)arg;
	say_ret("poll", poll(&wanted, 1, 0));
	say("events", "%#x", wanted.revents);
	say_ret("epoll", epoll_ctl(fd, EPOLL_CTL_ADD, w->fd, &event));
	close(fd);
}

/* The mapping outlives the descriptor. */
void op_close(struct world *w, const long *arg)
{
	int fd = open(w->path, O_RDWR | O_CLOEXEC);

	(void)arg;
	say_done("open", fd >= 0);
	say_ret("ret", close(w->fd));
	guarded_store(world_at(w) + 9, 0x74);
	say_signal("store", world_at(w));
	dup2(fd, w->fd);
	close(fd);
}

void op_ioctl_file(struct world *w, const long *arg)
{
	unsigned char room[256] = {0};

	say_ret("ret", ioctl(w->fd, arg[0], room));
}

void op_xattr(struct world *w, const long *arg)
{
	(void)arg;
	say_ret("set", fsetxattr(w->fd, "user.beside", "1", 1, 0));
	say_ret("list", flistxattr(w->fd, NULL, 0));
}
