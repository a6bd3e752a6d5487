// SPDX-License-Identifier: GPL-2.0-only
/*
 * C2, C4: what happens to a page and its mapping while a fault on it takes long.
 * A rule makes it so; a busy machine does, now and then.
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

#define DELAY 1000000 /* microseconds: far more than what is done meanwhile takes */

static void set_slow(int fd, off_t page)
{
	struct mmapdemo_injection rule = {
		.offset = page,
		.length = pages(1),
		.action = MMAPDEMO_INJECT_COUNT,
		.delay = DELAY,
	};

	assert_done(set_rule(fd, rule));
}

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

ROW_EACH(C2, cut_off_during_fault,
	 "a page that goes while a fault on it is under way is not mapped", touches)
{
	const struct touch *touch = &touches[_i];
	int fd = control_open();
	off_t last = target.size - pages(1);
	struct peer child;

	set_slow(fd, last);
	if (fork_child(&child)) {
		unsigned char *map = target_map_rw(1, touch->flags, last);

		assert_bus_error(touch->touch(map), map);
		ck_assert_uint_eq(frame_of(map), 0);
		child_done();
	}
	if (is_delayed(child.pid))
		assert_done(resize(fd, last));
	await_exit(&child);
	ck_assert_uint_le(info_of(fd).resident, last);
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

/* The page fault holds no lock of the address space while it is delayed. */
ROW(C4, kind_munmap, "a mapping goes while a page fault in it is delayed, which finds none then")
{
	int fd = control_open_kind(MMAPDEMO_FEATURE_INJECT);
	struct toucher toucher = {.map = target_map_rw(2, MAP_SHARED, 0)};
	struct mmapdemo_injection rule;
	pthread_t thread;

	set_slow(fd, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, touch_in_thread, &toucher), 0);
	while (!toucher.task)
		usleep(1000);
	ck_assert(is_delayed(toucher.task));
	unmap(toucher.map, pages(2));
	ck_assert_uint_eq(counter("vmas"), 0);
	ck_assert_msg(is_delayed(toucher.task), "munmap() waited for the page fault");
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	assert_unmapped(toucher.access, toucher.map);
	ck_assert_uint_eq(list_rules(fd, &rule, 1), 1);
	ck_assert_uint_eq(rule.hits, 0);
}
