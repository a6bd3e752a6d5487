// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/row.h"
#include "support/target.h"
#include "memory.h"
#include "patience.h"
#include "system.h"
#include "uffd.h"

int open_uffd(uint64_t wanted)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	needs_page_cache();
	if (target.module && kernel_before(7, 2))
		row_not_applicable("userfaultfd does not serve drivers before 7.2");
	if (target.module && wanted & (UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM))
		row_not_applicable("a module cannot report these page faults: see M9.register");
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

uint64_t register_range(int fd, void *map, size_t len, uint64_t mode)
{
	struct uffdio_register request = {
		.range = {.start = (uintptr_t)map, .len = len},
		.mode = mode,
	};

	ck_assert_msg(!ioctl(fd, UFFDIO_REGISTER, &request), "UFFDIO_REGISTER of mode %#jx: %s",
		      (uintmax_t)mode, strerror(errno));
	return request.ioctls;
}

static void *touch(void *argument)
{
	struct toucher *toucher = argument;

	if (toucher->stores)
		*(volatile unsigned char *)toucher->at = 's';
	toucher->seen = *(volatile unsigned char *)toucher->at;
	return NULL;
}

struct toucher *start_touch(unsigned char *at, bool stores)
{
	struct toucher *toucher = calloc(1, sizeof(*toucher));

	ck_assert_ptr_nonnull(toucher);
	toucher->at = at;
	toucher->stores = stores;
	ck_assert_int_eq(pthread_create(&toucher->thread, NULL, touch, toucher), 0);
	return toucher;
}

unsigned char end_touch(struct toucher *toucher)
{
	ck_assert_int_eq(pthread_join(toucher->thread, NULL), 0);
	return toucher->seen;
}

uint64_t await_fault(int fd, const unsigned char *page)
{
	struct pollfd told = {.fd = fd, .events = POLLIN};
	struct uffd_msg message;

	ck_assert_msg(poll(&told, 1, 10000 * busy_factor()) == 1,
		      "userfaultfd is told of no page fault");
	ck_assert_int_eq(read(fd, &message, sizeof(message)), sizeof(message));
	ck_assert_int_eq(message.event, UFFD_EVENT_PAGEFAULT);
	ck_assert_uint_eq(message.arg.pagefault.address & -pages(1), (uintptr_t)page);
	return message.arg.pagefault.flags;
}

void protect(int fd, void *page, size_t len, bool on)
{
	struct uffdio_writeprotect request = {
		.range = {(uintptr_t)page, len},
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	ck_assert_msg(!ioctl(fd, UFFDIO_WRITEPROTECT, &request), "UFFDIO_WRITEPROTECT: %s",
		      strerror(errno));
}
