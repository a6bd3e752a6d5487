// SPDX-License-Identifier: GPL-2.0-only
/* M10: the target's pages are charged to memory control groups. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/weather.h"

#define TOUCHED 64 /* pages */
#define STORED	1

/* In bytes; more than asked for if the target's folios are larger than a page. */
static uint64_t resident(void)
{
	return target.module ? counter("resident") : 0;
}

/* hugetlbfs has a pool that is taken beforehand, and a controller of its own. */
static void needs_charging(void)
{
	if (target.page != (size_t)sysconf(_SC_PAGESIZE))
		row_not_applicable("the memory controller is not for the target's huge pages");
}

/* Pages of the target that are made as they are used, one by one, and not before. */
static off_t find_uncharged(size_t count)
{
	struct statfs statfs_of;

	needs_file();
	needs_charging();
	ck_assert_int_eq(statfs(target.path, &statfs_of), 0);
	if (target.kind == TARGET_FILE && statfs_of.f_type != TMPFS_MAGIC)
		row_not_applicable("a file system on a disk reads ahead, and has pages for holes");
	return find_untouched(count);
}

/*
 * Waits until the group's figure is this or more: the kernel adds up its processors' counts every
 * other second (mm/memcontrol.c, FLUSH_TIME).
 */
static uint64_t wait_for(const struct cgroup *group, const char *key, uint64_t expected)
{
	unsigned int since = 0;
	uint64_t value;

	do
		value = cgroup_value(group, "memory.stat", key);
	while (value < expected && weather_wait(&since));
	return value;
}

enum way { LOAD, STORE, PRIVATE_LOAD, WRITE };

static const char *const ways[] = {"load", "store", "private-load", "write"};

static void touch(enum way way, off_t off, size_t count)
{
	int flags = way == PRIVATE_LOAD ? MAP_PRIVATE : MAP_SHARED;
	volatile unsigned char *map = target_map_rw(count, flags, off);
	int fd = target_open(O_RDWR);

	for (size_t i = 0; i < count; i++) {
		if (way == WRITE)
			target_write(fd, "w", 1, off + pages(i));
		else if (way == STORE)
			map[pages(i)] = 's';
		else
			ck_assert_uint_eq(map[pages(i)], 0);
	}
	close(fd);
}

/* A child that joins the group, and then follows commands until it is ended. */
static bool join(const struct cgroup *group, struct peer *child)
{
	if (!fork_child(child))
		return false;
	cgroup_enter(group);
	return true;
}

/* Far more than a child has of its own: as many mappings as pages, each all copied. */
#define COPIES (TEST_PAGES * TEST_PAGES)

static void make_copies(void)
{
	for (int i = 0; i < TEST_PAGES; i++)
		pattern_fill(target_map_rw(TEST_PAGES, MAP_PRIVATE, 0), pages(TEST_PAGES), 0,
			     STORED);
}

/*
 * A child of the group uses the pages and ends. The kernel adds up all figures of a group
 * together: when the child's copies show, a charge for the target would show, too.
 */
static void touch_in(const struct cgroup *group, enum way way, off_t off)
{
	struct peer child;

	if (join(group, &child)) {
		touch(way, off, TOUCHED);
		make_copies();
		child_stays(&child);
	}
	await_turn(&child);
	ck_assert_uint_ge(wait_for(group, "anon", pages(COPIES)), pages(COPIES));
	release_child(&child);
}

/*
 * The part of "file" that the target may have. It includes Check's own messages in a file on
 * tmpfs, which sometimes fill another page.
 */
static uint64_t charged_for_target(const struct cgroup *group)
{
	uint64_t file = cgroup_value(group, "memory.stat", "file");

	return target.module ? file - cgroup_value(group, "memory.stat", "shmem") : file;
}

/* So much of it may be those messages: more than they are, far less than the target. */
static size_t of_check(void)
{
	return target.module ? 0 : pages(TOUCHED / 8);
}

ROW_EACH(M10, first_use_is_charged, "pages are charged to the group that uses them first", ways)
{
	off_t off = find_uncharged(TOUCHED);
	uint64_t before = resident();
	struct cgroup group;
	uint64_t grown;

	cgroup_make(&group);
	touch_in(&group, _i, off);
	/* The child used no other file pages, and its own memory has gone with it. */
	grown = charged_for_target(&group);
	if (target.module)
		ck_assert_uint_eq(grown, resident() - before);
	ck_assert_uint_ge(grown, pages(TOUCHED));
	ck_assert_uint_ge(cgroup_charged(&group), pages(TOUCHED));
}

ROW(M10, charged_once, "a later use by another group charges nothing")
{
	off_t off = find_uncharged(TOUCHED);
	struct cgroup first, second;
	struct peer child;
	uint64_t charged;

	cgroup_make(&first);
	cgroup_make(&second);
	touch_in(&first, LOAD, off);
	charged = charged_for_target(&first);
	ck_assert_uint_ge(charged, pages(TOUCHED));

	if (join(&second, &child)) {
		touch(LOAD, off, TOUCHED);
		/* The figures are summed up together: when these show, so would those. */
		make_copies();
		child_stays(&child);
	}
	await_turn(&child);
	ck_assert_uint_ge(wait_for(&second, "anon", pages(COPIES)), pages(COPIES));
	ck_assert_uint_le(charged_for_target(&second), of_check());
	ck_assert_uint_eq(charged_for_target(&first), charged);
	release_child(&child);
}

ROW(M10, copies_are_charged,
    "copies of a private mapping are charged to the storing process's group, as anonymous memory")
{
	struct cgroup group;
	struct peer child;

	needs_charging();
	cgroup_make(&group);
	if (join(&group, &child)) {
		make_copies();
		child_stays(&child);
	}
	await_turn(&child);
	ck_assert_uint_ge(wait_for(&group, "anon", pages(COPIES)), pages(COPIES));
	ck_assert_uint_ge(cgroup_charged(&group), pages(COPIES));
	ck_assert_uint_eq(cgroup_value(&group, "memory.stat", "file"), 0);
	release_child(&child);
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
}

/* Room for the process, and for some of the pages. */
#define LIMIT	  (1UL << 20)
#define NEEDED	  (3UL << 19)

#define NO_MEMORY 2 /* exit status */

static const char *const limited[] = {"store", "write", "private-store"};
enum { SHARED_STORE, FILE_WRITE, PRIVATE_STORE };

ROW_EACH(M10, limit, "a process over its group's limit is killed, and the target and its data stay",
	 limited)
{
	size_t count = (NEEDED + target.page - 1) / target.page;
	off_t off = find_uncharged(count);
	volatile size_t *done = mmap(NULL, sizeof(*done), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct cgroup group;
	struct peer child;
	unsigned char *map;
	int status;

	needs_charging();
	*done = 0;
	cgroup_make(&group);
	cgroup_limit(&group, LIMIT);
	if (join(&group, &child)) {
		int flags = _i == PRIVATE_STORE ? MAP_PRIVATE : MAP_SHARED;
		int fd = target_open(O_RDWR);

		map = target_map_rw(count, flags, off);
		for (; *done < count; ++*done) {
			if (_i != FILE_WRITE)
				map[pages(*done)] = 's';
			else if (pwrite(fd, "s", 1, off + pages(*done)) != 1)
				_exit(errno == ENOMEM ? NO_MEMORY : 1);
		}
		child_done();
	}
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		row_unsupported("pages are not charged: %zu bytes used within a limit of %lu",
				pages(count), LIMIT);
	/* A system call could also say so, where an access to memory has no other way out. */
	if (_i == FILE_WRITE && WIFEXITED(status))
		ck_assert_int_eq(WEXITSTATUS(status), NO_MEMORY);
	else
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
			      "not killed: wait status %#x", status);
	ck_assert_uint_ge(cgroup_value(&group, "memory.events", "max"), 1);
	ck_assert_uint_gt(*done, 0);
	ck_assert_uint_lt(*done, count);

	/* Earlier stores stay; the rest is zero, and other processes can use it. */
	map = target_map_rw(count, MAP_SHARED, off);
	for (size_t i = 0; i < count; i++) {
		bool stored = i < *done && _i != PRIVATE_STORE;

		/* The last may have been made and not counted. */
		if (i == *done && map[pages(i)] == 's')
			continue;
		ck_assert_uint_eq(map[pages(i)], stored ? 's' : 0);
		assert_zero(map + pages(i) + 1, target.page - 1);
	}
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
}
