// SPDX-License-Identifier: GPL-2.0-only
/* C9: seals forbid the same as those of a memfd. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/created.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/system.h"
#include "support/target.h"

#define SIZE  4 /* pages */
#define PUNCH (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

#define assert_forbids(call)                    \
	do {                                    \
		errno = 0;                      \
		ck_assert_int_eq(call, -1);     \
		ck_assert_int_eq(errno, EPERM); \
	} while (0)

static int make_sealed(const struct maker *maker, unsigned int seals)
{
	int fd = make_file(maker, pages(SIZE));

	ck_assert_int_eq(pwrite(fd, "sealed", 6, 0), 6);
	assert_done(add_seals(maker, fd, seals));
	ck_assert_uint_eq(seals_of(maker, fd), seals);
	return fd;
}

ROW_EACH(C9, unsealed, "a created buffer begins without seals, and seals add up", makers)
{
	const struct maker *maker = &makers[_i];
	int fd = make_file(maker, pages(SIZE));

	ck_assert_uint_eq(seals_of(maker, fd), 0);
	assert_done(add_seals(maker, fd, F_SEAL_GROW));
	assert_done(add_seals(maker, fd, F_SEAL_SHRINK));
	assert_done(add_seals(maker, fd, F_SEAL_GROW));
	ck_assert_uint_eq(seals_of(maker, fd), F_SEAL_GROW | F_SEAL_SHRINK);
	ck_assert_uint_eq(seals_of(maker, reopen(fd, O_RDONLY)), F_SEAL_GROW | F_SEAL_SHRINK);
}

ROW_EACH(C9, seal_shrink, "with SHRINK it cannot shrink, but can grow", makers)
{
	int fd = make_sealed(&makers[_i], F_SEAL_SHRINK);

	assert_forbids(ftruncate(fd, pages(SIZE) - 1));
	ck_assert_int_eq(ftruncate(fd, pages(SIZE)), 0);
	ck_assert_int_eq(ftruncate(fd, pages(SIZE + 1)), 0);
	assert_forbids(ftruncate(fd, pages(SIZE)));
	if (makers[_i].created)
		assert_errno(resize(fd, pages(1)), EPERM);
	ck_assert_int_eq(fallocate(fd, PUNCH, 0, pages(1)), 0);
}

ROW_EACH(C9, seal_grow, "with GROW it cannot grow, but can shrink", makers)
{
	int fd = make_sealed(&makers[_i], F_SEAL_GROW);

	assert_forbids(ftruncate(fd, pages(SIZE) + 1));
	assert_forbids(pwrite(fd, "g", 1, pages(SIZE)));
	assert_forbids(fallocate(fd, 0, 0, pages(SIZE) + 1));
	assert_forbids(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, pages(SIZE) + 1));
	if (makers[_i].created)
		assert_errno(resize(fd, pages(SIZE + 1)), EPERM);
	ck_assert_int_eq(size_of(fd), pages(SIZE));
	ck_assert_int_eq(pwrite(fd, "g", 1, pages(SIZE) - 1), 1);
	ck_assert_int_eq(fallocate(fd, 0, 0, pages(SIZE)), 0);
	ck_assert_int_eq(ftruncate(fd, pages(1)), 0);
}

/* A memfd's write is cut or refused, depending on its steps. */
ROW(C9, seal_grow_cuts, "with GROW a write that begins before the end stops at the end")
{
	int fd = make_sealed(&makers[0], F_SEAL_GROW);

	ck_assert_int_eq(pwrite(fd, "abc", 3, pages(SIZE) - 2), 2);
	ck_assert_int_eq(size_of(fd), pages(SIZE));
}

static void assert_not_written(const struct maker *maker, int fd)
{
	char bytes[8] = "";

	assert_forbids(pwrite(fd, "w", 1, 0));
	assert_forbids(pwrite(fd, "w", 1, pages(SIZE)));
	assert_forbids(fallocate(fd, PUNCH, 0, pages(1)));
	ck_assert_int_eq(mmap_errno(NULL, pages(1), RW, MAP_SHARED, fd, 0), EPERM);
	ck_assert_int_eq(mmap_errno(NULL, pages(1), PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
	if (maker->created) {
		assert_errno(fill(fd, 0, pages(1), 1), EPERM);
		assert_errno(fill(fd, pages(2), pages(1), 1), EPERM);
		assert_errno(wipe(fd, MMAPDEMO_WIPE_NOW, 0), EPERM);
		assert_errno(punch(fd, 0, pages(1)), EPERM);
	}
	ck_assert_int_eq(pread(fd, bytes, 6, 0), 6);
	ck_assert_str_eq(bytes, "sealed");
	ck_assert_int_eq(allocated(fd), pages(1));
}

static const struct sealed {
	const char *name;
	const struct maker *maker;
	unsigned int seal;
} sealed[] = {
	{"created-write", &makers[0], F_SEAL_WRITE},
	{"created-future-write", &makers[0], F_SEAL_FUTURE_WRITE},
	{"memfd-write", &makers[1], F_SEAL_WRITE},
	{"memfd-future-write", &makers[1], F_SEAL_FUTURE_WRITE},
};

ROW_EACH(C9, seal_write, "WRITE and FUTURE_WRITE refuse all new writes", sealed)
{
	int fd = make_sealed(sealed[_i].maker, sealed[_i].seal);
	unsigned char *mine;

	assert_not_written(sealed[_i].maker, fd);
	mine = map_file(fd, pages(1), RW, MAP_PRIVATE);
	mine[0] = 'S';
	assert_not_written(sealed[_i].maker, fd);
	/* The size is another matter. */
	ck_assert_int_eq(ftruncate(fd, pages(SIZE + 1)), 0);
	ck_assert_int_eq(ftruncate(fd, pages(SIZE)), 0);
	ck_assert_int_eq(mine[0], 'S');
}

ROW_EACH(C9, sealed_map_stays, "a read-only mapping made under either never becomes writable",
	 sealed)
{
	int fd = make_sealed(sealed[_i].maker, sealed[_i].seal);
	unsigned char *map = map_file(fd, pages(1), PROT_READ, MAP_SHARED);

	ck_assert_int_eq(map[0], 's');
	ck_assert_int_eq(mprotect(map, pages(1), RW), -1);
	ck_assert_int_eq(errno, EACCES);
	assert_forbidden(try_write(map, 1), map);
	assert_not_written(sealed[_i].maker, fd);
}

ROW_EACH(C9, future_write_lets, "with FUTURE_WRITE a mapping made before can still write", makers)
{
	int fd = make_file(&makers[_i], pages(SIZE));
	unsigned char *map = map_file(fd, pages(1), RW, MAP_SHARED);
	char byte = 0;

	assert_done(add_seals(&makers[_i], fd, F_SEAL_FUTURE_WRITE));
	map[0] = 'f';
	ck_assert_int_eq(pread(fd, &byte, 1, 0), 1);
	ck_assert_int_eq(byte, 'f');
	assert_errno(add_seals(&makers[_i], fd, F_SEAL_WRITE), EBUSY);
	ck_assert_uint_eq(seals_of(&makers[_i], fd), F_SEAL_FUTURE_WRITE);
	unmap(map, pages(1));
	assert_done(add_seals(&makers[_i], fd, F_SEAL_WRITE));
}

static const struct writer {
	const char *name;
	int prot;
} writers[] = {
	{"read-write", RW},
	{"read-only", PROT_READ}, /* which mprotect() could make writable */
	{"none", PROT_NONE},
};

ROW_EACH(C9, write_busy, "WRITE is EBUSY while there is a shared mapping that may be written",
	 writers)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		int fd = make_file(&makers[i], pages(SIZE));
		unsigned char *map = map_file(fd, pages(2), writers[_i].prot, MAP_SHARED);
		struct peer child;

		assert_errno(add_seals(&makers[i], fd, F_SEAL_WRITE | F_SEAL_GROW), EBUSY);
		ck_assert_uint_eq(seals_of(&makers[i], fd), 0);
		unmap(map, pages(1));
		if (fork_child(&child))
			child_stays(&child);
		await_turn(&child);
		unmap(map + pages(1), pages(1));
		assert_errno(add_seals(&makers[i], fd, F_SEAL_WRITE), EBUSY);
		release_child(&child);
		assert_done(add_seals(&makers[i], fd, F_SEAL_WRITE | F_SEAL_GROW));
		ck_assert_uint_eq(seals_of(&makers[i], fd), F_SEAL_WRITE | F_SEAL_GROW);
	}
}

ROW_EACH(C9, write_not_busy, "WRITE works beside private mappings and mappings of a read-only file",
	 makers)
{
	int fd = make_file(&makers[_i], pages(SIZE));

	map_file(fd, pages(1), RW, MAP_PRIVATE)[0] = 'p';
	map_file(reopen(fd, O_RDONLY), pages(1), PROT_READ, MAP_SHARED);
	assert_done(add_seals(&makers[_i], fd, F_SEAL_WRITE));
}

ROW_EACH(C9, write_pinned, "WRITE is EBUSY while a page is pinned for DMA, even without a mapping",
	 makers)
{
	int fd = make_file(&makers[_i], pages(SIZE));
	unsigned char *map = map_file(fd, pages(SIZE), RW, MAP_SHARED);
	int pin = pin_page(map + pages(2));

	unmap(map, pages(SIZE));
	assert_errno(add_seals(&makers[_i], fd, F_SEAL_WRITE), EBUSY);
	ck_assert_uint_eq(seals_of(&makers[_i], fd), 0);
	ck_assert_int_eq(pwrite(fd, "w", 1, 0), 1);
	close(pin);
	assert_done(in_the_end(add_seals(&makers[_i], fd, F_SEAL_WRITE)));
}

ROW_EACH(C9, seal_seal, "with SEAL no more seals can be added", makers)
{
	int fd = make_sealed(&makers[_i], F_SEAL_SEAL);

	assert_errno(add_seals(&makers[_i], fd, F_SEAL_GROW), EPERM);
	ck_assert_uint_eq(seals_of(&makers[_i], fd), F_SEAL_SEAL);
}

/* The seal waits for the dma-buf's hold. The mapping is made meanwhile, and the hold then ends. */
ROW(C9, seal_beside_a_dmabuf, "WRITE is EBUSY if a dma-buf is mapped while it waits")
{
	int fd = make_file(&makers[0], pages(SIZE)), dmabuf;
	struct mmapdemo_export export = {.size = sizeof(export), .length = pages(SIZE)};
	unsigned char *map;
	struct peer sealer;

	dmabuf = ioctl(fd, MMAPDEMO_IOCTL_EXPORT, &export);
	if (dmabuf < 0 && errno == EOPNOTSUPP)
		row_not_applicable("the kernel has no CONFIG_DMA_SHARED_BUFFER");
	ck_assert_int_ge(dmabuf, 0);
	if (fork_child(&sealer)) {
		close(dmabuf);
		pass_turn(&sealer);
		assert_errno(add_seals(&makers[0], fd, F_SEAL_WRITE), EBUSY);
		child_done();
	}
	await_turn(&sealer);
	usleep(20000);
	map = map_file(dmabuf, pages(SIZE), RW, MAP_SHARED);
	ck_assert_int_eq(close(dmabuf), 0);
	await_exit(&sealer);
	map[0] = 'w';
	ck_assert_uint_eq(seals_of(&makers[0], fd), 0);
	ck_assert_int_eq(munmap(map, pages(SIZE)), 0);
	assert_done(add_seals(&makers[0], fd, F_SEAL_WRITE));
}

ROW_EACH(C9, seal_beside_readers, "WRITE works while a page has 1,100 mappings for reading", makers)
{
	int fd = make_file(&makers[_i], pages(SIZE));

	ck_assert_int_eq(pwrite(fd, "sealed", 6, 0), 6);
	for (int i = 0; i < 1100; i++)
		ck_assert_uint_eq(*map_file(fd, pages(1), PROT_READ, MAP_PRIVATE), 's');
	assert_done(add_seals(&makers[_i], fd, F_SEAL_WRITE));
}
