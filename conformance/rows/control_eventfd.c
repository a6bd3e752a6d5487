// SPDX-License-Identifier: GPL-2.0-only
/* C11: events counted in an eventfd, and sent as signals. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"

#define ALL                                                                        \
	(MMAPDEMO_EVENT_KICK | MMAPDEMO_EVENT_LAST_CLOSE | MMAPDEMO_EVENT_RESIZE | \
	 MMAPDEMO_EVENT_WIPE)

static int set_eventfd(int fd, uint32_t events, int eventfd)
{
	struct mmapdemo_eventfd argument = {
		.size = sizeof(argument),
		.events = events,
		.fd = eventfd,
	};

	return command(fd, MMAPDEMO_IOCTL_EVENTFD, &argument);
}

static int make_eventfd(void)
{
	int made = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	ck_assert_int_ge(made, 0);
	return made;
}

/* How many events it has counted since it was last asked. */
static uint64_t taken(int eventfd)
{
	uint64_t count = 0;

	if (read(eventfd, &count, sizeof(count)) < 0)
		ck_assert_int_eq(errno, EAGAIN);
	return count;
}

static void do_kick(int fd)
{
	assert_done(kick(fd));
}

static void do_last_close(int fd)
{
	unsigned char *map = target_map(pages(1), PROT_READ, MAP_SHARED, fd, 0);

	ck_assert_int_eq(munmap(map, pages(1)), 0);
}

static void do_resize(int fd)
{
	assert_done(resize(fd, target.size - pages(1)));
}

static void do_wipe(int fd)
{
	assert_done(wipe(fd, MMAPDEMO_WIPE_NOW, 0));
}

static const struct event {
	const char *name;
	uint32_t event;
	void (*cause)(int fd);
	int band; /* of its signal */
} events[] = {
	{"kick", MMAPDEMO_EVENT_KICK, do_kick, POLL_IN},
	{"last-close", MMAPDEMO_EVENT_LAST_CLOSE, do_last_close, POLL_PRI},
	{"resize", MMAPDEMO_EVENT_RESIZE, do_resize, POLL_PRI},
	{"wipe", MMAPDEMO_EVENT_WIPE, do_wipe, POLL_PRI},
};

ROW_EACH(C11, eventfd, "each event in the mask adds one, and no other event does", events)
{
	int fd = control_open(), wanted = make_eventfd(), others = make_eventfd();
	int other = target_open(O_RDWR);

	assert_done(set_eventfd(fd, events[_i].event, wanted));
	assert_done(set_eventfd(other, ALL & ~events[_i].event, others));
	for (uint64_t i = 0; i < 3; i++) {
		assert_done(resize(fd, target.size));
		taken(wanted), taken(others);
		events[_i].cause(fd);
		ck_assert_uint_eq(taken(wanted), 1);
		ck_assert_uint_eq(taken(others), 0);
	}
}

ROW(C11, eventfd_counts, "the eventfd counts all events until it is read")
{
	int fd = control_open(), eventfd = make_eventfd();

	assert_done(set_eventfd(fd, MMAPDEMO_EVENT_KICK, eventfd));
	for (int i = 0; i < 1000; i++)
		assert_done(kick(fd));
	ck_assert_uint_eq(taken(eventfd), 1000);
}

ROW(C11, eventfd_wakes, "poll(2) of the eventfd wakes when another process kicks")
{
	int fd = control_open(), eventfd = make_eventfd();
	struct pollfd polled = {.fd = eventfd, .events = POLLIN};
	struct peer other;

	assert_done(set_eventfd(fd, MMAPDEMO_EVENT_KICK, eventfd));
	if (fork_child(&other)) {
		await_turn(&other);
		assert_done(kick(fd));
		child_done();
	}
	ck_assert_int_eq(poll(&polled, 1, 0), 0);
	pass_turn(&other);
	ck_assert_int_eq(poll(&polled, 1, -1), 1);
	await_exit(&other);
	ck_assert_uint_eq(taken(eventfd), 1);
}

ROW(C11, eventfd_last_one, "the last EVENTFD applies, and -1 removes the eventfd")
{
	int fd = control_open(), first = make_eventfd(), second = make_eventfd();

	assert_done(set_eventfd(fd, MMAPDEMO_EVENT_KICK, first));
	assert_done(set_eventfd(fd, MMAPDEMO_EVENT_KICK, second));
	assert_done(kick(fd));
	ck_assert_uint_eq(taken(first), 0);
	ck_assert_uint_eq(taken(second), 1);
	assert_done(set_eventfd(fd, 0, -1));
	assert_done(kick(fd));
	ck_assert_uint_eq(taken(second), 0);
}

struct setter {
	int fd, eventfd;
	_Atomic bool over;
};

static void *set_again(void *argument)
{
	struct setter *setter = argument;

	for (uint32_t i = 0; !setter->over; i++)
		assert_done(set_eventfd(setter->fd,
					MMAPDEMO_EVENT_KICK | (i % 2 ? MMAPDEMO_EVENT_RESIZE : 0),
					setter->eventfd));
	return NULL;
}

ROW(C11, eventfd_replaced_meanwhile, "no event is lost while another EVENTFD replaces it")
{
	int fd = control_open(), kicks = 0;
	struct setter setter = {.fd = fd, .eventfd = make_eventfd()};
	uint32_t since = seconds_now();
	pthread_t thread;

	assert_done(set_eventfd(fd, MMAPDEMO_EVENT_KICK, setter.eventfd));
	ck_assert_int_eq(pthread_create(&thread, NULL, set_again, &setter), 0);
	for (; kicks < 20000 || seconds_now() - since < 1; kicks++)
		assert_done(kick(fd));
	setter.over = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(taken(setter.eventfd), kicks);
}

ROW(C11, eventfd_refused, "an EVENTFD that is refused leaves the old one in place")
{
	int fd = control_open(), eventfd = make_eventfd();

	assert_done(set_eventfd(fd, MMAPDEMO_EVENT_KICK, eventfd));
	assert_errno(set_eventfd(fd, MMAPDEMO_EVENT_KICK, fd), EINVAL);
	assert_errno(set_eventfd(fd, 1U << 31, eventfd), EOPNOTSUPP);
	assert_done(kick(fd));
	ck_assert_uint_eq(taken(eventfd), 1);
}

ROW(C11, eventfd_ends, "the eventfd ends with the last descriptor of its file description")
{
	int fd = control_open(), other = target_open(O_RDONLY), eventfd = make_eventfd();
	int same = dup(other);

	ck_assert_int_ge(same, 0);
	assert_done(set_eventfd(other, MMAPDEMO_EVENT_KICK, eventfd));
	ck_assert_int_eq(close(other), 0);
	assert_done(kick(fd));
	ck_assert_uint_eq(taken(eventfd), 1);
	ck_assert_int_eq(close(same), 0);
	assert_done(kick(fd));
	ck_assert_uint_eq(taken(eventfd), 0);
}

ROW(C11, eventfd_outlives, "events are counted after the eventfd's descriptor is closed")
{
	int fd = control_open(), eventfd = make_eventfd();
	int same = dup(eventfd);

	ck_assert_int_ge(same, 0);
	assert_done(set_eventfd(fd, MMAPDEMO_EVENT_KICK, eventfd));
	ck_assert_int_eq(close(eventfd), 0);
	assert_done(kick(fd));
	ck_assert_uint_eq(taken(same), 1);
	ck_assert_int_eq(close(same), 0);
	assert_done(kick(fd));
}

ROW(C11, eventfd_of_each, "each file description has its own eventfd")
{
	int fd = control_open(), eventfds[20], files[20];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		files[i] = target_open(O_RDONLY);
		eventfds[i] = make_eventfd();
		assert_done(set_eventfd(files[i], MMAPDEMO_EVENT_KICK, eventfds[i]));
	}
	ck_assert_int_eq(close(files[7]), 0);
	assert_done(kick(fd));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		ck_assert_uint_eq(taken(eventfds[i]), i != 7);
}

/* Waits for a signal up to a second; 0 if none comes. */
static int taken_signal(int number, siginfo_t *info)
{
	struct timespec limit = {.tv_sec = 1};
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, number);
	got = sigtimedwait(&set, info, &limit);
	if (got < 0)
		ck_assert_int_eq(errno, EAGAIN);
	return got < 0 ? 0 : got;
}

static void block(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
}

static void ask_for_signals(int fd, int number)
{
	block(number);
	ck_assert_int_eq(fcntl(fd, F_SETOWN, getpid()), 0);
	ck_assert_int_eq(fcntl(fd, F_SETSIG, number), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC), 0);
}

ROW_EACH(C11, signal, "with O_ASYNC each event sends a signal whose siginfo names it", events)
{
	int fd = control_open(), number = SIGRTMIN + 2;
	siginfo_t info = {};

	ask_for_signals(fd, number);
	events[_i].cause(fd);
	ck_assert_int_eq(taken_signal(number, &info), number);
	ck_assert_int_eq(info.si_code, events[_i].band);
	ck_assert_int_eq(info.si_fd, fd);
}

ROW(C11, signal_plain, "without F_SETSIG the signal is SIGIO, and only the owner gets it")
{
	int fd = control_open();
	struct peer other;
	siginfo_t info;

	block(SIGIO);
	if (fork_child(&other)) {
		await_turn(&other);
		ck_assert_int_eq(taken_signal(SIGIO, &info), SIGIO);
		child_done();
	}
	ck_assert_int_eq(fcntl(fd, F_SETOWN, other.pid), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC), 0);
	assert_done(kick(fd));
	pass_turn(&other);
	await_exit(&other);
	ck_assert_int_eq(taken_signal(SIGIO, &info), 0);
}

ROW(C11, signal_ends, "no signal is sent after O_ASYNC is cleared or the file is closed")
{
	int fd = control_open(), other = target_open(O_RDONLY), number = SIGRTMIN + 2;
	siginfo_t info;

	ask_for_signals(fd, number);
	ask_for_signals(other, number);
	assert_done(kick(fd));
	ck_assert_int_eq(taken_signal(number, &info), number);
	ck_assert_int_eq(taken_signal(number, &info), number);
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_ASYNC), 0);
	ck_assert_int_eq(close(other), 0);
	assert_done(kick(fd));
	ck_assert_int_eq(taken_signal(number, &info), 0);
}
