// SPDX-License-Identifier: GPL-2.0-only
/*
 * M19: a userfaultfd that serves a mapping of the target, as one of tmpfs. Drivers can
 * have that where a VMA's operations may have uffd_ops, which came with 7.2.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"
#include "support_memory.h"

#define MAPPED 4 /* pages of the chunk */
#define SERVED 2 /* of these */
#define STORED 1
#define COPIED 2

static int open_uffd(uint64_t wanted)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	needs_page_cache();
	if (target.ours && kernel_before(7, 2))
		row_not_applicable("userfaultfd is not for drivers yet (until 7.2)");
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		row_not_applicable("userfaultfd is not to be had: %s", strerror(errno));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, UFFDIO_API, &api), 0);
	if ((api.features & wanted) != wanted)
		row_not_applicable("this kernel's userfaultfd lacks features %#jx",
				   (uintmax_t)(wanted & ~api.features));
	close(fd);
	/* A descriptor is asked once. */
	fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	api.features = wanted;
	ck_assert_int_eq(ioctl(fd, UFFDIO_API, &api), 0);
	return fd;
}

static uint64_t register_range(int fd, void *map, size_t len, uint64_t mode)
{
	struct uffdio_register request = {
		.range = {.start = (uintptr_t)map, .len = len},
		.mode = mode,
	};

	ck_assert_msg(!ioctl(fd, UFFDIO_REGISTER, &request), "UFFDIO_REGISTER of mode %#jx: %s",
		      (uintmax_t)mode, strerror(errno));
	return request.ioctls;
}

/* A thread that touches the mapping, and waits until it is served. */
struct toucher {
	pthread_t thread;
	unsigned char *at;
	bool stores;
	unsigned char seen;
};

static void *touch(void *argument)
{
	struct toucher *toucher = argument;

	if (toucher->stores)
		*(volatile unsigned char *)toucher->at = 's';
	toucher->seen = *(volatile unsigned char *)toucher->at;
	return NULL;
}

static struct toucher *start_touch(unsigned char *at, bool stores)
{
	struct toucher *toucher = calloc(1, sizeof(*toucher));

	toucher->at = at;
	toucher->stores = stores;
	ck_assert_int_eq(pthread_create(&toucher->thread, NULL, touch, toucher), 0);
	return toucher;
}

static unsigned char end_touch(struct toucher *toucher)
{
	ck_assert_int_eq(pthread_join(toucher->thread, NULL), 0);
	return toucher->seen;
}

/* The page fault that the userfaultfd is told of: its flags. */
static uint64_t await_fault(int fd, const unsigned char *page)
{
	struct pollfd told = {.fd = fd, .events = POLLIN};
	struct uffd_msg message;

	ck_assert_msg(poll(&told, 1, 10000) == 1, "userfaultfd is told of no page fault");
	ck_assert_int_eq(read(fd, &message, sizeof(message)), sizeof(message));
	ck_assert_int_eq(message.event, UFFD_EVENT_PAGEFAULT);
	ck_assert_uint_eq(message.arg.pagefault.address & -pages(1), (uintptr_t)page);
	return message.arg.pagefault.flags;
}

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

ROW_EACH(M19, missing, "a page that is not there is asked for, and is what UFFDIO_COPY gives",
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
	 "a page that is there and not mapped is asked about, and UFFDIO_CONTINUE maps it", folios)
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
	/* What is changed until then is what is seen. */
	pattern_fill(view + pages(SERVED), pages(1), off + pages(SERVED), COPIED);
	ck_assert_int_eq(ioctl(fd, UFFDIO_CONTINUE, &proceed), 0);
	ck_assert_uint_eq(end_touch(toucher), view[pages(SERVED) + 5]);
	assert_same_page(frame_of(page), frame_of(view + pages(SERVED)));
}

ROW_EACH(M19, protect, "a store to a page that was write-protected waits, and loads do not",
	 memory_kinds)
{
	const struct memory_kind *kind = &memory_kinds[_i];
	int fd = open_uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
	off_t off = memory_chunk(kind->folios, STORED);
	unsigned char *map = memory_map(off, kind->flags), *page = map + pages(SERVED);
	struct uffdio_writeprotect protect = {
		.range = {(uintptr_t)page, pages(1)},
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	struct toucher *toucher;

	assert_memory(map, memory_chunk_size(), off, STORED);
	register_range(fd, map, memory_chunk_size(), UFFDIO_REGISTER_MODE_WP);
	ck_assert_int_eq(ioctl(fd, UFFDIO_WRITEPROTECT, &protect), 0);
	assert_memory(map, memory_chunk_size(), off, STORED);
	page[pages(1)] ^= 0xff; /* beside it */
	toucher = start_touch(page + 5, true);
	ck_assert_uint_ne(await_fault(fd, page) & UFFD_PAGEFAULT_FLAG_WP, 0);
	assert_memory(page, pages(1), off + pages(SERVED), STORED);
	protect.mode = 0;
	ck_assert_int_eq(ioctl(fd, UFFDIO_WRITEPROTECT, &protect), 0);
	ck_assert_uint_eq(end_touch(toucher), 's');
	ck_assert_uint_eq(
		target_read_byte(off + pages(SERVED) + 5),
		kind->flags == MAP_SHARED ? 's' : pattern_byte(off + pages(SERVED) + 5, STORED));
}
