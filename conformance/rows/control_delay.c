// SPDX-License-Identifier: GPL-2.0-only
/*
 * C4: while a rule delays a page fault, the process's other threads and its observers are not
 * blocked: the page fault sleeps without the locks of the address space.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/patience.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define MAPPED 4 /* pages from page 1 on, of which the second is slow */

struct toucher {
	volatile pid_t task;
	unsigned char *at;
	bool stores, locks;
	struct access access;
};

static void *touch(void *argument)
{
	struct toucher *toucher = argument;

	toucher->task = gettid();
	/* Not try_read(): its signal handlers are the process's. */
	if (toucher->locks)
		mlock(toucher->at, 1);
	else if (toucher->stores)
		*(volatile unsigned char *)toucher->at = 's';
	else
		toucher->access.value = *(volatile unsigned char *)toucher->at;
	return NULL;
}

/* Each needs a lock of the address space. */
static void map_elsewhere(unsigned char *map)
{
	void *area = mmap(NULL, pages(1), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)map;
	ck_assert_ptr_ne(area, MAP_FAILED);
	ck_assert_int_eq(munmap(area, pages(1)), 0);
}

static void protect_beside(unsigned char *map)
{
	ck_assert_int_eq(mprotect(map + pages(3), pages(1), PROT_READ), 0);
}

static void touch_beside(unsigned char *map)
{
	ck_assert_uint_eq(*(volatile unsigned char *)(map + pages(2)),
			  pattern_byte(pages(3), ORIGINAL));
}

/* As ps and top do, of another process. */
static void read_maps(unsigned char *map)
{
	struct peer child;
	char path[64], text[4096];

	(void)map;
	snprintf(path, sizeof(path), "/proc/%d/maps", getpid());
	if (fork_child(&child)) {
		ck_assert_int_eq(read_text(path, text, sizeof(text)), 0);
		child_done();
	}
	await_exit(&child);
}

static void read_memory(unsigned char *map)
{
	unsigned char byte = 'b', copy = 0;
	struct iovec local = {&copy, 1}, remote = {&byte, 1};

	(void)map;
	ck_assert_int_eq(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), 1);
	ck_assert_uint_eq(copy, 'b');
}

static const struct meanwhile {
	const char *name;
	void (*act)(unsigned char *map);
	int flags;
	bool stores, locks;
} meanwhiles[] = {
#define EACH_TOUCH(name, act)                                         \
	{name ",read-shared", act, MAP_SHARED, false, false},         \
		{name ",mlock", act, MAP_SHARED, false, true},        \
		{name ",store-shared", act, MAP_SHARED, true, false}, \
	{                                                             \
		name ",store-private", act, MAP_PRIVATE, true, false  \
	}
	EACH_TOUCH("mmap", map_elsewhere),	  EACH_TOUCH("mprotect", protect_beside),
	EACH_TOUCH("fault-beside", touch_beside), EACH_TOUCH("maps", read_maps),
	EACH_TOUCH("memory", read_memory),
};

/* True if the work was done before the delay was over, for which the page fault waits. */
static bool works_during(int fd, const struct meanwhile *meanwhile, uint32_t delay)
{
	unsigned char *map = target_map_rw(MAPPED, meanwhile->flags, pages(1));
	struct toucher toucher = {
		.at = map + pages(1) + 7, .stores = meanwhile->stores, .locks = meanwhile->locks};
	struct mmapdemo_injection rule;
	double begin = seconds_now();
	pthread_t thread;
	bool in_time;

	assert_done(heal(fd, pages(2), pages(1)));
	assert_done(set_delay(fd, pages(2), delay));
	ck_assert_int_eq(pthread_create(&thread, NULL, touch, &toucher), 0);
	while (!toucher.task)
		usleep(1000);
	in_time = is_delayed(toucher.task);
	meanwhile->act(map);
	in_time = in_time && is_delayed(toucher.task);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(seconds_now() - begin > delay / 1e6 * 0.9);
	ck_assert_uint_eq(map[pages(1) + 7],
			  meanwhile->stores ? 's' : pattern_byte(pages(2) + 7, ORIGINAL));
	/* It counts as one access, however often the page fault was retried. */
	ck_assert_uint_eq(list_rules(fd, &rule, 1), 1);
	ck_assert_uint_eq(rule.hits, 1);
	unmap(map, pages(MAPPED));
	return in_time;
}

ROW_EACH(C4, delay_holds_no_lock,
	 "a delayed page fault does not block other work on the address space", meanwhiles,
	 .timeout = 60)
{
	int fd = control_open();

	ck_assert_msg(works_during(fd, &meanwhiles[_i], SHORT_DELAY) ||
			      works_during(fd, &meanwhiles[_i], long_delay()),
		      "it took longer than the page fault");
}
