// SPDX-License-Identifier: GPL-2.0-only
/* C5: no wake-up is lost, however many there are. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "support/control.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"

/* Nothing below asserts in each round, because Check records every place that it passes. */

/* A waiter, which has its own way to sleep until there may be a kick. */
struct waiter {
	int fd, epoll;
};

static void by_wait(const struct waiter *waiter)
{
	(void)waiter;
}

static void by_poll(const struct waiter *waiter)
{
	struct pollfd poll_fd = {.fd = waiter->fd, .events = POLLIN};

	if (poll(&poll_fd, 1, -1) != 1)
		ck_abort_msg("poll: %m");
}

static void by_epoll(const struct waiter *waiter)
{
	struct epoll_event event;

	if (epoll_wait(waiter->epoll, &event, 1, -1) != 1)
		ck_abort_msg("epoll_wait: %m");
}

static const struct way {
	void (*sleep)(const struct waiter *waiter);
	int open_flags;
	uint32_t epoll_mode;
} ways[] = {
	{by_wait, O_RDWR, 0},
	{by_poll, O_RDWR | O_NONBLOCK, 0},
	{by_epoll, O_RDWR | O_NONBLOCK, 0},
	{by_epoll, O_RDWR | O_NONBLOCK, EPOLLET},
};

#define WAITERS ARRAY_SIZE(ways)

static struct waiter waiter_make(const struct way *way)
{
	struct waiter waiter = {target_open(way->open_flags), epoll_create1(EPOLL_CLOEXEC)};
	struct epoll_event event = {.events = EPOLLIN | way->epoll_mode};

	ck_assert_int_eq(epoll_ctl(waiter.epoll, EPOLL_CTL_ADD, waiter.fd, &event), 0);
	return waiter;
}

/* The generation, once there is a kick that this waiter has not taken. */
static uint64_t next_kick(const struct way *way, const struct waiter *waiter)
{
	struct mmapdemo_wait wait = {.size = sizeof(wait)};
	int error;

	do {
		way->sleep(waiter);
		wait.events = MMAPDEMO_EVENT_KICK;
		error = command(waiter->fd, MMAPDEMO_IOCTL_WAIT, &wait);
	} while (error == EAGAIN);
	if (error)
		ck_abort_msg("WAIT: %s", strerror(error));
	return wait.generation;
}

#define KICKS 1000000

/* All but the last could be lost unnoticed here; a waiter without that one never ends. */
ROW(C5, million_kicks, "each of four waiters learns of the last of a million kicks", .timeout = 120)
{
	int fd = control_open();
	uint64_t last = info_of(fd).generation + KICKS;
	struct peer peers[WAITERS];

	for (size_t i = 0; i < WAITERS; i++)
		if (fork_child(&peers[i])) {
			struct waiter waiter = waiter_make(&ways[i]);
			uint64_t generation = last - KICKS, next;

			stay_on_processors(false);
			pass_turn(&peers[i]);
			while (generation < last) {
				next = next_kick(&ways[i], &waiter);
				if (next < generation)
					ck_abort_msg("kick %ju comes after %ju", (uintmax_t)next,
						     (uintmax_t)generation);
				generation = next;
			}
			ck_assert_uint_eq(generation, last);
			child_done();
		}
	for (size_t i = 0; i < WAITERS; i++)
		await_turn(&peers[i]);
	/*
	 * The kicking process has its own processor, so that it does not wait for those that it
	 * wakes.
	 */
	stay_on_processors(true);
	for (int i = 0; i < KICKS; i++)
		if (kick(fd))
			ck_abort_msg("KICK: %m");
	for (size_t i = 0; i < WAITERS; i++)
		await_exit(&peers[i]);
	ck_assert_uint_eq(info_of(fd).generation, last);
}

#define ROUNDS 500

/* Each waits for the one before it, so that all wait for ever if one wake-up is lost. */
ROW(C5, ring, "four processes that kick in turn never wait in vain", .timeout = 120)
{
	int fd = control_open();
	uint64_t first = info_of(fd).generation;
	struct peer peers[WAITERS];

	for (size_t i = 0; i < WAITERS; i++)
		if (fork_child(&peers[i])) {
			struct waiter waiter = waiter_make(&ways[i]);

			pass_turn(&peers[i]);
			for (uint64_t round = 0; round < ROUNDS; round++) {
				uint64_t turn = first + 1 + round * WAITERS + i;
				uint64_t generation;

				do
					generation = next_kick(&ways[i], &waiter);
				while (generation < turn);
				if (generation != turn || kick(waiter.fd))
					ck_abort_msg("turn %ju came at kick %ju", (uintmax_t)turn,
						     (uintmax_t)generation);
			}
			child_done();
		}
	for (size_t i = 0; i < WAITERS; i++)
		await_turn(&peers[i]);
	assert_done(kick(fd));
	for (size_t i = 0; i < WAITERS; i++)
		await_exit(&peers[i]);
	ck_assert_uint_eq(info_of(fd).generation, first + 1 + ROUNDS * WAITERS);
}
