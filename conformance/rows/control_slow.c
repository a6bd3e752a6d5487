// SPDX-License-Identifier: GPL-2.0-only
/*
 * C2, C4: a page and its mapping may be removed during a long page fault. A rule makes it long, as
 * a busy machine sometimes does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "support/access.h"
#include "support/contents.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

static struct access try_store(const volatile void *at)
{
	return try_write((void *)(uintptr_t)at, 1);
}

static const struct touch {
	const char *name;
	int flags;
	struct access (*touch)(const volatile void *at);
} touches[] = {
	{"read-shared", MAP_SHARED, try_read},
	{"store-shared", MAP_SHARED, try_store},
	{"read-private", MAP_PRIVATE, try_read},
	{"store-private", MAP_PRIVATE, try_store},
};

/* True if the page went before the delay was over, for which the page fault waits. */
static bool cut_off(int fd, const struct touch *touch, uint32_t delay)
{
	off_t last = target.size - pages(1);
	struct peer child;
	bool in_time;

	assert_done(set_delay(fd, last, delay));
	if (fork_child(&child)) {
		unsigned char *map = target_map_rw(1, touch->flags, last);
		struct access access = touch->touch(map);

		await_turn(&child);
		assert_bus_error(access, map);
		ck_assert_uint_eq(frame_of(map), 0);
		child_done();
	}
	in_time = is_delayed(child.pid);
	assert_done(resize(fd, last));
	in_time = in_time && is_delayed(child.pid);
	if (in_time) {
		release_child(&child);
	} else {
		kill_child(&child);
	}
	return in_time;
}

ROW_EACH(C2, cut_off_during_fault, "a page that is cut off during a page fault on it is not mapped",
	 touches, .timeout = 60)
{
	int fd = control_open();

	if (!cut_off(fd, &touches[_i], SHORT_DELAY)) {
		assert_done(resize(fd, target.size));
		ck_assert_msg(cut_off(fd, &touches[_i], long_delay()),
			      "the page fault ended before the page went");
	}
	ck_assert_uint_le(info_of(fd).resident, target.size - pages(1));
	ck_assert_uint_eq(info_of(fd).resident, counter("resident"));
}

struct toucher {
	volatile pid_t task;
	unsigned char *map;
	struct access access;
};

static void *touch_in_thread(void *argument)
{
	struct toucher *toucher = argument;

	toucher->task = gettid();
	toucher->access = try_read(toucher->map);
	return NULL;
}

/* True if the mapping went before the delay was over, for which the page fault waits. */
static bool goes_during(int fd, uint32_t delay)
{
	struct toucher toucher = {.map = target_map_rw(2, MAP_SHARED, 0)};
	struct mmapdemo_injection rule;
	pthread_t thread;
	bool in_time;

	assert_done(set_delay(fd, 0, delay));
	ck_assert_int_eq(pthread_create(&thread, NULL, touch_in_thread, &toucher), 0);
	while (!toucher.task)
		usleep(1000);
	in_time = is_delayed(toucher.task);
	unmap(toucher.map, pages(2));
	ck_assert_uint_eq(counter("vmas"), 0);
	in_time = in_time && is_delayed(toucher.task);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	if (!in_time)
		return false;
	assert_unmapped(toucher.access, toucher.map);
	ck_assert_uint_eq(list_rules(fd, &rule, 1), 1);
	ck_assert_uint_eq(rule.hits, 0);
	return true;
}

/* The page fault holds no lock of the address space while it is delayed. */
ROW(C4, kind_munmap, "a mapping can be removed during a delayed page fault, which then finds none",
    .timeout = 60)
{
	int fd = control_open_kind(MMAPDEMO_FEATURE_INJECT);

	if (goes_during(fd, SHORT_DELAY))
		return;
	assert_done(heal(fd, 0, pages(1)));
	ck_assert_msg(goes_during(fd, long_delay()), "munmap() waited for the page fault");
}
