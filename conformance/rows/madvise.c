// SPDX-License-Identifier: GPL-2.0-only
/* M2: madvise. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/target_reset.h"

/* Newer than the C library of some systems that the tests run on. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

#define MAPPED 4 /* pages of the target from page 1 on */
#define STORED 1

static int advice_errno(void *addr, size_t count, int advice)
{
	return madvise(addr, pages(count), advice) ? errno : 0;
}

static void advise(void *addr, size_t count, int advice)
{
	int error = advice_errno(addr, count, advice);

	/* The core's answers for mappings without ordinary pages. */
	if (error == EINVAL)
		row_unsupported("madvise(%d): %s", advice, strerror(error));
	ck_assert_msg(!error, "madvise(%d): %s", advice, strerror(error));
}

static unsigned char *map_and_store(const struct kind *kind)
{
	unsigned char *map = target_map_rw(MAPPED, kind->flags, pages(1));

	pattern_fill(map, pages(MAPPED), pages(1), STORED);
	return map;
}

/* The stores are in the mapping, and in the target if it is shared. */
static void assert_stored(unsigned char *map, const struct kind *kind)
{
	bool shared = kind->flags == MAP_SHARED;
	unsigned char *view = target_map_ro(MAPPED, MAP_SHARED, pages(1));

	assert_memory(map, pages(MAPPED), pages(1), STORED);
	assert_target(pages(1), pages(MAPPED), shared ? STORED : ORIGINAL);
	for (int i = 0; i < MAPPED; i++) {
		ck_assert(view[pages(i)] == pattern_byte(pages(1 + i), shared ? STORED : ORIGINAL));
		if (shared)
			assert_same_page(frame_of(map + pages(i)), frame_of(view + pages(i)));
		else
			assert_different_page(frame_of(map + pages(i)), frame_of(view + pages(i)));
	}
	unmap(view, pages(MAPPED));
}

ROW(M2, dontneed_forgets_copies, "after DONTNEED a private mapping shows the target's pages again")
{
	unsigned char *map = map_and_store(&kinds[1]);
	unsigned char *view = target_map_ro(MAPPED, MAP_SHARED, pages(1));
	uint64_t copy = frame_of(map + pages(3));

	needs_file();
	advise(map, 3, MADV_DONTNEED);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(frame_of(map + pages(i)), 0);
	assert_memory(map, pages(3), pages(1), ORIGINAL);
	for (int i = 0; i < 3; i++) {
		ck_assert(view[pages(i)] == map[pages(i)]);
		assert_same_page(frame_of(map + pages(i)), frame_of(view + pages(i)));
	}
	/* Just so far. */
	assert_same_page(frame_of(map + pages(3)), copy);
	assert_memory(map + pages(3), pages(1), pages(4), STORED);
	/* And a store copies anew. */
	map[0] = 'p';
	assert_different_page(frame_of(map), frame_of(view));
	assert_target(pages(1), pages(MAPPED), ORIGINAL);
}

ROW(M2, dontneed_keeps_data, "after DONTNEED a shared mapping finds its pages again")
{
	unsigned char *map = map_and_store(&kinds[0]);
	uint64_t frames[MAPPED];

	for (int i = 0; i < MAPPED; i++)
		frames[i] = frame_of(map + pages(i));
	advise(map, MAPPED, MADV_DONTNEED);
	for (int i = 0; i < MAPPED; i++)
		ck_assert_uint_eq(frame_of(map + pages(i)), 0);
	assert_stored(map, &kinds[0]);
	for (int i = 0; i < MAPPED; i++)
		assert_same_page(frame_of(map + pages(i)), frames[i]);
}

ROW_EACH(M2, dontneed_locked, "DONTNEED of locked memory is EINVAL, and drops nothing", kinds)
{
	unsigned char *map = map_and_store(&kinds[_i]);

	ck_assert_int_eq(mlock(map, pages(MAPPED)), 0);
	ck_assert_int_eq(advice_errno(map, MAPPED, MADV_DONTNEED), EINVAL);
	for (int i = 0; i < MAPPED; i++)
		ck_assert_uint_ne(frame_of(map + pages(i)), 0);
	assert_stored(map, &kinds[_i]);
}

ROW_EACH(M2, dontfork,
	 "with DONTFORK the child has no such mapping, and the mapping is not counted twice", kinds)
{
	uint64_t vmas = target.module ? counter("vmas") : 0;
	unsigned char *map = map_and_store(&kinds[_i]);
	struct peer other;

	advise(map, MAPPED, MADV_DONTFORK);
	ck_assert(smaps_has_flag(map, "dc"));
	if (fork_child(&other)) {
		assert_unmapped(try_read(map), map);
		assert_unmapped(try_read(map + pages(MAPPED) - 1), map + pages(MAPPED) - 1);
		child_stays(&other);
	}
	await_turn(&other);
	if (target.module)
		assert_vmas(vmas + 1);
	release_child(&other);
	assert_stored(map, &kinds[_i]);
}

ROW_EACH(M2, dofork, "after DOFORK the child has the mapping again", kinds)
{
	uint64_t vmas = target.module ? counter("vmas") : 0;
	unsigned char *map = map_and_store(&kinds[_i]);
	struct peer other;

	advise(map, MAPPED, MADV_DONTFORK);
	advise(map, MAPPED, MADV_DOFORK);
	ck_assert(!smaps_has_flag(map, "dc"));
	if (fork_child(&other)) {
		assert_memory(map, pages(MAPPED), pages(1), STORED);
		child_stays(&other);
	}
	await_turn(&other);
	if (target.module)
		assert_vmas(vmas + 2);
	release_child(&other);
}

/* Both are for anonymous memory alone: mm/madvise.c, any VMA with a file is refused. */
static const struct refused {
	const char *name;
	int advice, flags;
} refused[] = {
	{"wipeonfork-shared", MADV_WIPEONFORK, MAP_SHARED},
	{"wipeonfork-private", MADV_WIPEONFORK, MAP_PRIVATE},
	{"free-shared", MADV_FREE, MAP_SHARED},
	{"free-private", MADV_FREE, MAP_PRIVATE},
};

ROW_EACH(M2, anonymous_only,
	 "WIPEONFORK and FREE are EINVAL for a file's memory, and change nothing", refused)
{
	const struct kind *kind = &kinds[refused[_i].flags == MAP_PRIVATE];
	unsigned char *map = map_and_store(kind);
	struct peer other;

	needs_file();
	ck_assert_int_eq(advice_errno(map, MAPPED, refused[_i].advice), EINVAL);
	if (fork_child(&other)) {
		assert_memory(map, pages(MAPPED), pages(1), STORED);
		child_done();
	}
	await_exit(&other);
	assert_stored(map, kind);
}

static const struct populated {
	const char *name;
	int flags, prot;
} populated[] = {
	{"shared-rw", MAP_SHARED, RW},
	{"shared-ro", MAP_SHARED, PROT_READ},
	{"private-rw", MAP_PRIVATE, RW},
	{"private-ro", MAP_PRIVATE, PROT_READ},
};

static unsigned char *map_populated(const struct populated *p)
{
	int fd = target_open(p->prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	unsigned char *map = target_map(pages(MAPPED), p->prot, p->flags, fd, pages(1));

	close(fd);
	for (int i = 0; i < MAPPED; i++)
		ck_assert_uint_eq(frame_of(map + pages(i)), 0);
	return map;
}

static long page_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* Page faults of an access to each page, with nothing else in between. */
static long faults_of(volatile unsigned char *map, bool store)
{
	long before;

	page_faults();
	before = page_faults();
	for (int i = 0; i < MAPPED; i++) {
		if (store)
			map[pages(i)] = 's';
		else
			(void)map[pages(i)];
	}
	return page_faults() - before;
}

ROW_EACH(M2, populate_read, "POPULATE_READ maps all pages of the target, and no page fault is left",
	 populated)
{
	unsigned char *map = map_populated(&populated[_i]);
	unsigned char *view = target_map_ro(MAPPED, MAP_SHARED, pages(1));

	advise(map, MAPPED, MADV_POPULATE_READ);
	for (int i = 0; i < MAPPED; i++) {
		uint64_t frame = frame_of(map + pages(i));

		ck_assert(view[pages(i)] == pattern_byte(pages(1 + i), ORIGINAL));
		assert_same_page(frame, frame_of(view + pages(i)));
	}
	ck_assert_int_eq(faults_of(map, false), 0);
	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
}

ROW_EACH(M2, populate_write,
	 "after POPULATE_WRITE all pages take stores without a page fault; a private mapping has "
	 "copies",
	 kinds)
{
	unsigned char *map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));
	unsigned char *view = target_map_ro(MAPPED, MAP_SHARED, pages(1));

	needs_file();
	advise(map, MAPPED, MADV_POPULATE_WRITE);
	for (int i = 0; i < MAPPED; i++) {
		uint64_t frame = frame_of(map + pages(i));

		ck_assert(view[pages(i)] == pattern_byte(pages(1 + i), ORIGINAL));
		if (kinds[_i].flags == MAP_SHARED)
			assert_same_page(frame, frame_of(view + pages(i)));
		else
			assert_different_page(frame, frame_of(view + pages(i)));
	}
	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
	ck_assert_int_eq(faults_of(map, true), 0);
}

ROW_EACH(M2, populate_write_read_only, "POPULATE_WRITE of a read-only mapping is EINVAL", kinds)
{
	unsigned char *map = target_map_ro(MAPPED, kinds[_i].flags, pages(1));

	ck_assert_int_eq(advice_errno(map, MAPPED, MADV_POPULATE_WRITE), EINVAL);
	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
}

static const struct past_end {
	const char *name;
	int flags, advice;
} past_end[] = {
	{"shared-read", MAP_SHARED, MADV_POPULATE_READ},
	{"shared-write", MAP_SHARED, MADV_POPULATE_WRITE},
	{"private-read", MAP_PRIVATE, MADV_POPULATE_READ},
	{"private-write", MAP_PRIVATE, MADV_POPULATE_WRITE},
};

ROW_EACH(M2, populate_past_end,
	 "POPULATE past the target's end is EFAULT, where an access is SIGBUS", past_end)
{
	unsigned char *map = target_map_rw(4, past_end[_i].flags, target.size - pages(2));

	needs_end();
	ck_assert_int_eq(advice_errno(map, 4, past_end[_i].advice), EFAULT);
	ck_assert_uint_ne(frame_of(map + pages(1)), 0);
	ck_assert_uint_eq(frame_of(map + pages(2)), 0);
	assert_memory(map, pages(2), target.size - pages(2), ORIGINAL);
}

ROW(M2, remove,
    "REMOVE is ENODEV for a device, makes a hole in a file, and is EACCES unless shared and "
    "writable")
{
	unsigned char *map = map_and_store(&kinds[0]);
	unsigned char *copies = target_map_rw(MAPPED, MAP_PRIVATE, pages(1));
	unsigned char *view = target_map_ro(MAPPED, MAP_SHARED, pages(1));
	uint64_t frame = frame_of(map);
	int error;

	needs_file();
	ck_assert_int_eq(advice_errno(copies, MAPPED, MADV_REMOVE), EACCES);
	ck_assert_int_eq(advice_errno(view, MAPPED, MADV_REMOVE), EACCES);
	assert_stored(map, &kinds[0]);

	error = advice_errno(map, 2, MADV_REMOVE);
	if (target.kind == TARGET_DEVICE) {
		/* fs/open.c, vfs_fallocate(): neither a regular file nor a block device */
		ck_assert_int_eq(error, ENODEV);
		assert_same_page(frame_of(map), frame);
		assert_stored(map, &kinds[0]);
		return;
	}
	if (error == EOPNOTSUPP)
		row_unsupported("no holes in this file: %s", strerror(error));
	ck_assert_int_eq(error, 0);
	assert_zero(map, pages(2));
	assert_zero(view, pages(2));
	assert_memory(map + pages(2), pages(2), pages(3), STORED);
}

/* Advice that may be ignored, as long as nothing is lost; and the flag it leaves in smaps. */
static const struct harmless {
	const char *name;
	int advice;
	const char *flag;
} harmless[] = {
	{"normal", MADV_NORMAL, NULL},
	{"random", MADV_RANDOM, "rr"},
	{"sequential", MADV_SEQUENTIAL, "sr"},
	{"willneed", MADV_WILLNEED, NULL},
	{"cold", MADV_COLD, NULL},
	{"pageout", MADV_PAGEOUT, NULL},
	{"dontdump", MADV_DONTDUMP, "dd"},
};

ROW_EACH(M2, loses_nothing, "advice about use and speed is accepted, and loses nothing", harmless)
{
	const struct harmless *h = &harmless[_i];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned char *map = map_and_store(&kinds[i]);
		uint64_t frame = frame_of(map);

		advise(map, MAPPED, h->advice);
		if (h->flag)
			ck_assert(smaps_has_flag(map, h->flag));
		assert_stored(map, &kinds[i]);
		/* There is nowhere to write it to, so that the pages keep their contents. */
		if (target.module && kinds[i].flags == MAP_SHARED)
			assert_same_page(frame_of(map), frame);
		unmap(map, pages(MAPPED));
		target_reset();
	}
}

ROW_EACH(M2, dodump, "DODUMP cancels DONTDUMP", kinds)
{
	unsigned char *map = map_and_store(&kinds[_i]);

	ck_assert(!smaps_has_flag(map, "dd"));
	advise(map, MAPPED, MADV_DONTDUMP);
	ck_assert(smaps_has_flag(map, "dd"));
	advise(map, MAPPED, MADV_DODUMP);
	ck_assert(!smaps_has_flag(map, "dd"));
	assert_stored(map, &kinds[_i]);
}

/* mm/khugepaged.c, hugepage_madvise(): the flag is set whatever the VMA; a reader may ignore it. */
ROW_EACH(M2, hugepage, "HUGEPAGE and NOHUGEPAGE are accepted, cancel each other, and lose nothing",
	 kinds)
{
	unsigned char *map = map_and_store(&kinds[_i]);

	huge_page_size();
	advise(map, MAPPED, MADV_HUGEPAGE);
	ck_assert(smaps_has_flag(map, "hg") && !smaps_has_flag(map, "nh"));
	assert_stored(map, &kinds[_i]);
	advise(map, MAPPED, MADV_NOHUGEPAGE);
	ck_assert(smaps_has_flag(map, "nh") && !smaps_has_flag(map, "hg"));
	assert_stored(map, &kinds[_i]);
}

ROW_EACH(M2, part, "advice for a part acts on that part alone, and the counts follow the split",
	 kinds)
{
	uint64_t vmas = target.module ? counter("vmas") : 0;
	unsigned char *map = map_and_store(&kinds[_i]);

	advise(map + pages(1), 2, MADV_DONTDUMP);
	ck_assert(!smaps_has_flag(map, "dd"));
	ck_assert(smaps_has_flag(map + pages(1), "dd"));
	ck_assert(smaps_has_flag(map + pages(2), "dd"));
	ck_assert(!smaps_has_flag(map + pages(3), "dd"));
	if (target.module)
		assert_vmas(vmas + 3);
	assert_stored(map, &kinds[_i]);
}

ROW_EACH(M2, errors,
	 "unaligned or unknown advice is EINVAL, of an unmapped range ENOMEM; nothing changes",
	 kinds)
{
	unsigned char *area = reserve(MAPPED + 2);
	int fd = target_open(O_RDWR);
	unsigned char *map = target_map_at(area, pages(MAPPED), RW, kinds[_i].flags, fd, pages(1));

	unmap(map + pages(MAPPED), pages(2));
	pattern_fill(map, pages(MAPPED), pages(1), STORED);
	ck_assert_int_eq(advice_errno(map + 1, 1, MADV_DONTNEED), EINVAL);
	ck_assert_int_eq(advice_errno(map, MAPPED, 9999), EINVAL);
	ck_assert_int_eq(advice_errno(map + pages(MAPPED), 1, MADV_DONTNEED), ENOMEM);
	assert_stored(map, &kinds[_i]);
}
