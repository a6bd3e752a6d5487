// SPDX-License-Identifier: GPL-2.0-only
/*
 * M19: write-protection by userfaultfd, which a monitor removes and not the kernel
 * (M9.tracks-writes). It works on the device from 7.2 on, as on a file of tmpfs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "support/access.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/uffd.h"

/* Newer than the headers of some systems that the tests are built on. */
#ifndef UFFD_FEATURE_POISON
#define UFFD_FEATURE_POISON (1 << 14)
#define UFFDIO_POISON	    _IOWR(UFFDIO, 8, struct uffdio_zeropage)
#endif
#ifndef UFFD_FEATURE_MOVE
#define UFFD_FEATURE_MOVE (1 << 16)
#define UFFDIO_MOVE	  _IOWR(UFFDIO, 5, struct uffdio_copy)
#endif
#ifndef UFFD_FEATURE_RWP
#define UFFD_FEATURE_RWP	 (1 << 17)
#define UFFD_PAGEFAULT_FLAG_RWP	 (1 << 3)
#define UFFDIO_REGISTER_MODE_RWP ((uint64_t)1 << 3)
#define UFFDIO_RWPROTECT	 _IOWR(UFFDIO, 9, struct uffdio_writeprotect)
#endif

#define MAPPED 8 /* pages of the chunk */
#define SERVED 2 /* of these */
#define OTHER  5
#define STORED 1

ROW_EACH(M19, protect, "a store to a write-protected page waits, and a load does not", memory_kinds)
{
	const struct memory_kind *kind = &memory_kinds[_i];
	int fd = open_uffd(UFFD_PROTECTS);
	off_t off = memory_chunk(kind->folios, STORED);
	unsigned char *map = memory_map(off, kind->flags), *page = map + pages(SERVED);
	struct toucher *toucher;

	assert_memory(map, memory_chunk_size(), off, STORED);
	register_range(fd, map, memory_chunk_size(), UFFDIO_REGISTER_MODE_WP);
	protect(fd, page, pages(1), true);
	assert_memory(map, memory_chunk_size(), off, STORED);
	page[pages(1)] ^= 0xff; /* beside it */
	toucher = start_touch(page + 5, true);
	ck_assert_uint_ne(await_fault(fd, page) & UFFD_PAGEFAULT_FLAG_WP, 0);
	assert_memory(page, pages(1), off + pages(SERVED), STORED);
	protect(fd, page, pages(1), false);
	ck_assert_uint_eq(end_touch(toucher), 's');
	ck_assert_uint_eq(
		target_read_byte(off + pages(SERVED) + 5),
		kind->flags == MAP_SHARED ? 's' : pattern_byte(off + pages(SERVED) + 5, STORED));
}

static const struct hole_kind {
	const char *name;
	int flags;
	bool loaded;
} hole_kinds[] = {
	{"shared", MAP_SHARED, false},
	{"shared-loaded", MAP_SHARED, true},
	{"private", MAP_PRIVATE, false},
	{"private-loaded", MAP_PRIVATE, true},
};

ROW_EACH(M19, protect_hole, "a write-protected hole reads as zeros, and a store to it waits",
	 hole_kinds)
{
	const struct hole_kind *kind = &hole_kinds[_i];
	int fd = open_uffd(UFFD_PROTECTS);
	off_t off = memory_hole(&folios[1]);
	unsigned char *map = memory_map(off, kind->flags), *page = map + pages(SERVED);
	struct toucher *toucher;

	register_range(fd, map, pages(MAPPED), UFFDIO_REGISTER_MODE_WP);
	protect(fd, map, pages(MAPPED), true);
	if (kind->loaded)
		assert_zero(map, pages(MAPPED));
	toucher = start_touch(page + 5, true);
	ck_assert_uint_ne(await_fault(fd, page) & UFFD_PAGEFAULT_FLAG_WP, 0);
	ck_assert_uint_eq(target_read_byte(off + pages(SERVED) + 5), 0);
	protect(fd, page, pages(1), false);
	ck_assert_uint_eq(end_touch(toucher), 's');
	ck_assert_uint_eq(target_read_byte(off + pages(SERVED) + 5),
			  kind->flags == MAP_SHARED ? 's' : 0);
}

static const struct loss_kind {
	const char *name;
	const struct memory_kind *memory;
	bool cut_off;
} loss_kinds[] = {
	{"punched-huge-shared", &memory_kinds[0], false},
	{"punched-huge-private", &memory_kinds[1], false},
	{"punched-small-shared", &memory_kinds[2], false},
	{"punched-small-private", &memory_kinds[3], false},
	{"resized-huge-shared", &memory_kinds[0], true},
	{"resized-small-private", &memory_kinds[3], true},
};

ROW_EACH(M19, protect_lost, "write-protection outlasts the page: after a punch a store waits",
	 loss_kinds)
{
	const struct loss_kind *kind = &loss_kinds[_i];
	int fd = open_uffd(UFFD_PROTECTS);
	off_t off = memory_chunk(kind->memory->folios, STORED), at = off + pages(SERVED);
	unsigned char *map = memory_map(off, kind->memory->flags), *page = map + pages(SERVED);
	struct toucher *toucher;

	assert_memory(map, memory_chunk_size(), off, STORED);
	register_range(fd, map, memory_chunk_size(), UFFDIO_REGISTER_MODE_WP);
	protect(fd, page, pages(1), true);
	if (kind->cut_off) {
		assert_done(memory_resize(at));
		assert_bus_error(try_write(page, 'b'), page);
		assert_done(memory_resize(target.size));
	} else {
		assert_done(memory_free(at, pages(1)));
	}
	toucher = start_touch(page + 5, true);
	ck_assert_uint_ne(await_fault(fd, page) & UFFD_PAGEFAULT_FLAG_WP, 0);
	ck_assert_uint_eq(target_read_byte(at + 5), 0);
	protect(fd, page, pages(1), false);
	ck_assert_uint_eq(end_touch(toucher), 's');
	assert_zero(page + 6, pages(1) - 6);
	assert_memory(map, pages(SERVED), off, STORED);
}

static const struct fill_kind {
	const char *name;
	unsigned long number;
	uint64_t feature;
	bool two_addresses;   /* and a length; otherwise one and a length */
	int on_file, on_ours; /* errno */
} fill_kinds[] = {
	{"copy", UFFDIO_COPY, 0, true, 0, EFAULT},
	{"zeropage", UFFDIO_ZEROPAGE, 0, false, 0, EFAULT},
	{"poison", UFFDIO_POISON, UFFD_FEATURE_POISON, false, 0, EFAULT},
	{"continue", UFFDIO_CONTINUE, 0, false, EFAULT, EINVAL},
	{"move", UFFDIO_MOVE, UFFD_FEATURE_MOVE, true, EINVAL, EINVAL},
};

/*
 * A device node's inode has size 0, with which mm/ compares a page's offset before it maps the
 * page (mfill_file_over_size() in mm/userfaultfd.c).
 */
ROW_EACH(M19, fills,
	 "the device refuses calls that fill a file's page table, and they change nothing",
	 fill_kinds)
{
	const struct fill_kind *kind = &fill_kinds[_i];
	int fd = open_uffd(UFFD_PROTECTS | kind->feature);
	off_t off = memory_hole(&folios[1]);
	unsigned char *map = memory_map(off, MAP_SHARED), *page = map + pages(SERVED);
	unsigned char *bytes = target_map_rw(1, MAP_PRIVATE, 0);
	uint64_t request[5] = {(uintptr_t)page, pages(1)};
	int error;

	if (kind->two_addresses) {
		request[1] = (uintptr_t)bytes;
		request[2] = pages(1);
	}
	memset(bytes, 'c', pages(1));
	register_range(fd, map, pages(MAPPED), UFFDIO_REGISTER_MODE_WP);
	error = ioctl(fd, kind->number, request) ? errno : 0;
	ck_assert_int_eq(error, target.module ? kind->on_ours : kind->on_file);
	if (error) {
		assert_zero(page, pages(1));
		page[0] = 'w';
		ck_assert_uint_eq(target_read_byte(off + pages(SERVED)), 'w');
	}
}

ROW(M19, protect_access, "a load from a page with UFFDIO_RWPROTECT waits as well")
{
	int fd = open_uffd(UFFD_FEATURE_RWP);
	off_t off = memory_chunk(&folios[1], STORED);
	unsigned char *map = memory_map(off, MAP_SHARED), *page = map + pages(SERVED);
	struct uffdio_writeprotect watch = {
		.range = {(uintptr_t)page, pages(1)},
		.mode = 1,
	};
	struct toucher *toucher;

	assert_memory(map, pages(MAPPED), off, STORED);
	register_range(fd, map, pages(MAPPED), UFFDIO_REGISTER_MODE_RWP);
	ck_assert_int_eq(ioctl(fd, UFFDIO_RWPROTECT, &watch), 0);
	assert_memory(map, pages(SERVED), off, STORED);
	toucher = start_touch(page + 5, false);
	ck_assert_uint_ne(await_fault(fd, page) & UFFD_PAGEFAULT_FLAG_RWP, 0);
	watch.mode = 0;
	ck_assert_int_eq(ioctl(fd, UFFDIO_RWPROTECT, &watch), 0);
	ck_assert_uint_eq(end_touch(toucher), pattern_byte(off + pages(SERVED) + 5, STORED));
}

ROW(M19, protect_counted, "registering part of a mapping splits it, and each part is counted")
{
	int fd = open_uffd(UFFD_PROTECTS);
	off_t off = memory_chunk(&folios[0], STORED);
	unsigned char *map = memory_map(off, MAP_SHARED);
	struct uffdio_range range = {(uintptr_t)map + pages(SERVED), pages(OTHER - SERVED)};

	if (!target.module)
		row_not_applicable("nobody counts the mappings of a file");
	register_range(fd, map + pages(SERVED), range.len, UFFDIO_REGISTER_MODE_WP);
	ck_assert_uint_eq(counter("vmas"), vmas_in_maps());
	assert_memory(map, memory_chunk_size(), off, STORED);
	ck_assert_int_eq(ioctl(fd, UFFDIO_UNREGISTER, &range), 0);
	ck_assert_uint_eq(counter("vmas"), vmas_in_maps());
	unmap(map, memory_chunk_size());
	ck_assert_uint_eq(counter("vmas"), vmas_in_maps());
}
