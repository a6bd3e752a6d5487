// SPDX-License-Identifier: GPL-2.0-only
/* C12: a dma-buf of a range, as programs use it; tests/suites/importers has devices' drivers. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/access.h"
#include "support/contents.h"
#include "support/control.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define FIRST 3 /* pages of the device: the dma-buf's begin there */
#define COUNT 5

static int try_export(int fd, int *dmabuf)
{
	struct mmapdemo_export argument = {
		.size = sizeof(argument),
		.offset = pages(FIRST),
		.length = pages(COUNT),
	};

	*dmabuf = ioctl(fd, MMAPDEMO_IOCTL_EXPORT, &argument);
	return *dmabuf < 0 ? errno : 0;
}

static int export(int fd)
{
	int dmabuf;
	int error = try_export(fd, &dmabuf);

	if (error == EOPNOTSUPP)
		row_not_applicable("the kernel has no CONFIG_DMA_SHARED_BUFFER");
	assert_done(error);
	return dmabuf;
}

static unsigned char *map(int dmabuf, int flags)
{
	unsigned char *at = mmap(NULL, pages(COUNT), PROT_READ | PROT_WRITE, flags, dmabuf, 0);

	ck_assert_ptr_ne(at, MAP_FAILED);
	return at;
}

ROW(C12, same_pages, "a dma-buf's mapping has the pages of its range of the device")
{
	unsigned char *device = target_map_rw(COUNT, MAP_SHARED, pages(FIRST));
	unsigned char *at = map(export(control_open()), MAP_SHARED);

	for (int i = 0; i < COUNT; i++) {
		at[pages(i)] = ~at[pages(i)];
		ck_assert_uint_eq(device[pages(i)], at[pages(i)]);
		assert_same_page(frame_of(at + pages(i)), frame_of(device + pages(i)));
	}
	device[pages(COUNT) - 1] ^= 0x55;
	ck_assert_uint_eq(at[pages(COUNT) - 1], device[pages(COUNT) - 1]);
}

ROW(C12, private_copies, "a store to a private mapping of a dma-buf copies the page")
{
	unsigned char *device = target_map_rw(COUNT, MAP_SHARED, pages(FIRST));
	unsigned char *at = map(export(control_open()), MAP_PRIVATE);

	device[0] = 'a';
	ck_assert_uint_eq(at[0], 'a');
	at[0] = 'b';
	ck_assert_uint_eq(device[0], 'a');
	assert_different_page(frame_of(at), frame_of(device));
}

ROW(C12, bounds, "a dma-buf is as long as its range, and no mapping goes beyond it")
{
	int dmabuf = export(control_open());
	unsigned char *at = map(dmabuf, MAP_SHARED);

	ck_assert_int_eq(lseek(dmabuf, 0, SEEK_END), pages(COUNT));
	ck_assert_ptr_eq(mmap(NULL, pages(COUNT + 1), PROT_READ, MAP_SHARED, dmabuf, 0),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(mmap(NULL, pages(1), PROT_READ, MAP_SHARED, dmabuf, pages(COUNT)),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(mremap(at, pages(COUNT), pages(COUNT + 1), MREMAP_MAYMOVE), MAP_FAILED);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_ptr_eq(mremap(at, 0, pages(COUNT + 1), MREMAP_MAYMOVE), MAP_FAILED);
	ck_assert_int_eq(errno, EFAULT);
}

/* It maps anew, at the page of the file that it is told, which is the device's numbering. */
ROW(C12, other_pages, "remap_file_pages(2) reaches no page outside the range")
{
	int dmabuf = export(control_open());

	for (int page = 0; page < 2 * FIRST + COUNT; page++) {
		int inside = page >= FIRST && page < FIRST + COUNT;
		unsigned char *at = map(dmabuf, MAP_SHARED);

		errno = 0;
		ck_assert_int_eq(remap_file_pages(at, pages(1), 0, page, 0), inside ? 0 : -1);
		ck_assert_int_eq(errno, inside ? 0 : EINVAL);
		ck_assert_int_eq(munmap(at, pages(COUNT)), 0);
	}
}

ROW(C12, descriptor, "a dma-buf's descriptor is open for reading and writing, and closed by exec")
{
	int dmabuf = export(control_open());

	ck_assert_int_eq(fcntl(dmabuf, F_GETFL) & O_ACCMODE, O_RDWR);
	ck_assert_int_eq(fcntl(dmabuf, F_GETFD), FD_CLOEXEC);
}

ROW(C12, sync, "DMA_BUF_IOCTL_SYNC works where no device is attached")
{
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_START};
	int dmabuf = export(control_open());

	assert_done(command(dmabuf, DMA_BUF_IOCTL_SYNC, &sync));
	sync.flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END;
	assert_done(command(dmabuf, DMA_BUF_IOCTL_SYNC, &sync));
}

ROW(C12, outlives, "a mapping outlives the dma-buf's descriptor and the device's")
{
	int fd = control_open();
	unsigned char *device = target_map_rw(COUNT, MAP_SHARED, pages(FIRST));
	uint32_t opens = info_of(fd).opens;
	int dmabuf = export(fd);
	unsigned char *at = map(dmabuf, MAP_SHARED);
	struct peer other;

	ck_assert_int_eq(close(dmabuf), 0);
	if (fork_child(&other)) {
		at[1] = 'c';
		child_done();
	}
	await_exit(&other);
	ck_assert_uint_eq(device[1], 'c');
	ck_assert_uint_eq(info_of(fd).opens, opens + 1);
	ck_assert_int_eq(munmap(at, pages(COUNT)), 0);
	ck_assert_uint_eq(info_of(fd).opens, opens);
}

ROW(C12, counted, "a dma-buf's mappings count as the device's")
{
	int fd = control_open();
	uint32_t vmas = info_of(fd).vmas;
	unsigned char *at = map(export(fd), MAP_SHARED);

	ck_assert_uint_eq(info_of(fd).vmas, vmas + 1);
	ck_assert_int_eq(munmap(at + pages(1), pages(1)), 0);
	ck_assert_uint_eq(info_of(fd).vmas, vmas + 2);
	ck_assert_int_eq(munmap(at, pages(COUNT)), 0);
	ck_assert_uint_eq(info_of(fd).vmas, vmas);
}

ROW(C12, stays, "RESIZE and PUNCH of an exported page are EBUSY, until the dma-buf is closed")
{
	int fd = control_open(), dmabuf = export(fd);
	unsigned char *at = map(dmabuf, MAP_SHARED);

	at[0] = 'x';
	at[pages(COUNT) - 1] = 'y';
	assert_errno(resize(fd, pages(FIRST + COUNT - 1)), EBUSY);
	assert_errno(punch(fd, pages(FIRST), pages(1)), EBUSY);
	assert_errno(punch(fd, 0, pages(FIRST + 1)), EBUSY);
	assert_done(punch(fd, pages(FIRST + COUNT), pages(1)));
	ck_assert_uint_eq(at[0], 'x');
	ck_assert_uint_eq(at[pages(COUNT) - 1], 'y');
	ck_assert_int_eq(close(dmabuf), 0);
	assert_done(in_the_end(resize(fd, pages(FIRST + 2))));
	assert_bus_error(try_read(at + pages(2)), at + pages(2));
	ck_assert_uint_eq(at[0], 'x');
	assert_done(resize(fd, target.size));
	ck_assert_uint_eq(at[pages(2)], 0);
}

ROW(C12, allocated, "EXPORT allocates the whole range, and keeps its contents")
{
	int fd = control_open();
	unsigned char *device = target_map_rw(COUNT, MAP_SHARED, pages(FIRST));

	assert_done(in_the_end(punch(fd, pages(FIRST), pages(COUNT))));
	device[1] = 'z';
	export(fd);
	assert_errno(punch(fd, pages(FIRST + 1), pages(1)), EBUSY);
	ck_assert_uint_eq(device[1], 'z');
	ck_assert_uint_eq(device[pages(1)], 0);
}

ROW(C12, broken, "EXPORT of a range with a broken page is EIO, and pins nothing")
{
	int fd = control_open(), dmabuf;
	unsigned char *bad = target_map_rw(1, MAP_SHARED, pages(FIRST + 2));

	bad[0] = 'b';
	assert_done(break_page(bad));
	assert_errno(try_export(fd, &dmabuf), EIO);
	assert_done(in_the_end(punch(fd, pages(FIRST), pages(COUNT))));
	close(export(fd));
}

ROW(C12, no_descriptor, "EXPORT without a free descriptor is EMFILE, and leaves no file behind")
{
	int fd = control_open(), dmabuf;
	uint32_t opens = info_of(fd).opens;
	struct rlimit limit = {fd + 1, fd + 1};

	close(export(fd));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < 100; i++)
		assert_errno(try_export(fd, &dmabuf), EMFILE);
	/* Files go when the task returns to user mode, or later. */
	assert_done(insist(info_of(fd).opens == opens ? 0 : EBUSY, error_ == EBUSY));
}

ROW(C12, many, "a thousand dma-bufs at once share the device's pages")
{
	int fd = control_open();
	uint32_t opens = info_of(fd).opens;
	struct rlimit limit = {1100, 1100};
	int dmabuf[1000];

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (size_t i = 0; i < ARRAY_SIZE(dmabuf); i++)
		dmabuf[i] = export(fd);
	ck_assert_uint_eq(info_of(fd).opens, opens + ARRAY_SIZE(dmabuf));
	for (size_t i = 0; i < ARRAY_SIZE(dmabuf); i += 100) {
		unsigned char *at = map(dmabuf[i], MAP_SHARED);

		at[7] = i / 100;
		ck_assert_int_eq(munmap(at, pages(COUNT)), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(dmabuf); i++) {
		unsigned char *at = map(dmabuf[i], MAP_SHARED);

		ck_assert_uint_eq(at[7], ARRAY_SIZE(dmabuf) / 100 - 1);
		ck_assert_int_eq(munmap(at, pages(COUNT)), 0);
		ck_assert_int_eq(close(dmabuf[i]), 0);
	}
	assert_done(insist(info_of(fd).opens == opens ? 0 : EBUSY, error_ == EBUSY));
}
