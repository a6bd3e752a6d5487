// SPDX-License-Identifier: GPL-2.0-only
/* M3: mlock and its kin, and mincore. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define MAPPED 4 /* pages of the target from page 1 on */

static const struct variant {
	const char *name;
	int flags, prot;
} variants[] = {
	{"shared-rw", MAP_SHARED, RW},
	{"shared-ro", MAP_SHARED, PROT_READ},
	{"private-rw", MAP_PRIVATE, RW},
	{"private-ro", MAP_PRIVATE, PROT_READ},
};

static unsigned char *map_variant(const struct variant *v)
{
	int fd = target_open(v->prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	unsigned char *map = target_map(pages(MAPPED), v->prot, v->flags, fd, pages(1));

	close(fd);
	return map;
}

static size_t kb(size_t count)
{
	return pages(count) / 1024;
}

static int present(const unsigned char *map, int count)
{
	int present = 0;

	for (int i = 0; i < count; i++)
		present += frame_of(map + pages(i)) != 0;
	return present;
}

/* The pages were not accessed. A writable private mapping is locked with its copies. */
static void assert_locked(unsigned char *map, const struct variant *v)
{
	unsigned char *view;

	ck_assert_int_eq(present(map, MAPPED), MAPPED);
	ck_assert(smaps_has_flag(map, "lo"));
	/* A page counts in proportion, and in full while nothing else maps it. */
	ck_assert_uint_eq(smaps_kb(map, "Locked"), kb(MAPPED));
	view = target_map_ro(MAPPED, MAP_SHARED, pages(1));
	for (int i = 0; i < MAPPED; i++) {
		uint64_t frame = frame_of(map + pages(i));

		ck_assert(view[pages(i)] == pattern_byte(pages(1 + i), ORIGINAL));
		if (v->flags == MAP_PRIVATE && v->prot & PROT_WRITE)
			assert_different_page(frame, frame_of(view + pages(i)));
		else
			assert_same_page(frame, frame_of(view + pages(i)));
	}
	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
	unmap(view, pages(MAPPED));
}

static void assert_not_locked(unsigned char *map)
{
	ck_assert(!smaps_has_flag(map, "lo"));
	ck_assert_uint_eq(smaps_kb(map, "Locked"), 0);
}

ROW_EACH(M3, mlock, "mlock maps all pages and counts them as locked", variants)
{
	size_t before = status_kb("VmLck:");
	unsigned char *map = map_variant(&variants[_i]);

	assert_not_locked(map);
	ck_assert_int_eq(mlock(map, pages(MAPPED)), 0);
	ck_assert_uint_eq(status_kb("VmLck:"), before + kb(MAPPED));
	assert_locked(map, &variants[_i]);
}

ROW_EACH(M3, munlock, "munlock uncounts the pages, and they stay mapped", variants)
{
	size_t before = status_kb("VmLck:");
	unsigned char *map = map_variant(&variants[_i]);
	uint64_t frames[MAPPED];

	ck_assert_int_eq(mlock(map, pages(MAPPED)), 0);
	for (int i = 0; i < MAPPED; i++)
		frames[i] = frame_of(map + pages(i));
	ck_assert_int_eq(munlock(map, pages(MAPPED)), 0);
	ck_assert_uint_eq(status_kb("VmLck:"), before);
	assert_not_locked(map);
	for (int i = 0; i < MAPPED; i++)
		assert_same_page(frame_of(map + pages(i)), frames[i]);
	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
}

ROW_EACH(M3, mlock_part,
	 "mlock and munlock of a part act on that part alone, and counts follow the splits", kinds)
{
	uint64_t vmas = target.module ? counter("vmas") : 0;
	size_t before = status_kb("VmLck:");
	unsigned char *map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));

	ck_assert_int_eq(mlock(map + pages(1), pages(2)), 0);
	ck_assert_uint_eq(status_kb("VmLck:"), before + kb(2));
	ck_assert(!smaps_has_flag(map, "lo") && !smaps_has_flag(map + pages(3), "lo"));
	ck_assert(smaps_has_flag(map + pages(1), "lo") && smaps_has_flag(map + pages(2), "lo"));
	ck_assert_int_eq(present(map + pages(1), 2), 2);
	if (target.module)
		assert_vmas(vmas + 3);

	ck_assert_int_eq(munlock(map + pages(2), pages(1)), 0);
	ck_assert_uint_eq(status_kb("VmLck:"), before + kb(1));
	ck_assert(smaps_has_flag(map + pages(1), "lo") && !smaps_has_flag(map + pages(2), "lo"));
	if (target.module)
		ck_assert_uint_eq(vmas_in_maps(), counter("vmas"));
}

ROW_EACH(M3, mlock_unmapped, "munmap of locked pages uncounts them", kinds)
{
	size_t before = status_kb("VmLck:");
	unsigned char *map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));

	ck_assert_int_eq(mlock(map, pages(MAPPED)), 0);
	unmap(map + pages(1), pages(1));
	ck_assert_uint_eq(status_kb("VmLck:"), before + kb(3));
	unmap(map, pages(MAPPED));
	ck_assert_uint_eq(status_kb("VmLck:"), before);
}

ROW_EACH(M3, mlock_not_inherited, "a child has the pages, but not the lock", kinds)
{
	unsigned char *map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));
	struct peer other;

	ck_assert_int_eq(mlock(map, pages(MAPPED)), 0);
	if (fork_child(&other)) {
		ck_assert_uint_eq(status_kb("VmLck:"), 0);
		assert_not_locked(map);
		assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
		child_done();
	}
	await_exit(&other);
	ck_assert(smaps_has_flag(map, "lo"));
}

ROW_EACH(M3, mlock_grows, "a locked mapping that grows has its new pages mapped and locked", kinds)
{
	size_t before = status_kb("VmLck:");
	unsigned char *map = target_map_rw(2, kinds[_i].flags, pages(1));

	ck_assert_int_eq(mlock(map, pages(2)), 0);
	map = mremap(map, pages(2), pages(MAPPED), MREMAP_MAYMOVE);
	if (map == MAP_FAILED && errno == EFAULT)
		row_unsupported("mappings do not grow: mremap says %s", strerror(errno));
	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_uint_eq(status_kb("VmLck:"), before + kb(MAPPED));
	assert_locked(map, &(struct variant){"", kinds[_i].flags, RW});
}

ROW_EACH(M3, mlock_past_end, "mlock past the target's end is ENOMEM, and maps the pages before it",
	 kinds)
{
	unsigned char *map = target_map_rw(4, kinds[_i].flags, target.size - pages(2));

	needs_end();
	ck_assert_int_eq(mlock(map, pages(4)), -1);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_int_eq(present(map, 4), 2);
	assert_memory(map, pages(2), target.size - pages(2), ORIGINAL);
}

ROW_EACH(M3, mlock_limit,
	 "mlock over RLIMIT_MEMLOCK is ENOMEM, or EPERM if that is 0, and locks nothing", kinds)
{
	unsigned char *map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));

	limit_locked_memory(pages(2));
	ck_assert_int_eq(mlock(map, pages(3)), -1);
	ck_assert_int_eq(errno, ENOMEM);
	assert_not_locked(map);
	ck_assert_int_eq(mlock(map, pages(2)), 0);
	ck_assert_int_eq(munlock(map, pages(2)), 0);
	limit_locked_memory(0);
	ck_assert_int_eq(mlock(map, pages(1)), -1);
	ck_assert_int_eq(errno, EPERM);
	assert_not_locked(map);
}

ROW_EACH(M3, mlock_onfault, "MLOCK_ONFAULT maps nothing, and an access locks its page", variants)
{
	size_t before = status_kb("VmLck:");
	unsigned char *map = map_variant(&variants[_i]);

	ck_assert_int_eq(mlock2(map, pages(MAPPED), MLOCK_ONFAULT), 0);
	ck_assert_uint_eq(status_kb("VmLck:"), before + kb(MAPPED));
	ck_assert(smaps_has_flag(map, "lo"));
	ck_assert_int_eq(present(map, MAPPED), 0);

	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
	ck_assert_int_eq(present(map, MAPPED), MAPPED);
	ck_assert_uint_eq(smaps_kb(map, "Locked"), kb(MAPPED));
	ck_assert_int_eq(munlock(map, pages(MAPPED)), 0);
	ck_assert_uint_eq(status_kb("VmLck:"), before);
	assert_not_locked(map);
}

ROW(M3, mlock2_errors, "mlock2 with an unknown flag is EINVAL, and of an unmapped range ENOMEM")
{
	unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));

	ck_assert_int_eq(mlock2(map, pages(MAPPED), 0x40), -1);
	ck_assert_int_eq(errno, EINVAL);
	assert_not_locked(map);
	unmap(map + pages(1), pages(1));
	ck_assert_int_eq(mlock2(map, pages(MAPPED), 0), -1);
	ck_assert_int_eq(errno, ENOMEM);
}

static void lock_all(int flags)
{
	int error = mlockall(flags) ? errno : 0;

	/* ENOMEM: a limit below what the process has. */
	if (error == EPERM || error == ENOMEM)
		row_not_applicable("mlockall needs CAP_IPC_LOCK: %s", strerror(error));
	ck_assert_int_eq(error, 0);
}

ROW_EACH(M3, mlockall_current, "mlockall(MCL_CURRENT) locks existing mappings, and no later ones",
	 variants)
{
	unsigned char *map = map_variant(&variants[_i]);
	unsigned char *later;

	lock_all(MCL_CURRENT);
	assert_locked(map, &variants[_i]);
	later = map_variant(&variants[_i]);
	assert_not_locked(later);
	ck_assert_int_eq(munlockall(), 0);
	assert_not_locked(map);
	ck_assert_uint_eq(status_kb("VmLck:"), 0);
}

ROW_EACH(M3, mlockall_future, "mlockall(MCL_FUTURE) locks later mappings when they are made",
	 variants)
{
	unsigned char *map = map_variant(&variants[_i]);
	unsigned char *later;

	lock_all(MCL_FUTURE);
	assert_not_locked(map);
	later = map_variant(&variants[_i]);
	assert_locked(later, &variants[_i]);
	ck_assert_int_eq(munlockall(), 0);
	assert_not_locked(later);
	assert_not_locked(map_variant(&variants[_i]));
}

ROW_EACH(M3, mlockall_onfault, "mlockall(MCL_ONFAULT) locks pages as they are touched", kinds)
{
	unsigned char *map;

	lock_all(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));
	ck_assert(smaps_has_flag(map, "lo"));
	ck_assert_int_eq(present(map, MAPPED), 0);
	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
	ck_assert_uint_eq(smaps_kb(map, "Locked"), kb(MAPPED));
	ck_assert_int_eq(munlockall(), 0);
	assert_not_locked(map);
}

static int in_core(unsigned char *map, int count)
{
	unsigned char first;
	int in_core = 0;

	/* One byte for each page of the system's size, however large the target's pages are. */
	for (int i = 0; i < count; i++) {
		ck_assert_int_eq(mincore(map + pages(i), sysconf(_SC_PAGESIZE), &first), 0);
		in_core += first & 1;
	}
	return in_core;
}

ROW_EACH(M3, mincore_resident,
	 "mincore reports the target's resident pages before they are accessed", variants)
{
	unsigned char *map = map_variant(&variants[_i]);

	ck_assert_int_eq(in_core(map, MAPPED), MAPPED);
	ck_assert_int_eq(present(map, MAPPED), 0);
}

ROW(M3, mincore_untouched, "mincore does not report an unused page until it is accessed")
{
	off_t off = find_untouched(1);
	unsigned char *map = target_map_rw(1, MAP_SHARED, off);

	ck_assert_int_eq(in_core(map, 1), 0);
	/* mincore() did not map it. */
	ck_assert(is_untouched(off, pages(1)));
	ck_assert_int_eq(in_core(map, 1), 0);
	ck_assert_uint_eq(*(volatile unsigned char *)map, 0);
	ck_assert_int_eq(in_core(map, 1), 1);
}

ROW(M3, mincore_errors,
    "mincore is EINVAL if unaligned, ENOMEM if unmapped, EFAULT for a bad vector")
{
	unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	unsigned char *nothing = reserve(1);
	unsigned char vector[1];

	ck_assert_int_eq(mincore(map + 1, 1, vector), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(mincore(map, 1, nothing), -1);
	ck_assert_int_eq(errno, EFAULT);
	unmap(map + pages(1), pages(1));
	ck_assert_int_eq(mincore(map + pages(1), 1, vector), -1);
	ck_assert_int_eq(errno, ENOMEM);
}
