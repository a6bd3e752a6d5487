// SPDX-License-Identifier: GPL-2.0-only
/* M9: userfaultfd. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

/* Newer than the headers of some systems that the tests are built on. */
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif

#define MAPPED 4 /* pages of the target from page 1 on */

/* Its features on request, or all that the kernel has. */
static int open_userfaultfd(uint64_t want, uint64_t *has)
{
	struct uffdio_api api = {.api = UFFD_API, .features = want};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		row_not_applicable("userfaultfd is not to be had: %s", strerror(errno));
	ck_assert_msg(fd >= 0, "userfaultfd: %s", strerror(errno));
	ck_assert_msg(!ioctl(fd, UFFDIO_API, &api), "UFFDIO_API: %s", strerror(errno));
	if (has)
		*has = api.features;
	return fd;
}

static int register_errno(int fd, void *map, uint64_t mode)
{
	struct uffdio_register request = {
		.range = {.start = (uintptr_t)map, .len = pages(MAPPED)},
		.mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &request) ? errno : 0;
}

static const struct variant {
	const char *name;
	uint64_t mode;
	int flags, prot;
} variants[] = {
	{"missing-shared", UFFDIO_REGISTER_MODE_MISSING, MAP_SHARED, RW},
	{"missing-shared-ro", UFFDIO_REGISTER_MODE_MISSING, MAP_SHARED, PROT_READ},
	{"missing-private", UFFDIO_REGISTER_MODE_MISSING, MAP_PRIVATE, RW},
	{"minor-shared", UFFDIO_REGISTER_MODE_MINOR, MAP_SHARED, RW},
	{"minor-private", UFFDIO_REGISTER_MODE_MINOR, MAP_PRIVATE, RW},
	{"protect-shared", UFFDIO_REGISTER_MODE_WP, MAP_SHARED, RW},
	{"protect-private", UFFDIO_REGISTER_MODE_WP, MAP_PRIVATE, RW},
};

/*
 * vma_can_userfault() takes anonymous memory, shmem and hugetlbfs, on 6.1 and 6.12
 * by name (include/linux/userfaultfd_k.h), on 7.x by vm_ops that only these have
 * (mm/userfaultfd.c). So any other file's mapping is EINVAL, private ones too. From
 * 7.2 on a driver can have these as well (vm_operations_struct, uffd_ops), and mmapdemo
 * takes write-protection. Missing and minor faults are reported by a file's ->fault()
 * with handle_userfault(), which is not exported to modules: EINVAL remains.
 */
ROW_EACH(M9, register, "userfaultfd refuses the mapping with EINVAL, and changes nothing", variants)
{
	const struct variant *v = &variants[_i];
	int target_fd = target_open(v->prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	unsigned char *map = target_map(pages(MAPPED), v->prot, v->flags, target_fd, pages(1));
	uint64_t features;
	int fd = open_userfaultfd(0, &features), error = register_errno(fd, map, v->mode);

	if (target.module && v->mode == UFFDIO_REGISTER_MODE_WP && !kernel_before(7, 2) &&
	    info_of(target_fd).features & MMAPDEMO_FEATURE_RESIZE)
		row_not_applicable("a driver can have write-protection here: M19 tests it");
	if (v->mode == UFFDIO_REGISTER_MODE_WP && !(features & UFFD_FEATURE_PAGEFAULT_FLAG_WP))
		row_not_applicable("this architecture has no write protection by userfaultfd yet");
	if (v->mode == UFFDIO_REGISTER_MODE_MINOR &&
	    !(features & (UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_MINOR_HUGETLBFS)))
		row_not_applicable("this architecture has no minor faults by userfaultfd yet");
	if (!target.module && error != EINVAL)
		row_not_applicable("this target is memory that userfaultfd is made for (%s)",
				   error ? strerror(error) : "taken");
	ck_assert_int_eq(error, EINVAL);
	ck_assert(!smaps_has_flag(map, "um") && !smaps_has_flag(map, "uw"));
	assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
	if (v->prot & PROT_WRITE)
		map[0] = 'w';
}

static int open_async_protection(void)
{
	uint64_t features;

	close(open_userfaultfd(0, &features));
	if (!(features & UFFD_FEATURE_WP_ASYNC))
		row_not_applicable("this kernel has no UFFD_FEATURE_WP_ASYNC (it came with 6.7)");
	return open_userfaultfd(UFFD_FEATURE_WP_ASYNC, NULL);
}

static void write_protect(int fd, void *map)
{
	struct uffdio_writeprotect protect = {
		.range = {.start = (uintptr_t)map, .len = pages(MAPPED)},
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	ck_assert_int_eq(ioctl(fd, UFFDIO_WRITEPROTECT, &protect), 0);
}

/*
 * From 6.7 on, write protection that the kernel itself removes again works for any memory (same
 * function, wp_async): it shows which pages were written to.
 */
ROW_EACH(M9, tracks_writes,
	 "asynchronous write protection, where the kernel has it, sees each store", kinds)
{
	unsigned char *map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));
	int fd = open_async_protection();

	assert_memory(map, pages(2), pages(1), ORIGINAL);
	ck_assert_int_eq(register_errno(fd, map, UFFDIO_REGISTER_MODE_WP), 0);
	write_protect(fd, map);
	for (int i = 0; i < MAPPED; i++)
		ck_assert(pagemap_bit(map + pages(i), PAGEMAP_UFFD_WP));

	/* One that was touched before, one that was not. */
	map[pages(1)] = 'w';
	map[pages(3)] = 'w';
	for (int i = 0; i < MAPPED; i++)
		ck_assert_int_eq(pagemap_bit(map + pages(i), PAGEMAP_UFFD_WP), i % 2 == 0);
	ck_assert_uint_eq(target_read_byte(pages(2)),
			  kinds[_i].flags == MAP_SHARED ? 'w' : pattern_byte(pages(2), ORIGINAL));
	assert_memory(map, pages(1), pages(1), ORIGINAL);
	assert_memory(map + pages(2), pages(1), pages(3), ORIGINAL);
}

/* By a page fault of the kernel. Returns errno. */
static int read_zeros(void *to)
{
	return read(open("/dev/zero", O_RDONLY), to, pages(1)) < 0 ? errno : 0;
}

/*
 * The write protection of a page that is not mapped yet is a marker in its page table entry
 * (mm/mprotect.c, change_pte_range()). A .fault that calls vmf_insert_pfn() leaves the marker
 * there and reports success (insert_pfn() in mm/memory.c of 6.12): the page fault would come
 * again for ever, and beneath a system call no signal ends it.
 */
ROW(M9, protected_untouched,
    "an access to a page that was write-protected before works, or is SIGBUS")
{
	unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	struct access load;
	int fd = open_async_protection();

	if (register_errno(fd, map, UFFDIO_REGISTER_MODE_WP) == EINVAL)
		row_not_applicable("userfaultfd does not take this mapping");
	write_protect(fd, map);

	load = try_read(map);
	if (!load.signo) {
		assert_works(try_write(map + pages(1), 'w'));
		ck_assert_int_eq(read_zeros(map + pages(2)), 0);
		return;
	}
	assert_bus_error(load, map);
	assert_bus_error(try_write(map + pages(1), 'w'), map + pages(1));
	ck_assert_int_eq(read_zeros(map + pages(2)), EFAULT);
}
