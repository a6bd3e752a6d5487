// SPDX-License-Identifier: GPL-2.0-only
/*
 * M19: a userfaultfd for a mapping of the target, as for one of tmpfs. Drivers can support that if
 * a VMA's operations may have uffd_ops, which came with 7.2. Modules still cannot report missing
 * and minor page faults: rows about these test tmpfs and memfd, and M9.register has the device's
 * answer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "support/memory.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"
#include "support/uffd.h"

#define MAPPED 4 /* pages of the chunk */
#define SERVED 2 /* of these */
#define STORED 1
#define COPIED 2

static const struct access_kind {
	const char *name;
	int flags;
	bool stores;
} access_kinds[] = {
	{"load-shared", MAP_SHARED, false},
	{"store-shared", MAP_SHARED, true},
	{"load-private", MAP_PRIVATE, false},
	{"store-private", MAP_PRIVATE, true},
};

ROW_EACH(M19, missing, "an access to a missing page waits for UFFDIO_COPY, and gets that page",
	 access_kinds)
{
	const struct access_kind *kind = &access_kinds[_i];
	int fd = open_uffd(UFFD_FEATURE_MISSING_SHMEM);
	off_t off = memory_hole(&folios[1]);
	unsigned char *map = memory_map(off, kind->flags), *page = map + pages(SERVED);
	unsigned char *bytes = aligned_alloc(pages(1), pages(1));
	struct uffdio_copy copy = {
		.dst = (uintptr_t)page,
		.src = (uintptr_t)bytes,
		.len = pages(1),
	};
	struct toucher *toucher;

	pattern_fill(bytes, pages(1), off + pages(SERVED), COPIED);
	register_range(fd, map, pages(MAPPED), UFFDIO_REGISTER_MODE_MISSING);
	toucher = start_touch(page + 5, kind->stores);
	ck_assert_uint_eq(await_fault(fd, page) & UFFD_PAGEFAULT_FLAG_MINOR, 0);
	ck_assert_int_eq(ioctl(fd, UFFDIO_COPY, &copy), 0);
	ck_assert_int_eq(copy.copy, pages(1));
	ck_assert_uint_eq(end_touch(toucher), kind->stores ? 's' : bytes[5]);
	assert_memory(page, 5, off + pages(SERVED), COPIED);
	assert_memory(page + 6, pages(1) - 6, off + pages(SERVED) + 6, COPIED);
	if (kind->flags == MAP_SHARED)
		assert_target(off + pages(SERVED) + 6, pages(1) - 6, COPIED);
	/* It is there now. */
	copy.copy = 0;
	ck_assert_int_eq(ioctl(fd, UFFDIO_COPY, &copy), -1);
	ck_assert_int_eq(errno, EEXIST);
}

ROW(M19, missing_zero, "UFFDIO_ZEROPAGE gives a page of zeros, which takes stores")
{
	int fd = open_uffd(UFFD_FEATURE_MISSING_SHMEM);
	off_t off = memory_hole(&folios[1]);
	unsigned char *map = memory_map(off, MAP_SHARED), *page = map + pages(SERVED);
	struct uffdio_zeropage zero = {.range = {(uintptr_t)page, pages(1)}};
	struct toucher *toucher;

	register_range(fd, map, pages(MAPPED), UFFDIO_REGISTER_MODE_MISSING);
	toucher = start_touch(page + 5, true);
	await_fault(fd, page);
	ck_assert_int_eq(ioctl(fd, UFFDIO_ZEROPAGE, &zero), 0);
	ck_assert_uint_eq(end_touch(toucher), 's');
	ck_assert_uint_eq(target_read_byte(off + pages(SERVED) + 5), 's');
	assert_zero(page + 6, pages(1) - 6);
}

ROW_EACH(M19, minor,
	 "an access to a resident page that is not mapped waits until UFFDIO_CONTINUE maps it",
	 folios)
{
	int fd = open_uffd(UFFD_FEATURE_MINOR_SHMEM);
	off_t off = memory_chunk(&folios[_i], STORED);
	unsigned char *map = memory_map(off, MAP_SHARED), *page = map + pages(SERVED);
	unsigned char *view = memory_map(off, MAP_SHARED);
	struct uffdio_continue proceed = {.range = {(uintptr_t)page, pages(1)}};
	struct toucher *toucher;

	register_range(fd, map, memory_chunk_size(), UFFDIO_REGISTER_MODE_MINOR);
	toucher = start_touch(page + 5, false);
	ck_assert_uint_ne(await_fault(fd, page) & UFFD_PAGEFAULT_FLAG_MINOR, 0);
	/* The thread sees changes that are made until then. */
	pattern_fill(view + pages(SERVED), pages(1), off + pages(SERVED), COPIED);
	ck_assert_int_eq(ioctl(fd, UFFDIO_CONTINUE, &proceed), 0);
	ck_assert_uint_eq(end_touch(toucher), view[pages(SERVED) + 5]);
	assert_same_page(frame_of(page), frame_of(view + pages(SERVED)));
}
