// SPDX-License-Identifier: GPL-2.0-only
/* C5: waiters learn of events by WAIT, poll and epoll, for each file description separately. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define ALL                                                                        \
	(MMAPDEMO_EVENT_KICK | MMAPDEMO_EVENT_LAST_CLOSE | MMAPDEMO_EVENT_RESIZE | \
	 MMAPDEMO_EVENT_WIPE)

static void do_kick(int fd)
{
	assert_done(kick(fd));
}

static void do_last_close(int fd)
{
	unmap(target_map(pages(1), PROT_READ, MAP_SHARED, fd, 0), pages(1));
}

static void do_resize(int fd)
{
	off_t size = info_of(fd).bytes;

	assert_done(resize(fd, size == target.size ? target.size + (off_t)pages(1) : target.size));
}

static void do_wipe(int fd)
{
	assert_done(wipe(fd, MMAPDEMO_WIPE_NOW, 0));
}

static const struct cause {
	const char *name;
	void (*happen)(int fd);
	uint32_t event;
	short poll_event;
} causes[] = {
	{"kick", do_kick, MMAPDEMO_EVENT_KICK, POLLIN},
	{"last-close", do_last_close, MMAPDEMO_EVENT_LAST_CLOSE, POLLPRI},
	{"resize", do_resize, MMAPDEMO_EVENT_RESIZE, POLLPRI},
	{"wipe", do_wipe, MMAPDEMO_EVENT_WIPE, POLLPRI},
};

static short polled(int fd, int timeout)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLPRI};
	int ready = poll(&poll_fd, 1, timeout);

	ck_assert_int_ge(ready, 0);
	return ready ? poll_fd.revents : 0;
}

ROW_EACH(C5, told_once, "an event is pending for each description that was open, until it is taken",
	 causes)
{
	const struct cause *cause = &causes[_i];
	int fd = control_open();
	int waiter = target_open(O_RDONLY | O_NONBLOCK), late;

	ck_assert_int_eq(polled(waiter, 0), 0);
	ck_assert_uint_eq(take_events(waiter, ALL, NULL), 0);
	for (int i = 0; i < 3; i++) {
		cause->happen(fd);
		ck_assert_int_eq(polled(waiter, 0), cause->poll_event);
		ck_assert_int_eq(polled(waiter, 0), cause->poll_event);
		ck_assert_uint_eq(take_events(waiter, ALL, NULL), cause->event);
		ck_assert_int_eq(polled(waiter, 0), 0);
		ck_assert_uint_eq(take_events(waiter, ALL, NULL), 0);
	}
	late = target_open(O_WRONLY | O_NONBLOCK);
	ck_assert_int_eq(polled(late, 0), 0);
	ck_assert_uint_eq(take_events(late, ALL, NULL), 0);
}

ROW(C5, takes_what_is_asked, "events that a wait did not ask for stay pending")
{
	int fd = control_open();
	int waiter = target_open(O_RDWR | O_NONBLOCK);
	uint32_t left = ALL;

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		causes[i].happen(fd);
	ck_assert_int_eq(polled(waiter, 0), POLLIN | POLLPRI);
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		ck_assert_uint_eq(take_events(waiter, causes[i].event, NULL), causes[i].event);
		ck_assert_uint_eq(take_events(waiter, causes[i].event, NULL), 0);
		left &= ~causes[i].event;
		ck_assert_int_eq(polled(waiter, 0), left ? POLLPRI : 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		causes[i].happen(fd);
	ck_assert_uint_eq(take_events(waiter, ALL, NULL), ALL);
}

ROW(C5, generation, "many kicks are one event, and the generation says how many")
{
	int fd = control_open();
	int waiter = target_open(O_RDONLY | O_NONBLOCK);
	struct mmapdemo_kick argument = {.size = sizeof(argument)};
	uint64_t before = info_of(fd).generation, generation;

	for (int i = 1; i <= 5; i++) {
		assert_done(command(fd, MMAPDEMO_IOCTL_KICK, &argument));
		ck_assert_uint_eq(argument.generation, before + i);
	}
	ck_assert_uint_eq(take_events(waiter, MMAPDEMO_EVENT_KICK, &generation),
			  MMAPDEMO_EVENT_KICK);
	ck_assert_uint_eq(generation, before + 5);
	ck_assert_uint_eq(take_events(waiter, ALL, NULL), 0);
	ck_assert_uint_eq(info_of(waiter).generation, before + 5);
	/* Any other event raises it, too. */
	do_resize(fd);
	ck_assert_uint_eq(take_events(waiter, ALL, &generation), MMAPDEMO_EVENT_RESIZE);
	ck_assert_uint_eq(generation, before + 5);
}

static const char *const relations[] = {"dup", "fork", "open"};
enum { DUP, FORK, OPEN };

ROW_EACH(C5, position, "events are pending per file description, which dup and fork share",
	 relations)
{
	int fd = control_open();
	int waiter = target_open(O_RDWR | O_NONBLOCK);
	int other = _i == OPEN ? target_open(O_RDWR | O_NONBLOCK) : dup(waiter);
	struct peer child;

	do_kick(fd);
	if (_i == FORK) {
		if (fork_child(&child)) {
			ck_assert_uint_eq(take_events(waiter, ALL, NULL), MMAPDEMO_EVENT_KICK);
			child_done();
		}
		await_exit(&child);
	} else {
		ck_assert_uint_eq(take_events(waiter, ALL, NULL), MMAPDEMO_EVENT_KICK);
	}
	ck_assert_int_eq(polled(waiter, 0), 0);
	ck_assert_int_eq(polled(other, 0), _i == OPEN ? POLLIN : 0);
	ck_assert_uint_eq(take_events(other, ALL, NULL), _i == OPEN ? MMAPDEMO_EVENT_KICK : 0);
}

ROW(C5, last_close, "the end of the last mapping is an event, and that of an earlier one is not")
{
	int fd = control_open();
	int waiter = target_open(O_RDONLY | O_NONBLOCK);
	unsigned char *map = target_map_rw(3, MAP_SHARED, 0);
	struct peer child;

	if (fork_child(&child))
		child_done();
	await_exit(&child);
	unmap(map + pages(1), pages(1));
	unmap(map, pages(1));
	ck_assert_int_eq(polled(waiter, 0), 0);
	unmap(map + pages(2), pages(1));
	ck_assert_int_eq(polled(waiter, 0), POLLPRI);
	ck_assert_uint_eq(take_events(waiter, ALL, NULL), MMAPDEMO_EVENT_LAST_CLOSE);
	ck_assert_uint_eq(take_events(fd, ALL, NULL), MMAPDEMO_EVENT_LAST_CLOSE);
}

ROW(C5, nothing_happened, "a command that fails, or that has no event, reports none")
{
	int fd = control_open();
	int waiter = target_open(O_RDWR | O_NONBLOCK);

	assert_errno(resize(fd, 1LL << 62), ENOMEM);
	assert_errno(wipe(fd, 0, 0), EINVAL);
	assert_done(wipe(fd, MMAPDEMO_WIPE_SET_POLICY, 0));
	assert_done(fill(fd, 0, 100, 1));
	sum_of(fd, 0, 100);
	assert_done(set_action(fd, 0, pages(1), MMAPDEMO_INJECT_COUNT));
	ck_assert_int_eq(polled(waiter, 0), 0);
	ck_assert_uint_eq(take_events(waiter, ALL, NULL), 0);
}

/* How a process waits; each returns when an event is pending. */
static void by_wait(int fd)
{
	(void)fd;
}

static void by_poll(int fd)
{
	ck_assert_int_ne(polled(fd, -1), 0);
}

static void by_epoll_mode(int fd, uint32_t mode)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLPRI | mode};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	ck_assert_int_eq(epoll_wait(epoll, &event, 1, -1), 1);
	ck_assert_uint_ne(event.events & (EPOLLIN | EPOLLPRI), 0);
	close(epoll);
}

static void by_epoll(int fd)
{
	by_epoll_mode(fd, 0);
}

static void by_epoll_edge(int fd)
{
	by_epoll_mode(fd, EPOLLET);
}

static const struct way {
	const char *name;
	void (*wait)(int fd);
} ways[] = {
	{"wait", by_wait},
	{"poll", by_poll},
	{"epoll", by_epoll},
	{"epoll-edge", by_epoll_edge},
};

ROW_EACH(C5, wakes, "each event wakes a process that sleeps in WAIT, and nothing else does", ways)
{
	int fd = control_open();
	struct peer child;

	if (fork_child(&child)) {
		int waiter = target_open(O_RDONLY);

		pass_turn(&child);
		for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
			ways[_i].wait(waiter);
			tell(&child, take_events(waiter, ALL, NULL));
		}
		child_done();
	}
	await_turn(&child);
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		await_sleep(child.pid);
		causes[i].happen(fd);
		ck_assert_uint_eq(hear(&child), causes[i].event);
	}
	await_exit(&child);
}

ROW(C5, waits_for_what_is_asked, "another event does not end a wait, and stays pending")
{
	int fd = control_open();
	struct peer child;

	if (fork_child(&child)) {
		int waiter = target_open(O_RDONLY);

		pass_turn(&child);
		tell(&child, take_events(waiter, MMAPDEMO_EVENT_KICK, NULL));
		tell(&child, take_events(waiter, ALL, NULL));
		child_done();
	}
	await_turn(&child);
	await_sleep(child.pid);
	do_resize(fd);
	/* After a wake-up without an event it sleeps again. */
	await_sleep(child.pid);
	do_kick(fd);
	ck_assert_uint_eq(hear(&child), MMAPDEMO_EVENT_KICK);
	ck_assert_uint_eq(hear(&child), MMAPDEMO_EVENT_RESIZE);
	await_exit(&child);
}

ROW_EACH(C5, epoll,
	 "epoll reports an event while it is pending; edge-triggered, it reports each once", causes)
{
	const struct cause *cause = &causes[_i];
	struct epoll_event event;
	int fd = control_open();
	int waiter = target_open(O_RDONLY);
	int level = epoll_create1(EPOLL_CLOEXEC), edge = epoll_create1(EPOLL_CLOEXEC);

	event.events = EPOLLIN | EPOLLPRI;
	ck_assert_int_eq(epoll_ctl(level, EPOLL_CTL_ADD, waiter, &event), 0);
	event.events = EPOLLIN | EPOLLPRI | EPOLLET;
	ck_assert_int_eq(epoll_ctl(edge, EPOLL_CTL_ADD, waiter, &event), 0);
	ck_assert_int_eq(epoll_wait(level, &event, 1, 0), 0);
	ck_assert_int_eq(epoll_wait(edge, &event, 1, 0), 0);
	for (int i = 0; i < 2; i++) {
		cause->happen(fd);
		ck_assert_int_eq(epoll_wait(edge, &event, 1, 0), 1);
		ck_assert_int_eq(event.events, cause->poll_event);
		ck_assert_int_eq(epoll_wait(edge, &event, 1, 0), 0);
		ck_assert_int_eq(epoll_wait(level, &event, 1, 0), 1);
		ck_assert_int_eq(event.events, cause->poll_event);
	}
	ck_assert_int_eq(epoll_wait(level, &event, 1, 0), 1);
	take_events(waiter, ALL, NULL);
	ck_assert_int_eq(epoll_wait(level, &event, 1, 0), 0);
	ck_assert_int_eq(epoll_wait(edge, &event, 1, 0), 0);
}

static void on_alarm(int signo)
{
	(void)signo;
}

ROW(C5, interrupted, "a signal ends a wait with EINTR, and takes no event")
{
	int fd = control_open();
	struct mmapdemo_wait wait = {.size = sizeof(wait), .events = ALL};
	struct sigaction action = {.sa_handler = on_alarm};
	struct peer child;

	if (fork_child(&child)) {
		int waiter = target_open(O_RDONLY);

		sigaction(SIGALRM, &action, NULL);
		pass_turn(&child);
		assert_errno(command(waiter, MMAPDEMO_IOCTL_WAIT, &wait), EINTR);
		pass_turn(&child);
		ck_assert_uint_eq(take_events(waiter, ALL, NULL), MMAPDEMO_EVENT_KICK);
		child_done();
	}
	await_turn(&child);
	await_sleep(child.pid);
	ck_assert_int_eq(kill(child.pid, SIGALRM), 0);
	await_turn(&child);
	do_kick(fd);
	await_exit(&child);
}
