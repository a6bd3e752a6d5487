// SPDX-License-Identifier: GPL-2.0-only
/* M17: calls that install page tables where another thread maps a huge page. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/access.h"
#include "support/memory.h"
#include "support/row.h"
#include "support/target.h"

/* Newer than the headers of some systems that the tests are built on. */
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif

/* The calls that install a page table where a huge page could be mapped, without a page fault. */
static bool install_guard(int uffd, void *page)
{
	(void)uffd;
	return !madvise(page, pages(1), MADV_GUARD_INSTALL);
}

static bool write_protect(int uffd, void *page)
{
	struct uffdio_writeprotect protect = {
		.range = {(uintptr_t)page, pages(1)},
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	return !ioctl(uffd, UFFDIO_WRITEPROTECT, &protect);
}

/* Write protection that the kernel itself removes again works for any memory (6.7). */
static int open_uffd(void)
{
	struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		row_not_applicable("this kernel has no UFFD_FEATURE_WP_ASYNC (it came with 6.7)");
	return fd;
}

static void protect_later(int uffd, void *map)
{
	struct uffdio_register request = {
		.range = {(uintptr_t)map, memory_chunk_size()},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	ck_assert_int_eq(ioctl(uffd, UFFDIO_REGISTER, &request), 0);
}

static const struct beside {
	const char *name;
	int flags;
	bool (*install)(int uffd, void *page);
} besides[] = {
	{"guard-shared", MAP_SHARED, install_guard},
	{"guard-private", MAP_PRIVATE, install_guard},
	{"protect-shared", MAP_SHARED, write_protect},
	{"protect-private", MAP_PRIVATE, write_protect},
};

struct race {
	const struct beside *beside;
	unsigned char *map;
	int uffd;
	volatile int round, ready;
	volatile bool over, failed;
};

/* Calls it on the chunk's middle while the other thread stores to its start. */
static void *install_beside(void *argument)
{
	struct race *race = argument;

	for (int round = 1;; round++) {
		while (race->round < round)
			if (race->over)
				return NULL;
		if (!race->beside->install(race->uffd, race->map + memory_chunk_size() / 2))
			race->failed = true;
		race->ready = round;
	}
}

static unsigned char *map_anew(struct race *race, off_t off)
{
	assert_done(in_the_end(memory_free(off, memory_chunk_size())));
	race->map = memory_map(off, race->beside->flags);
	if (race->uffd >= 0)
		protect_later(race->uffd, race->map);
	return race->map + memory_chunk_size() / 2;
}

#define ROUNDS 200

/* A kernel warning is the failure that this looks for, and fails the run. */
ROW_EACH(M17, beside_store,
	 "a page table that appears while a huge page is mapped in its place leaves both correct",
	 besides, .timeout = 60)
{
	struct race race = {.beside = &besides[_i], .uffd = -1};
	off_t off = memory_hole(&folios[0]);
	bool guards = race.beside->install == install_guard;
	unsigned char *middle = memory_map(off, race.beside->flags);
	pthread_t thread;

	if (guards && !install_guard(-1, middle))
		row_not_applicable("guard regions are for anonymous memory only (until 6.15)");
	if (!guards)
		race.uffd = open_uffd();
	unmap(middle, memory_chunk_size());
	ck_assert_int_eq(pthread_create(&thread, NULL, install_beside, &race), 0);
	for (int round = 1; round <= ROUNDS; round++) {
		middle = map_anew(&race, off);
		race.round = round;
		/* Sometimes a little earlier than the other thread, sometimes a little later. */
		for (volatile int i = 0; i < round % 50 * 20; i++)
			;
		race.map[0] = 's';
		while (race.ready < round)
			;
		ck_assert(!race.failed);
		ck_assert_uint_eq(race.map[0], 's');
		if (guards)
			assert_unmapped(try_read(middle), middle);
		else
			assert_zero(middle, pages(1));
		assert_zero(race.map + 1, pages(1) - 1);
		ck_assert_uint_eq(target_read_byte(off),
				  race.beside->flags == MAP_SHARED ? 's' : 0);
		unmap(race.map, memory_chunk_size());
	}
	race.over = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
