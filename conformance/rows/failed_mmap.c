// SPDX-License-Identifier: GPL-2.0-only
/* V4: a call that fails leaves the counts as they were, and /proc agrees. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/weather.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

struct counts {
	uint64_t opens, vmas;
};

static struct counts count(void)
{
	struct counts counts = {counter("opens"), counter("vmas")};

	ck_assert_uint_eq(vmas_in_maps(), counts.vmas);
	return counts;
}

static void assert_counts(const struct counts *before)
{
	struct counts now = count();

	ck_assert_uint_eq(now.opens, before->opens);
	ck_assert_uint_eq(now.vmas, before->vmas);
}

/* Contents that a wrong refusal would lose. */
static unsigned char *kept_mapping(void)
{
	unsigned char *map = target_map_rw(4, MAP_SHARED, pages(1));

	count(); /* or not applicable, before all else */
	assert_memory(map, pages(4), pages(1), ORIGINAL);
	return map;
}

#define HUGE_LENGTH (~0UL) /* in pages: no address space holds it */
#define PAST_FILES  (-1L)  /* the last page that an offset can name */
#define FREE	    0
#define UNALIGNED   1
#define TAKEN	    2

static const struct refusal {
	const char *name;
	int open_flags;
	size_t count;
	int prot, flags, where;
	long page; /* offset, and bytes on top of it */
	int bytes;
	int error;
} refusals[] = {
	{"no-kind", O_RDWR, 2, RW, 0, FREE, 0, 0, EINVAL},
	{"unknown-flag", O_RDWR, 2, RW, MAP_SHARED_VALIDATE | 1 << 24, FREE, 0, 0, EOPNOTSUPP},
	{"no-length", O_RDWR, 0, RW, MAP_SHARED, FREE, 0, 0, EINVAL},
	{"no-length-private", O_RDWR, 0, RW, MAP_PRIVATE, FREE, 0, 0, EINVAL},
	{"huge-length", O_RDWR, HUGE_LENGTH, RW, MAP_SHARED, FREE, 0, 0, ENOMEM},
	{"unaligned-offset", O_RDWR, 2, RW, MAP_SHARED, FREE, 1, 1, EINVAL},
	{"unaligned-address", O_RDWR, 2, RW, MAP_SHARED | MAP_FIXED, UNALIGNED, 0, 0, EINVAL},
	{"past-file-offsets", O_RDWR, 2, RW, MAP_SHARED, FREE, PAST_FILES, 0, EOVERFLOW},
	{"past-file-offsets-private", O_RDWR, 2, RW, MAP_PRIVATE, FREE, PAST_FILES, 0, EOVERFLOW},
	{"read-only-shared-store", O_RDONLY, 2, RW, MAP_SHARED, FREE, 0, 0, EACCES},
	{"write-only", O_WRONLY, 2, PROT_READ, MAP_SHARED, FREE, 0, 0, EACCES},
	{"write-only-private", O_WRONLY, 2, RW, MAP_PRIVATE, FREE, 0, 0, EACCES},
	{"not-over-another", O_RDWR, 2, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, TAKEN, 0, 0, EEXIST},
	{"hugetlb", O_RDWR, 2, RW, MAP_SHARED | MAP_HUGETLB, FREE, 0, 0, EINVAL},
};

ROW_EACH(V4, refused, "an mmap that is refused is not counted, and does not keep the file open",
	 refusals)
{
	const struct refusal *r = &refusals[_i];
	unsigned char *kept = kept_mapping();
	unsigned char *at[] = {NULL, (unsigned char *)reserve(4) + 1, kept + pages(1)};
	struct counts before = count();
	size_t len = r->count == HUGE_LENGTH ? -pages(2) : pages(r->count);
	off_t off = r->page == PAST_FILES ? (off_t)((1ULL << 63) - target.page)
					  : (off_t)pages(r->page) + r->bytes;
	int fd = target_open(r->open_flags);

	if (r->page == PAST_FILES)
		row_needs_64_bits("offset");
	ck_assert_int_eq(mmap_errno(at[r->where], len, r->prot, r->flags, fd, off), r->error);
	ck_assert_uint_eq(counter("opens"), before.opens + 1);
	close(fd);
	assert_counts(&before);
	assert_memory(kept, pages(4), pages(1), ORIGINAL);
}

/*
 * The core unmaps what MAP_FIXED replaces before it asks the driver, and on some
 * kernels it is gone when the driver then refuses (6.1: mm/mmap.c, mmap_region()).
 */
ROW_EACH(V4, refused_over_another,
	 "after an mmap with MAP_FIXED is refused, the counts agree with the mappings left", kinds)
{
	unsigned char *kept = kept_mapping();
	struct counts before = count(), after;
	int fd = target_open(O_RDWR);

	row_needs_64_bits("offset");
	ck_assert_int_eq(mmap_errno(kept + pages(1), pages(1), RW, kinds[_i].flags | MAP_FIXED, fd,
				    (1ULL << 63) - target.page),
			 EOVERFLOW);
	close(fd);
	after = count();
	ck_assert_uint_eq(after.opens, before.opens);
	assert_memory(kept, pages(1), pages(1), ORIGINAL);
	assert_memory(kept + pages(2), pages(2), pages(3), ORIGINAL);
	unmap(kept, pages(4));
	after = count();
	ck_assert_uint_eq(after.vmas, before.vmas - 1);
	ck_assert_uint_eq(after.opens, before.opens - 1);
}

ROW_EACH(V4, noexec, "an mmap that is EPERM on a noexec mount is not counted", kinds)
{
	struct counts before;
	int fd;

	target_remount(MS_NOEXEC);
	kept_mapping();
	before = count();
	fd = target_open(O_RDWR);
	ck_assert_int_eq(mmap_errno(NULL, pages(1), PROT_EXEC, kinds[_i].flags, fd, 0), EPERM);
	close(fd);
	assert_counts(&before);
}

ROW_EACH(V4, address_space, "an mmap or mremap that is ENOMEM for RLIMIT_AS is not counted", kinds)
{
	unsigned char *kept = kept_mapping();
	struct rlimit old, none;
	struct counts before;
	int error, grown, fd;

	before = count();
	fd = target_open(O_RDWR);
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &old), 0);
	none = old;
	none.rlim_cur = 0;
	/* No assertion is in between, because it might need memory itself. */
	setrlimit(RLIMIT_AS, &none);
	error = mmap_errno(NULL, pages(1), RW, kinds[_i].flags, fd, 0);
	grown = 0;
	if (mremap(kept, pages(4), pages(8), MREMAP_MAYMOVE) == MAP_FAILED)
		grown = errno;
	setrlimit(RLIMIT_AS, &old);
	ck_assert_int_eq(error, ENOMEM);
	ck_assert_int_eq(grown, ENOMEM);
	close(fd);
	assert_counts(&before);
	assert_memory(kept, pages(4), pages(1), ORIGINAL);
}

ROW_EACH(V4, locked,
	 "an mmap that is EAGAIN for RLIMIT_MEMLOCK, or EPERM if that is 0, is not counted", kinds)
{
	int flags = kinds[_i].flags | MAP_LOCKED;
	struct counts before;
	int fd;

	kept_mapping();
	before = count();
	fd = target_open(O_RDWR);
	limit_locked_memory(pages(1));
	ck_assert_int_eq(mmap_errno(NULL, pages(2), RW, flags, fd, 0), EAGAIN);
	limit_locked_memory(0);
	ck_assert_int_eq(mmap_errno(NULL, pages(1), RW, flags, fd, 0), EPERM);
	close(fd);
	assert_counts(&before);
}

/* As many mappings as the process may have, made one by one until the kernel refuses. */
static int use_up_map_count(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *map;

	/* Neighbours differ, so that they are not merged. */
	for (int i = 0;; i++) {
		map = mmap(NULL, page, i % 2 ? PROT_NONE : PROT_READ,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (map == MAP_FAILED)
			return errno;
	}
}

/* Each needs one mapping more than possible; from MAP_OVER on, to cut or move the kept one. */
enum step { MAP, MAP_POPULATED, MAP_OVER, CUT_UNMAP, CUT_PROTECT, CUT_ADVISE, MOVE, STEPS };

static int fail_at(enum step step, int fd, unsigned char *kept, int flags)
{
	unsigned char *middle = kept + pages(1);
	void *moved;

	switch (step) {
	case MAP:
		return mmap_errno(NULL, pages(2), RW, flags, fd, 0);
	case MAP_POPULATED:
		return mmap_errno(NULL, pages(2), RW, flags | MAP_POPULATE, fd, 0);
	case MAP_OVER:
		return mmap_errno(middle, pages(1), PROT_READ, flags | MAP_FIXED, fd, 0);
	case CUT_UNMAP:
		return munmap(middle, pages(1)) ? errno : 0;
	case CUT_PROTECT:
		return mprotect(middle, pages(1), PROT_READ) ? errno : 0;
	case CUT_ADVISE:
		return madvise(middle, pages(1), MADV_DONTDUMP) ? errno : 0;
	case MOVE:
		moved = mremap(kept, pages(4), pages(8), MREMAP_MAYMOVE | MREMAP_FIXED,
			       kept + pages(64));
		return moved == MAP_FAILED ? errno : 0;
	default:
		return -1;
	}
}

/*
 * In a child, whose parent looks: with no mapping left for it, the child could
 * not even open a file in /proc.
 */
ROW_EACH(V4, map_count, "at the limit of mappings mmap, cuts and moves fail, and count nothing",
	 kinds, .timeout = 120)
{
	struct counts before;
	struct peer child;

	count(); /* or not applicable, before all else */
	if (fork_child(&child)) {
		int fd = target_open(O_RDWR);
		unsigned char *area = reserve(128);
		unsigned char *kept =
			target_map_at(area, pages(4), RW, kinds[_i].flags, fd, pages(1));
		int limit;

		assert_memory(kept, pages(4), pages(1), ORIGINAL);
		limit = use_up_map_count();
		tell(&child, limit);
		await_turn(&child);
		for (int step = 0; step < STEPS; step++)
			tell(&child, fail_at(step, fd, kept, kinds[_i].flags));
		await_turn(&child);
		/* All is unchanged, and takes stores. */
		assert_memory(kept, pages(4), pages(1), ORIGINAL);
		pattern_fill(kept, pages(4), pages(1), 1);
		assert_memory(kept, pages(4), pages(1), 1);
		child_done();
	}
	ck_assert_int_eq(hear(&child), ENOMEM);
	before = count();
	ck_assert_uint_eq(before.vmas, 1);
	pass_turn(&child);
	for (int step = 0; step < STEPS; step++) {
		int error = hear(&child);

		/* mm/madvise.c returns EAGAIN for any lack, here of mappings. */
		ck_assert_msg(error == (step == CUT_ADVISE ? EAGAIN : ENOMEM), "step %d: %s", step,
			      error ? strerror(error) : "works");
	}
	assert_counts(&before);
	release_child(&child);
	assert_target(pages(1), pages(4), kinds[_i].flags == MAP_SHARED ? 1 : ORIGINAL);
	ck_assert_uint_eq(counter("vmas"), before.vmas - 1);
}

/* Shared memory of a child that may use no new memory and its parent, accessed beforehand. */
struct errand {
	volatile int asked, done, error;
	volatile bool look; /* at the end of what was mapped, instead of mapping */
};

/* Neither opens, writes nor allocates anything once it is limited. */
static void map_when_asked(struct errand *errand, int flags)
{
	int fd = target_open(O_RDWR);
	unsigned char *map = NULL;

	ck_assert_int_eq(0, write_text("/proc/self/oom_score_adj", "-1000"));
	/* Its own pages that this takes are its own from here on. */
	mmap_errno(NULL, 0, RW, flags, fd, 0);
	usleep(1000);
	for (errand->done = 1;;) {
		if (errand->asked == errand->done) {
			usleep(1000);
			continue;
		}
		if (errand->look) {
			errand->error = try_read(map + target.size - 1).signo;
		} else {
			map = mmap(NULL, target.size, RW, flags, fd, 0);
			errand->error = map == MAP_FAILED ? errno : 0;
		}
		errand->done = errand->asked;
	}
}

static int ask(struct errand *errand)
{
	unsigned int since = 0;

	errand->asked = errand->done + 1;
	while (errand->done != errand->asked && weather_wait(&since))
		;
	ck_assert_int_eq(errand->done, errand->asked);
	return errand->error;
}

/*
 * If remap_pfn_range() finds no memory for the first page table, x86 looks for the frame in it,
 * and warns (6.1: arch/x86/mm/pat/memtype.c, get_pat_info()). From 6.16 on it does not ("mm:
 * rewrite pfnmap tracking and remove VM_PAT").
 */
static void needs_quiet_failures(int flags)
{
	void *map = target_map_rw(1, flags, 0);

	if (kernel_before(6, 16) && smaps_has_flag(map, "pf"))
		row_not_applicable("a remap_pfn_range() that fails warns before Linux 6.16");
	unmap(map, pages(1));
}

/*
 * Page tables are charged to the mapping process's control group, which gets one page more each
 * time, and has no process that could be killed for them.
 */
ROW_EACH(V4, half_way, "an mmap that runs out of memory half-way maps nothing and counts nothing",
	 kinds, .timeout = 120)
{
	struct errand *errand = mmap(NULL, sizeof(*errand), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct cgroup group;
	struct counts before;
	struct peer child;
	int failures = 0, error;
	uint64_t charged;

	needs_system();
	count(); /* or not applicable, before all else */
	needs_quiet_failures(kinds[_i].flags);
	*errand = (struct errand){.asked = 1};
	cgroup_make(&group);
	if (fork_child(&child)) {
		cgroup_enter(&group);
		map_when_asked(errand, kinds[_i].flags);
	}
	while (!errand->done)
		usleep(1000);
	before = count();
	/* The kernel returns the charge that it took in advance. */
	cgroup_limit(&group, 0);
	charged = cgroup_charged(&group);
	for (int room = 0; room < 256; room++) {
		cgroup_limit(&group, charged + room * sysconf(_SC_PAGESIZE));
		error = ask(errand);
		if (!error)
			break;
		/* insert_pages() in mm/memory.c returns EFAULT for a lack of upper tables. */
		ck_assert_msg(error == ENOMEM || error == EFAULT, "mmap with room for %d pages: %s",
			      room, strerror(error));
		failures++;
		assert_counts(&before);
	}
	ck_assert_int_eq(error, 0);
	/* The mmap that works in the end is complete. */
	cgroup_limit(&group, charged + target.size + (16 << 20));
	errand->look = true;
	ck_assert_int_eq(ask(errand), 0);
	kill_child(&child);
	if (!failures)
		row_not_applicable("mapping it takes no memory that could run out");
}
