// SPDX-License-Identifier: GPL-2.0-only
/* C1: INFO agrees with debugfs, /proc and sysfs, and with the kernel's own count of page faults. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/weather.h"

/* A header that tests/suites/grown has made says how much longer its structs are. */
#ifndef MMAPDEMO_GROWN
#define MMAPDEMO_GROWN 0
#endif

/*
 * The same for 32-bit and 64-bit programs, one of which each build of this file is.
 * The first versions are published, and never change.
 */
#define ASSERT_SIZE(name, NAME, bytes)                                          \
	_Static_assert(MMAPDEMO_##NAME##_SIZE_VER1 == (bytes), #NAME " first"); \
	_Static_assert(sizeof(struct mmapdemo_##name) == (bytes) + MMAPDEMO_GROWN, #NAME)

ASSERT_SIZE(info, INFO, 128);
ASSERT_SIZE(resize, RESIZE, 16);
ASSERT_SIZE(punch, PUNCH, 24);
ASSERT_SIZE(fill, FILL, 32);
ASSERT_SIZE(sum, SUM, 32);
ASSERT_SIZE(injection, INJECT, 64);
ASSERT_SIZE(inject_list, INJECT_LIST, 24);
ASSERT_SIZE(kick, KICK, 16);
ASSERT_SIZE(wait, WAIT, 24);
ASSERT_SIZE(wipe, WIPE, 16);
ASSERT_SIZE(create, CREATE, 24);
ASSERT_SIZE(seal, SEAL, 16);
ASSERT_SIZE(export, EXPORT, 24);
ASSERT_SIZE(eventfd, EVENTFD, 16);
ASSERT_SIZE(collapse, COLLAPSE, 24);
_Static_assert(_IOC_TYPE(MMAPDEMO_IOCTL_INFO) == 0xe7, "letter");

static bool huge_is_on(void)
{
	char word[16];

	assert_done(read_text("/sys/module/mmapdemo/parameters/huge", word, sizeof(word)));
	return !strncmp(word, "always", strlen("always"));
}

static void assert_counters(const struct mmapdemo_info *info)
{
	ck_assert_uint_eq(info->resident, counter("resident"));
	ck_assert_uint_eq(info->opens, counter("opens"));
	ck_assert_uint_eq(info->vmas, counter("vmas"));
	ck_assert_uint_eq(info->vmas, vmas_in_maps());
	ck_assert_uint_eq(info->vmas_peak, counter("vmas_peak"));
	ck_assert_uint_eq(info->last_closes, counter("last_closes"));
}

ROW(C1, agrees, "each field agrees with debugfs, /proc, sysfs and lseek")
{
	int fd = control_open();
	struct mmapdemo_info info = info_of(fd);
	uint32_t features =
		MMAPDEMO_FEATURE_RESIZE | MMAPDEMO_FEATURE_INJECT | MMAPDEMO_FEATURE_CONTENTS;

	if (huge_is_on())
		features |= MMAPDEMO_FEATURE_HUGE;
	ck_assert_uint_eq(info.size, sizeof(info));
	ck_assert_uint_eq(info.flags, 0);
	ck_assert_int_eq(info.bytes, lseek(fd, 0, SEEK_END));
	ck_assert_uint_eq(info.page_size, sysconf(_SC_PAGESIZE));
	ck_assert_uint_eq(info.huge_size, huge_page_size());
	ck_assert_uint_eq(info.features, features);
	ck_assert_uint_eq(info.wipe_policy, 0);
	ck_assert_uint_eq(info.rules, 0);
	ck_assert_uint_le(info.resident, info.bytes);
	ck_assert_uint_le(info.huge_folios * info.huge_size, info.resident);
	ck_assert_str_eq(info.strategy, "pagecache");
	for (size_t i = strlen(info.strategy); i < sizeof(info.strategy); i++)
		ck_assert_int_eq(info.strategy[i], 0);
	assert_counters(&info);
}

static const int modes[] = {O_RDONLY, O_WRONLY, O_RDWR};

ROW(C1, any_descriptor, "INFO works on any descriptor, with the same answer")
{
	int fd = control_open();

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		int other = target_open(modes[i]);
		struct mmapdemo_info info = info_of(fd), same = info_of(other);

		ck_assert_mem_eq(&info, &same, sizeof(info));
		close(other);
	}
}

ROW(C1, opens,
    "opens counts file descriptions: neither dup nor fork adds one, nor a mapping after close")
{
	int fd = control_open();
	uint32_t before = info_of(fd).opens;
	struct peer child;
	int second, copy;
	void *map;

	second = target_open(O_RDONLY);
	copy = dup(second);
	ck_assert_uint_eq(info_of(fd).opens, before + 1);
	if (fork_child(&child)) {
		ck_assert_uint_eq(info_of(fd).opens, before + 1);
		target_open(O_RDWR);
		ck_assert_uint_eq(info_of(fd).opens, before + 2);
		child_done();
	}
	await_exit(&child);
	ck_assert_uint_eq(info_of(fd).opens, before + 1);

	/* A mapping keeps its file description, too. */
	map = target_map(pages(1), PROT_READ, MAP_SHARED, second, 0);
	close(second);
	close(copy);
	ck_assert_uint_eq(info_of(fd).opens, before + 1);
	unmap(map, pages(1));
	ck_assert_uint_eq(info_of(fd).opens, before);
}

ROW_EACH(C1, vmas, "INFO counts live mappings, their peak, and each end of the last one", kinds)
{
	int fd = control_open();
	struct mmapdemo_info before = info_of(fd), now;
	struct peer child;
	void *map;

	ck_assert_uint_eq(before.vmas, 0);
	map = target_map_rw(3, kinds[_i].flags, 0);
	ck_assert_uint_eq(info_of(fd).vmas, 1);
	if (fork_child(&child)) {
		child_stays(&child);
	}
	await_turn(&child);
	now = info_of(fd);
	ck_assert_uint_eq(now.vmas, 2);
	ck_assert_uint_ge(now.vmas_peak, 2);
	assert_counters(&now);
	release_child(&child);
	ck_assert_uint_eq(info_of(fd).last_closes, before.last_closes);
	unmap(map, pages(3));
	weather_settle_if_any();
	now = info_of(fd);
	ck_assert_uint_eq(now.vmas, 0);
	ck_assert_uint_eq(now.last_closes, before.last_closes + 1);
	assert_counters(&now);
}

/*
 * How the pages of a mapping are accessed, and the kind of page fault that the first access takes.
 */
enum touch { LOAD, STORE, LOAD_THEN_STORE };

static const struct way {
	const char *name;
	int flags;
	enum touch touch;
	size_t kind; /* offset of the counter in struct mmapdemo_info */
} ways[] = {
	{"read-shared", MAP_SHARED, LOAD, offsetof(struct mmapdemo_info, faults_read)},
	{"read-private", MAP_PRIVATE, LOAD, offsetof(struct mmapdemo_info, faults_read)},
	{"write", MAP_SHARED, STORE, offsetof(struct mmapdemo_info, faults_write)},
	{"copy", MAP_PRIVATE, STORE, offsetof(struct mmapdemo_info, faults_cow)},
	{"read-then-write", MAP_SHARED, LOAD_THEN_STORE,
	 offsetof(struct mmapdemo_info, faults_read)},
	{"read-then-copy", MAP_PRIVATE, LOAD_THEN_STORE,
	 offsetof(struct mmapdemo_info, faults_read)},
};

static uint64_t minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/*
 * Returns the page faults that one kind of access to each page of the mapping takes. The compiler
 * keeps one copy of the code, because a second copy would cause page faults of its own.
 */
static __attribute__((noinline)) uint64_t faults_of(volatile unsigned char *map, size_t count,
						    enum touch touch)
{
	uint64_t before = minor_faults();

	for (size_t i = 0; i < count; i++) {
		if (touch == LOAD)
			(void)map[pages(i)];
		else
			map[pages(i)] = 's';
	}
	return minor_faults() - before;
}

static __u64 *field(struct mmapdemo_info *info, size_t offset)
{
	return (__u64 *)((char *)info + offset);
}

ROW_EACH(C1, faults, "each kind of page fault is counted as often as the kernel counts page faults",
	 ways)
{
	const struct way *way = &ways[_i];
	int fd = control_open();
	struct mmapdemo_info before, now;
	unsigned char *map;
	uint64_t faults;

	/* A first call brings in the code and the stack of the function that counts. */
	map = target_map_rw(TEST_PAGES, way->flags, 0);
	faults_of(map, TEST_PAGES, LOAD);
	faults_of(map, TEST_PAGES, STORE);
	unmap(map, pages(TEST_PAGES));

	/* Too small to be mapped by a huge page. */
	map = target_map_rw(TEST_PAGES, way->flags, 0);
	before = info_of(fd);
	faults = faults_of(map, TEST_PAGES, way->touch == STORE ? STORE : LOAD);
	now = info_of(fd);
	ck_assert_uint_gt(faults, 0);
	ck_assert_uint_eq(*field(&now, way->kind), *field(&before, way->kind) + faults);
	*field(&now, way->kind) = *field(&before, way->kind);
	ck_assert_mem_eq(&now, &before, sizeof(now));

	if (way->touch != LOAD_THEN_STORE)
		return;
	/* The kernel copies the mapped page, and maps a shared page for stores at once. */
	before = info_of(fd);
	faults = faults_of(map, TEST_PAGES, STORE);
	now = info_of(fd);
	ck_assert_uint_eq(faults, way->flags == MAP_SHARED ? 0 : TEST_PAGES);
	ck_assert_mem_eq(&now, &before, sizeof(now));
}

ROW(C1, faults_that_fail, "a page fault past the end maps nothing, and is not counted")
{
	int fd = control_open();
	unsigned char *map = target_map_rw(2, MAP_SHARED, target.size);
	struct mmapdemo_info before = info_of(fd), now;
	struct access access = try_read(map);

	assert_bus_error(access, map);
	now = info_of(fd);
	ck_assert_mem_eq(&now, &before, sizeof(now));
}

/*
 * Has one page fault mapped all of the chunk? It may be false while the kernel splits or
 * migrates huge pages.
 */
static bool is_mapped_at_once(int fd, unsigned char *map, uint64_t before, unsigned int *since)
{
	size_t huge = chunk_size(fd);
	bool whole = maps_huge(map, huge, huge);
	uint64_t faults = info_of(fd).faults_huge - before;

	if (whole && faults == 1)
		return true;
	if (weather_explains(false) && weather_wait(since))
		return false;
	ck_abort_msg("%zu bytes of %zu are mapped as a whole, by %ju faults", huge_mapped(map),
		     huge, (uintmax_t)faults);
}

ROW_EACH(C1, huge, "huge folios are counted, and so is each page fault that maps a whole one",
	 kinds)
{
	int fd = control_open();
	size_t huge = chunk_size(fd);
	struct mmapdemo_info before, now;
	unsigned char *map = NULL;
	unsigned int since = 0;
	off_t off;

	do {
		if (map)
			unmap(map, huge);
		off = make_chunk(fd, &folios[0], 1);
		before = info_of(fd);
		map = target_map_rw(huge / target.page, kinds[_i].flags, off);
		if (((uintptr_t)map - off) % huge)
			row_not_applicable("this address is not one for huge pages: %p", map);
	} while (!is_mapped_at_once(fd, map, before.faults_huge, &since));
	now = info_of(fd);
	assert_huge_folios(&now, before.huge_folios);

	/* Without one of its pages it is no huge folio; and all others are freed later. */
	since = 0;
	do {
		assert_done(in_the_end(punch(fd, off, pages(1))));
		now = info_of(fd);
		/* A folio that the kernel holds is not split: the page stays, and is zeroed. */
	} while (now.resident == before.resident && weather_explains(false) &&
		 weather_wait(&since));
	assert_huge_folios(&now, before.huge_folios - 1);
	ck_assert_uint_eq(now.resident, before.resident - pages(1));
	assert_done(in_the_end(punch(fd, off, huge)));
	now = info_of(fd);
	assert_huge_folios(&now, before.huge_folios - 1);
	ck_assert_uint_eq(now.resident, before.resident - huge);
	ck_assert_uint_eq(now.resident, counter("resident"));
}

ROW(C1, changes, "INFO reports size, rules, policy and generation as the commands set them")
{
	int fd = control_open();
	struct mmapdemo_info before = info_of(fd), now;

	assert_done(resize(fd, target.size + pages(3)));
	assert_done(set_action(fd, 0, pages(1), MMAPDEMO_INJECT_SIGBUS));
	assert_done(set_action(fd, pages(5), pages(1), MMAPDEMO_INJECT_COUNT));
	assert_done(wipe(fd, MMAPDEMO_WIPE_SET_POLICY, MMAPDEMO_WIPE_ON_LAST_UNMAP));
	assert_done(kick(fd));
	now = info_of(fd);
	ck_assert_uint_eq(now.bytes, target.size + pages(3));
	ck_assert_uint_eq(now.rules, 2);
	ck_assert_uint_eq(now.wipe_policy, MMAPDEMO_WIPE_ON_LAST_UNMAP);
	ck_assert_uint_eq(now.generation, before.generation + 1);

	assert_done(resize(fd, target.size));
	assert_done(heal(fd, 0, pages(6)));
	assert_done(wipe(fd, MMAPDEMO_WIPE_SET_POLICY, 0));
	now = info_of(fd);
	now.generation = before.generation;
	/* A rule in its middle makes a huge folio small. */
	now.huge_folios = before.huge_folios;
	ck_assert_mem_eq(&now, &before, sizeof(now));
}
