// SPDX-License-Identifier: GPL-2.0-only
/* C9: the device's commands work on a created buffer, which has state of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "support/access.h"
#include "support/contents.h"
#include "support/control.h"
#include "support/created.h"
#include "support/patience.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/system.h"
#include "support/target.h"

#define SIZE 8 /* pages */

static int make(void)
{
	return make_file(&makers[0], pages(SIZE));
}

ROW(C9, info, "INFO reports the created buffer alone")
{
	int fd = make();
	unsigned char *map = map_file(fd, pages(SIZE), RW, MAP_SHARED);
	struct mmapdemo_info info;

	/* Otherwise a store allocates the memory beside the page, too: C9.touch-makes. */
	ck_assert_int_eq(madvise(map, pages(SIZE), MADV_RANDOM), 0);
	map[pages(2)] = 'i';
	info = info_of(fd);
	ck_assert_uint_eq(info.bytes, pages(SIZE));
	ck_assert_uint_eq(info.resident, pages(1));
	ck_assert_uint_eq(info.opens, 1);
	ck_assert_uint_eq(info.vmas, 1);
	ck_assert_uint_eq(info.faults_write, 1);
	ck_assert_uint_eq(info.rules, 0);
	ck_assert_uint_eq(info.wipe_policy, 0);
	ck_assert_str_eq(info.strategy, "pagecache");
}

ROW(C9, fill_sum, "FILL and SUM work up to its last byte, and not past it")
{
	int fd = make_file(&makers[0], pages(1) + 100);
	unsigned char *expected = malloc(pages(1) + 100);

	assert_done(fill(fd, 0, pages(1) + 100, 5));
	contents_pattern(expected, pages(1) + 100, 0, 5);
	ck_assert_uint_eq(sum_of(fd, 0, pages(1) + 100), contents_crc(0, expected, pages(1) + 100));
	assert_errno(fill(fd, 0, pages(1) + 101, 5), EINVAL);
	ck_assert_int_eq(size_of(fd), pages(1) + 100);
}

ROW(C9, resize_punch, "RESIZE and PUNCH do what ftruncate and fallocate do")
{
	int fd = make();

	assert_done(fill(fd, 0, pages(SIZE), 1));
	assert_done(punch(fd, pages(1), pages(2)));
	ck_assert_int_eq(allocated(fd), pages(SIZE - 2));
	assert_done(resize(fd, pages(4)));
	ck_assert_int_eq(size_of(fd), pages(4));
	assert_errno(resize(fd, pages(4) + 1), EINVAL);
	assert_errno(resize(fd, 0), EINVAL);
}

ROW(C9, wipe, "WIPE zeroes it at once, and refuses a policy")
{
	int fd = make();

	ck_assert_int_eq(pwrite(fd, "w", 1, 0), 1);
	assert_errno(wipe(fd, MMAPDEMO_WIPE_SET_POLICY, MMAPDEMO_WIPE_ON_LAST_CLOSE), EOPNOTSUPP);
	assert_errno(wipe(fd, MMAPDEMO_WIPE_NOW | MMAPDEMO_WIPE_SET_POLICY, 0), EOPNOTSUPP);
	ck_assert_int_eq(allocated(fd), pages(1));
	assert_done(wipe(fd, MMAPDEMO_WIPE_NOW, 0));
	assert_zero(map_file(fd, pages(1), PROT_READ, MAP_SHARED), pages(1));
}

ROW(C9, poison, "a rule of INJECT_SET acts on this buffer, and on no other")
{
	int fd = make(), other = make();
	unsigned char *map = map_file(fd, pages(SIZE), RW, MAP_SHARED);
	unsigned char *beside = map_file(other, pages(SIZE), RW, MAP_SHARED);
	char byte;

	map[pages(1)] = beside[pages(1)] = 'p';
	assert_done(set_action(fd, pages(1), pages(1), MMAPDEMO_INJECT_SIGBUS));
	assert_bus_error(try_read(map + pages(1)), map + pages(1));
	ck_assert_int_eq(pread(fd, &byte, 1, pages(1)), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(pwrite(fd, "x", 1, pages(1)), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(pwrite(fd, "x", 1, pages(2)), 1);
	assert_works(try_write(beside + pages(1), 'b'));
	ck_assert_uint_eq(info_of(fd).rules, 1);
	ck_assert_uint_eq(info_of(other).rules, 0);
	assert_done(heal(fd, 0, pages(SIZE)));
	ck_assert_int_eq(map[pages(1)], 'p');
}

ROW(C9, poison_past_the_end, "a rule past the end meets the write that moves the end")
{
	int fd = make();

	assert_done(set_action(fd, pages(SIZE + 1), pages(1), MMAPDEMO_INJECT_ENOMEM));
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_APPEND), 0);
	ck_assert_int_eq(write(fd, (char[8192]){}, pages(1)), pages(1));
	ck_assert_int_eq(write(fd, "x", 1), -1);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_int_eq(size_of(fd), pages(SIZE + 1));
	assert_done(heal(fd, 0, 1ULL << 62));
	ck_assert_int_eq(write(fd, "x", 1), 1);
}

/* Other files and other writers do not wait for a delay. */
ROW(C9, slow_write, "a write that a rule delays does not delay other writes")
{
	int fd = make();
	struct peer child;
	double begin;

	assert_done(set_delay(fd, 0, 3000000));
	if (fork_child(&child)) {
		ck_assert_int_eq(pwrite(fd, "s", 1, 0), 1);
		child_done();
	}
	ck_assert(is_delayed(child.pid));
	begin = seconds_now();
	ck_assert_int_eq(pwrite(fd, "q", 1, pages(3)), 1);
	ck_assert_int_eq(ftruncate(fd, pages(SIZE + 1)), 0);
	ck_assert(seconds_now() - begin < 2);
	await_exit(&child);
}

ROW(C9, events, "KICK, a resize and the last unmap raise POLLPRI, and WAIT takes them")
{
	int fd = make(), other = reopen(fd, O_RDWR);
	struct pollfd polled = {.fd = other, .events = POLLIN | POLLPRI};

	ck_assert_int_ge(other, 0);
	ck_assert_int_eq(fcntl(other, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(poll(&polled, 1, 0), 1);
	ck_assert_int_eq(polled.revents, POLLIN);
	assert_done(kick(fd));
	ck_assert_int_eq(poll(&polled, 1, 0), 1);
	ck_assert_int_eq(polled.revents, POLLIN | POLLPRI);
	ck_assert_uint_eq(take_events(other, MMAPDEMO_EVENT_KICK, NULL), MMAPDEMO_EVENT_KICK);
	ck_assert_int_eq(ftruncate(fd, 1), 0);
	ck_assert_uint_eq(take_events(other, MMAPDEMO_EVENT_RESIZE, NULL), MMAPDEMO_EVENT_RESIZE);
	ck_assert_int_eq(pwrite(fd, "xy", 2, 0), 2);
	ck_assert_uint_eq(take_events(other, MMAPDEMO_EVENT_RESIZE, NULL), MMAPDEMO_EVENT_RESIZE);
	unmap(map_file(fd, pages(1), RW, MAP_SHARED), pages(1));
	ck_assert_uint_eq(take_events(other, MMAPDEMO_EVENT_LAST_CLOSE, NULL),
			  MMAPDEMO_EVENT_LAST_CLOSE);
	ck_assert_uint_eq(take_events(other, ~0U & 0xf, NULL), 0);
}

static void by_poll(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLPRI};

	ck_assert_int_eq(poll(&polled, 1, -1), 1);
}

static void by_epoll(int fd)
{
	struct epoll_event event = {.events = EPOLLPRI | EPOLLET};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	ck_assert_int_eq(epoll_wait(epoll, &event, 1, -1), 1);
}

static const struct way {
	const char *name;
	void (*wait)(int fd);
} ways[] = {
	{"poll", by_poll},
	{"epoll", by_epoll},
};

ROW_EACH(C9, kick_wakes, "KICK wakes a process that waits for POLLPRI alone", ways)
{
	int fd = make();
	struct peer child;

	if (fork_child(&child)) {
		ways[_i].wait(fd);
		child_done();
	}
	await_sleep(child.pid);
	assert_done(kick(fd));
	await_exit(&child);
}

static const struct wrong_seal {
	const char *name;
	struct mmapdemo_seal argument;
	int error;
} wrong_seals[] = {
	{"unknown", {.size = 16, .seals = 0x20}, EOPNOTSUPP},
	{"all-bits", {.size = 16, .seals = ~0U}, EOPNOTSUPP},
	{"flag", {.size = 16, .flags = 1, .seals = 1}, EOPNOTSUPP},
	{"reserved", {.size = 16, .seals = 1, .reserved = 1}, EOPNOTSUPP},
	{"too-short", {.size = 12, .seals = 1}, EINVAL},
	{"beyond-a-page", {.size = 1U << 20, .seals = 1}, EINVAL},
};

ROW_EACH(C9, wrong_seals, "a wrong argument of SEAL is refused, and seals nothing", wrong_seals)
{
	struct mmapdemo_seal argument = wrong_seals[_i].argument;
	int fd = make();

	assert_errno(command(fd, MMAPDEMO_IOCTL_SEAL, &argument), wrong_seals[_i].error);
	ck_assert_uint_eq(seals_of(&makers[0], fd), 0);
}

ROW(C9, seal_rights,
    "SEAL reports the seals to any descriptor, and adds some by one open for writing")
{
	int fd = make(), readable = reopen(fd, O_RDONLY);

	assert_errno(add_seals(&makers[0], readable, F_SEAL_GROW), EBADF);
	ck_assert_uint_eq(seals_of(&makers[0], readable), 0);
	assert_done(add_seals(&makers[0], reopen(fd, O_WRONLY), F_SEAL_GROW));
	ck_assert_uint_eq(seals_of(&makers[0], readable), F_SEAL_GROW);
}

ROW(C9, node_has_no_seals, "the device node is not sealed: EOPNOTSUPP")
{
	struct mmapdemo_seal argument = {.size = sizeof(argument), .seals = F_SEAL_GROW};
	int device = control_open();

	assert_errno(command(device, MMAPDEMO_IOCTL_SEAL, &argument), EOPNOTSUPP);
	argument.seals = 0;
	assert_errno(command(device, MMAPDEMO_IOCTL_SEAL, &argument), EOPNOTSUPP);
}

ROW(C9, fcntl_seals, "fcntl(F_ADD_SEALS) is EINVAL: it works on the kernel's own files alone")
{
	int fd = make();

	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(fcntl(fd, F_GET_SEALS), -1);
	ck_assert_int_eq(errno, EINVAL);
}
