// SPDX-License-Identifier: GPL-2.0-only
/* M12: whatever the kernel does for lack of memory, no data is lost. M13: fresh memory is zero. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/memory.h"
#include "support/physics.h"
#include "support/proc.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/weather.h"

#define SHARED_PATTERN 1
#define COPIES_PATTERN 2

#define MANY	       256

/* Pages from the start of the target: many, where it has many. */
static size_t many(void)
{
	size_t all = target.size / target.page - 2;

	return all < MANY ? all : MANY;
}

/* All shared, and as many copies; with the frames they are in. */
struct data {
	unsigned char *shared, *copies;
	uint64_t frames[MANY];
};

static struct data make_data(void)
{
	struct data data = {
		.shared = target_map_rw(many(), MAP_SHARED, 0),
		.copies = target_map_rw(many(), MAP_PRIVATE, 0),
	};

	pattern_fill(data.shared, pages(many()), 0, SHARED_PATTERN);
	pattern_fill(data.copies, pages(many()), 0, COPIES_PATTERN);
	for (size_t i = 0; i < many(); i++)
		data.frames[i] = frame_of(data.shared + pages(i));
	return data;
}

static void assert_data(const struct data *data)
{
	assert_memory(data->copies, pages(many()), 0, COPIES_PATTERN);
	assert_target(0, pages(many()), SHARED_PATTERN);
	assert_memory(data->shared, pages(many()), 0, SHARED_PATTERN);
	assert_memory(target_map_ro(many(), MAP_SHARED, 0), pages(many()), 0, SHARED_PATTERN);
}

static size_t moved(const struct data *data)
{
	size_t moved = 0;

	for (size_t i = 0; i < many(); i++)
		moved += frame_of(data->shared + pages(i)) != data->frames[i];
	return moved;
}

static void drop_caches(const struct data *data)
{
	int error;

	(void)data;
	needs_system();
	error = write_text("/proc/sys/vm/drop_caches", "3");
	if (error == EACCES || error == EROFS)
		row_not_applicable("drop_caches: %s", strerror(error));
	ck_assert_int_eq(error, 0);
}

static void fadvise_dontneed(const struct data *data)
{
	int fd = target_open(O_RDWR);

	(void)data;
	ck_assert_int_eq(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	close(fd);
}

static void advise(const struct data *data, int advice)
{
	if (madvise(data->shared, pages(many()), advice) ||
	    madvise(data->copies, pages(many()), advice))
		row_unsupported("madvise(%d): %s", advice, strerror(errno));
}

static void page_out(const struct data *data)
{
	advise(data, MADV_PAGEOUT);
}

static void cold_then_drop(const struct data *data)
{
	advise(data, MADV_COLD);
	advise(data, MADV_DONTNEED); /* unmapped, so that reclaim takes it more easily */
	pattern_fill(data->copies, pages(many()), 0, COPIES_PATTERN);
	drop_caches(data);
}

/*
 * Each has the counters of /proc/vmstat that show that the kernel acted. It counts nothing for
 * POSIX_FADV_DONTNEED. MADV_PAGEOUT activates pages that it cannot write anywhere, such as private
 * copies without swap space.
 */
static const struct squeeze {
	const char *name;
	void (*squeeze)(const struct data *data);
	const char *counters[2];
} squeezes[] = {
	{"drop-caches", drop_caches, {"drop_pagecache"}},
	{"fadvise-dontneed", fadvise_dontneed, {}},
	{"pageout", page_out, {"pgactivate", "pswpout"}},
	{"cold-unmapped-drop-caches", cold_then_drop, {"drop_pagecache"}},
};

static uint64_t counted(const struct squeeze *squeeze)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(squeeze->counters) && squeeze->counters[i]; i++)
		sum += vmstat(squeeze->counters[i]);
	return sum;
}

ROW_EACH(M12, survives, "reclaim loses no data, stored or copied", squeezes)
{
	const struct squeeze *squeeze = &squeezes[_i];
	struct data data = make_data();
	uint64_t before = counted(squeeze);

	squeeze->squeeze(&data);
	if (squeeze->counters[0])
		ck_assert_msg(counted(squeeze) > before, "the kernel did nothing: %s is still %ju",
			      squeeze->counters[0], (uintmax_t)before);
	assert_data(&data);
	/* The module's pages cannot be swapped out: they stay, unless the kernel migrates some. */
	if (target.module && moved(&data) && !weather_explains(true))
		ck_assert_uint_eq(moved(&data), 0);
}

/* Allocates single pages and frees every other one, as work for compaction. */
static unsigned char *fragment(size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned char *memory = mmap(NULL, bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	needs_system();
	ck_assert_ptr_ne(memory, MAP_FAILED);
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	memset(memory, 0xa5, bytes);
	for (size_t i = 0; i < bytes; i += 2 * page)
		ck_assert_int_eq(madvise(memory + i, page, MADV_DONTNEED), 0);
	return memory;
}

static size_t memory_available(void)
{
	uint64_t kb = meminfo("MemAvailable");

	ck_assert_uint_gt(kb, 0);
	return kb * 1024;
}

/* Much memory, but not all that the rest of the machine needs. */
static size_t plenty(void)
{
	size_t half = memory_available() / 2;

	return half < (128UL << 20) ? half : 128UL << 20;
}

/* Compacts fragmented memory. Returns 0 if that migrated pages, EAGAIN if it found none to. */
static int compact(void)
{
	size_t bytes = plenty();
	unsigned char *memory = fragment(bytes);
	uint64_t scanned = vmstat("compact_migrate_scanned");
	uint64_t migrated = vmstat("pgmigrate_success");
	int error = write_text("/proc/sys/vm/compact_memory", "1");

	if (!error) {
		ck_assert_uint_gt(vmstat("compact_migrate_scanned"), scanned);
		/* Pages from elsewhere fill the holes that fragment() made. */
		if (vmstat("pgmigrate_success") == migrated)
			error = EAGAIN;
	}
	ck_assert_int_eq(munmap(memory, bytes), 0);
	return error;
}

ROW(M12, compaction, "compact_memory loses no data", .timeout = 120)
{
	struct data data = make_data();
	int error;

	if (access("/proc/sys/vm/compact_memory", F_OK))
		row_not_applicable("this kernel does not compact memory");
	/* Other frames are in the way of the two scanners each time. */
	error = insist(compact(), error_ == EAGAIN);
	if (error == EACCES || error == EROFS)
		row_not_applicable("compact_memory: %s", strerror(error));
	ck_assert_int_eq(error, 0);
	assert_data(&data);
}

#define MOVE_ALL (1 << 2) /* MPOL_MF_MOVE_ALL of linux/mempolicy.h */

/* The node that a page is on, or -errno, and its frame at the same moment. */
static int locate(void *page, uint64_t *frame)
{
	unsigned int since = 0;
	uint64_t again;
	int node;

	do {
		(void)*(volatile unsigned char *)page;
		*frame = frame_of(page);
		if (syscall(SYS_move_pages, 0, 1, &page, NULL, &node, 0))
			return -errno;
		again = frame_of(page);
	} while ((again != *frame || !again) && weather_wait(&since));
	return node;
}

/*
 * A page is busy while another of its folio moves, while somebody else moves it, or
 * while it is written to a disk, and absent after reclaim has unmapped it. move_pages()
 * tells no status of the first page that does not move, nor of those behind it
 * (do_pages_move(), mm/migrate.c).
 */
static int move_once(size_t count, void **page, const int *node, int *status)
{
	for (size_t i = 0; i < count; i++) {
		(void)*(volatile unsigned char *)page[i];
		status[i] = -EBUSY;
	}
	if (syscall(SYS_move_pages, 0, count, page, node, status, MOVE_ALL) < 0)
		return errno;
	for (size_t i = 0; i < count; i++)
		if (status[i] == -EBUSY || status[i] == -ENOENT)
			return EBUSY;
	return 0;
}

/*
 * The kernel moves pages of the LRU lists, and those of hugetlbfs. A page that is being moved
 * is on no list for a moment. A single page of a driver's never is on one, and is busy for
 * ever (isolate_lru_page(), mm/vmscan.c). A hundred looks take a second.
 */
static bool may_move_yet(const void *page, unsigned int *looks)
{
	*looks = is_compound_or_on_lru(page) ? 0 : *looks + 1;
	return *looks < 100;
}

/* Pages that are there already stay, so that all are asked for again. */
static int move_pages(size_t count, void **page, const int *node, int *status)
{
	unsigned int looks = 0;

	return insist(move_once(count, page, node, status),
		      error_ == ENOMEM || (error_ == EBUSY && may_move_yet(page[0], &looks)));
}

/*
 * All pages are in other frames than before. A page that something else has moved back since is
 * not on its node any more, and may be in its old frame.
 */
static void assert_moved(const struct data *data, void **page, const int *node)
{
	size_t gone = 0;
	uint64_t frame;

	for (size_t i = 0; i < many(); i++)
		gone += locate(page[i], &frame) == node[i] && frame == data->frames[i];
	ck_assert_msg(!gone, "%zu pages are on the other node in the frames they had", gone);
}

/* Moves pages as compaction does, but chosen ones, to the machine's other node of memory. */
ROW(M12, migration, "a page moved to another frame, while mapped and copied, has the same contents")
{
	struct data data = make_data();
	const size_t count = many();
	void *page[count];
	int node[count], status[count], error;

	if (access("/sys/devices/system/node/node1", F_OK))
		row_not_applicable("one node of memory only");
	for (size_t i = 0; i < count; i++) {
		page[i] = data.shared + pages(i);
		node[i] = locate(page[i], &data.frames[i]) == 0;
	}
	error = move_pages(count, page, node, status);
	if (error == EPERM)
		row_not_applicable("move_pages needs CAP_SYS_NICE");
	for (size_t i = 0; i < count; i++) {
		if (status[i] == -EFAULT)
			row_unsupported("pages do not move: %s", strerror(-status[i]));
		ck_assert_msg(status[i] == node[i], "page %zu does not move to node %d: %s", i,
			      node[i], strerror(status[i] < 0 ? -status[i] : 0));
	}
	ck_assert_int_eq(error, 0);
	assert_data(&data);
	assert_moved(&data, page, node);
	/* All mappings still have the same page. */
	data.shared[0] = ~data.shared[0];
	ck_assert_uint_eq(target_read_byte(0), data.shared[0]);
}

static size_t group_limit(void)
{
	return 2048 * sysconf(_SC_PAGESIZE);
}

/* In the group, takes memory until the kernel kills the process. */
_Noreturn static void take_all(const struct cgroup *group)
{
	size_t all = 4 * group_limit();
	unsigned char *memory = mmap(NULL, all, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(write_text("/proc/self/oom_score_adj", "1000"), 0);
	cgroup_enter(group);
	memset(memory, 0xa5, all);
	ck_abort_msg("%zu bytes taken within a limit of %zu", all, group_limit());
}

ROW(M12, group_limit, "a group that runs out of memory loses only the process that is killed",
    .timeout = 60)
{
	off_t fresh = find_untouched(16);
	struct peer worker, hog;
	struct cgroup group;
	int status;

	cgroup_make(&group);
	cgroup_limit(&group, group_limit());
	if (fork_child(&worker)) {
		unsigned char *charged;
		struct data data;

		cgroup_enter(&group);
		data = make_data();
		charged = target_map_rw(16, MAP_SHARED, fresh);
		pattern_fill(charged, pages(16), fresh, SHARED_PATTERN);
		pass_turn(&worker);
		await_turn(&worker);
		assert_data(&data);
		assert_memory(charged, pages(16), fresh, SHARED_PATTERN);
		assert_target(fresh, pages(16), SHARED_PATTERN);
		child_done();
	}
	await_turn(&worker);
	if (fork_child(&hog))
		take_all(&group);
	ck_assert_int_eq(waitpid(hog.pid, &status, 0), hog.pid);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		      "the hog was not killed: wait status %#x", status);
	ck_assert_uint_ge(cgroup_value(&group, "memory.events", "oom_kill"), 1);
	release_child(&worker);
}

/* Fills free memory with another process's data. */
static void soil_free_memory(void)
{
	size_t bytes = plenty();
	struct peer child;

	needs_system();
	if (fork_child(&child)) {
		void *memory = mmap(NULL, bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		ck_assert_ptr_ne(memory, MAP_FAILED);
		memset(memory, 0xa5, bytes);
		child_done();
	}
	await_exit(&child);
}

#define FRESH 32 /* pages */

enum way { LOAD, STORE, PRIVATE_LOAD, PRIVATE_STORE, READ, WRITE };

static const char *const ways[] = {
	"load", "store", "private-load", "private-store", "read", "write",
};

/*
 * A kernel that clears all memory that it allocates (init_on_alloc=1) hides a missing clear: test
 * without it.
 */
ROW_EACH(M13, zero, "fresh memory is zero, whatever it held before, however it is used first", ways,
	 .timeout = 60)
{
	off_t off = find_untouched(FRESH);
	bool private = _i == PRIVATE_LOAD || _i == PRIVATE_STORE;
	unsigned char *map, bytes[1024];
	int fd = target_open(O_RDWR);

	soil_free_memory();
	map = target_map_rw(FRESH, private ? MAP_PRIVATE : MAP_SHARED, off);
	for (size_t i = 0; i < FRESH; i++) {
		unsigned char *page = map + pages(i);
		bool stored = true;

		if (_i == STORE || _i == PRIVATE_STORE) {
			page[100] = 's';
		} else if (_i == WRITE) {
			target_write(fd, "s", 1, off + pages(i) + 100);
		} else if (_i == READ) {
			ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), off + pages(i)),
					 sizeof(bytes));
			assert_zero(bytes, sizeof(bytes));
			stored = false;
		} else {
			stored = false;
		}
		assert_zero(page, 100);
		ck_assert_uint_eq(page[100], stored ? 's' : 0);
		assert_zero(page + 101, target.page - 101);
		ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), off + pages(i)), sizeof(bytes));
		ck_assert_uint_eq(bytes[100], stored && !private ? 's' : 0);
		assert_zero(bytes + 101, sizeof(bytes) - 101);
	}
}
