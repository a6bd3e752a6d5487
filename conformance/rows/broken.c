// SPDX-License-Identifier: GPL-2.0-only
/*
 * M14: a page that the hardware found broken. MADV_HWPOISON declares it so.
 *
 *	chunk, in one huge folio or in single pages
 *	  [ intact       | BAD | intact          ]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/access.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"
#include "support/uring.h"

#define STORED 1
#define BAD    20 /* page of the chunk */

static off_t bad_page(off_t chunk)
{
	return chunk + pages(BAD);
}

/* All of the chunk but its bad page. */
static void assert_rest(const unsigned char *map, off_t off)
{
	size_t after = pages(BAD + 1);

	assert_memory(map, pages(BAD), off, STORED);
	assert_memory(map + after, memory_chunk_size() - after, off + after, STORED);
}

static void assert_only_bad_is_broken(unsigned char *map, off_t off)
{
	unsigned char *bad = map + pages(BAD);

	assert_broken(try_read(bad), bad);
	assert_broken(try_read(bad + 123), bad + 123);
	assert_broken(try_write(bad + pages(1) - 1, 1), bad + pages(1) - 1);
	assert_rest(map, off);
}

/* A chunk with a broken page; the mapping is that of the process which declared it so. */
static off_t broken_chunk(const struct folios *kind, int flags, unsigned char **map)
{
	off_t off = memory_chunk(kind, STORED);

	*map = memory_map(off, flags);
	assert_memory(*map, memory_chunk_size(), off, STORED);
	assert_done(break_page(*map + pages(BAD)));
	return off;
}

ROW_EACH(M14, every_mapping,
	 "a broken page is SIGBUS, BUS_MCEERR_AR, in every mapping, old or new, and no other is",
	 memory_kinds)
{
	const struct memory_kind *kind = &memory_kinds[_i];
	off_t off = memory_chunk(kind->folios, STORED);
	unsigned char *map = memory_map(off, kind->flags);
	struct peer child;

	assert_memory(map, memory_chunk_size(), off, STORED);
	if (fork_child(&child)) {
		unsigned char *own = memory_map(off, MAP_SHARED);

		assert_memory(own, memory_chunk_size(), off, STORED);
		pass_turn(&child);
		await_turn(&child);
		assert_only_bad_is_broken(own, off);
		assert_only_bad_is_broken(map, off);
		child_done();
	}
	await_turn(&child);
	assert_done(break_page(map + pages(BAD)));
	release_child(&child);
	assert_only_bad_is_broken(map, off);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_only_bad_is_broken(memory_map(off, kinds[i].flags), off);
}

ROW_EACH(M14, private_copy, "a private copy made before is another page, and stays intact", folios)
{
	off_t off = memory_chunk(&folios[_i], STORED);
	unsigned char *copy = memory_map(off, MAP_PRIVATE);
	unsigned char *map = memory_map(off, MAP_SHARED);

	pattern_fill(copy + pages(BAD), pages(1), off, STORED + 1);
	assert_memory(map, memory_chunk_size(), off, STORED);
	assert_done(break_page(map + pages(BAD)));
	assert_memory(copy + pages(BAD), pages(1), off, STORED + 1);
	pattern_fill(copy + pages(BAD), pages(1), off, STORED + 2);
	assert_memory(copy + pages(BAD), pages(1), off, STORED + 2);
}

/* Ways to transfer; each returns how many bytes were, or -errno. */
static ssize_t by_pread(int fd, void *bytes, size_t len, off_t off)
{
	ssize_t got = pread(fd, bytes, len, off);

	return got < 0 ? -errno : got;
}

static ssize_t by_pwrite(int fd, void *bytes, size_t len, off_t off)
{
	ssize_t put = pwrite(fd, bytes, len, off);

	return put < 0 ? -errno : put;
}

static ssize_t by_splice(int fd, void *bytes, size_t len, off_t off)
{
	loff_t at = off;
	ssize_t moved, got;
	int ends[2];

	/* A pipe holds no more. */
	len = len < pages(8) ? len : pages(8);
	ck_assert_int_eq(pipe(ends), 0);
	moved = splice(fd, &at, ends[1], NULL, len, 0);
	if (moved < 0)
		return -errno;
	/* The page itself is what may be broken. */
	got = read(ends[0], bytes, moved);
	close(ends[0]);
	close(ends[1]);
	return got < 0 ? -errno : got;
}

static ssize_t by_sendfile(int fd, void *bytes, size_t len, off_t off)
{
	int to = memfd_create("to", MFD_CLOEXEC);
	ssize_t sent = sendfile(to, fd, &off, len);

	if (sent < 0)
		sent = -errno;
	else
		ck_assert_int_eq(pread(to, bytes, sent, 0), sent);
	close(to);
	return sent;
}

static ssize_t by_uring_read(int fd, void *bytes, size_t len, off_t off)
{
	return uring_transfer(fd, bytes, len, off, false, 0);
}

static ssize_t by_uring_write(int fd, void *bytes, size_t len, off_t off)
{
	return uring_transfer(fd, bytes, len, off, true, 0);
}

static const struct transfer {
	const char *name;
	const struct folios *folios;
	ssize_t (*transfer)(int fd, void *bytes, size_t len, off_t off);
	bool writes;
} transfers[] = {
	EACH_FOLIOS("pread", by_pread, false),
	EACH_FOLIOS("splice", by_splice, false),
	EACH_FOLIOS("sendfile", by_sendfile, false),
	EACH_FOLIOS("uring-read", by_uring_read, false),
	EACH_FOLIOS("pwrite", by_pwrite, true),
	EACH_FOLIOS("uring-write", by_uring_write, true),
};

/* A transfer that reaches the page ends before it. */
ROW_EACH(M14, transfers, "a broken page is EIO when read or written; the pages beside it work",
	 transfers)
{
	const struct transfer *t = &transfers[_i];
	size_t before = pages(2);
	unsigned char *map, *bytes = malloc(pages(8));
	off_t off = broken_chunk(t->folios, MAP_SHARED, &map), bad = bad_page(off);
	int fd = target_open(O_RDWR);

	pattern_fill(bytes, pages(8), bad - before, STORED);
	ck_assert_int_eq(t->transfer(fd, bytes + before, pages(1), bad), -EIO);
	ck_assert_int_eq(t->transfer(fd, bytes + before + 10, 10, bad + 10), -EIO);
	ck_assert_int_eq(t->transfer(fd, bytes + before + pages(1) - 1, 1, bad + pages(1) - 1),
			 -EIO);
	ck_assert_int_eq(t->transfer(fd, bytes, before, bad - before), before);
	ck_assert_int_eq(t->transfer(fd, bytes, pages(1), bad + pages(1)), pages(1));
	pattern_fill(bytes, pages(8), bad - before, STORED);
	ck_assert_int_eq(t->transfer(fd, bytes, pages(8), bad - before), before);
	if (!t->writes)
		assert_memory(bytes, before, bad - before, STORED);
	target_write_pattern(bad + pages(1), pages(1), STORED);
	assert_only_bad_is_broken(map, off);
}

ROW_EACH(M14, seek, "lseek() takes a broken page for data, and not for a hole", folios)
{
	unsigned char *map;
	off_t off = broken_chunk(&folios[_i], MAP_SHARED, &map), bad = bad_page(off);
	int fd = target_open(O_RDONLY);

	ck_assert_int_eq(lseek(fd, bad, SEEK_DATA), bad);
	ck_assert_int_ge(lseek(fd, bad, SEEK_HOLE), bad + pages(1));
}

ROW_EACH(M14, kernel_access, "the kernel's own access to a mapping of it is EFAULT", folios)
{
	unsigned char *map, *bytes = malloc(pages(1));
	off_t off = broken_chunk(&folios[_i], MAP_SHARED, &map);
	int fd = memfd_create("other", MFD_CLOEXEC);
	struct iovec local = {bytes, pages(1)}, remote = {map + pages(BAD), pages(1)};

	ck_assert_int_eq(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(pwrite(fd, map + pages(BAD), pages(1), 0), -1);
	ck_assert_int_eq(errno, EFAULT);
	assert_rest(map, off);
}

/*
 * The page table entry of a page that was broken stays until truncation or MADV_DONTNEED removes
 * it (zap_pte_range()).
 */
ROW_EACH(M14, freed,
	 "a broken page that is punched out is zero at the next access, and takes stores",
	 memory_kinds)
{
	const struct memory_kind *kind = &memory_kinds[_i];
	unsigned char *map, *view;
	off_t off = broken_chunk(kind->folios, kind->flags, &map), bad = bad_page(off);
	int fd = target_open(O_RDWR);

	assert_broken(try_read(map + pages(BAD)), map + pages(BAD));
	assert_done(memory_free(bad, pages(1)));
	view = memory_map(off, MAP_SHARED);
	assert_rest(view, off);
	assert_zero(view + pages(BAD), pages(1));
	ck_assert_int_eq(madvise(map + pages(BAD), pages(1), MADV_DONTNEED), 0);
	assert_zero(map + pages(BAD), pages(1));
	target_write_pattern(bad, pages(1), STORED);
	assert_memory(view, memory_chunk_size(), off, STORED);
	assert_memory(map, memory_chunk_size(), off, STORED);
	assert_target(off, memory_chunk_size(), STORED);
	view[pages(BAD)] ^= 0xff;
	ck_assert_uint_eq(target_read_byte(bad), view[pages(BAD)]);
	close(fd);
}

ROW_EACH(M14, cut_off,
	 "after the file shrinks and grows back, the page is zero in all mappings, old or new",
	 memory_kinds)
{
	const struct memory_kind *kind = &memory_kinds[_i];
	unsigned char *map;
	off_t off = broken_chunk(kind->folios, kind->flags, &map), bad = bad_page(off);

	assert_done(memory_resize(bad));
	assert_bus_error(try_read(map + pages(BAD)), map + pages(BAD));
	assert_memory(map, pages(BAD), off, STORED);
	assert_done(memory_resize(target.size));
	assert_zero(map + pages(BAD), memory_chunk_size() - pages(BAD));
	assert_memory(map, pages(BAD), off, STORED);
	target_write_pattern(bad, pages(1), STORED);
	assert_target(bad, pages(1), STORED);
	assert_memory(memory_map(off, kind->flags), pages(BAD + 1), off, STORED);
}

#define ALL 3

ROW(M14, all_pages, "a range all of whose pages are broken fails everywhere, and heals by punching")
{
	off_t off = memory_chunk(&folios[1], STORED);
	unsigned char *map = memory_map(off, MAP_SHARED), *view;
	int fd = target_open(O_RDWR);
	char byte = 'b';

	for (int i = 0; i < ALL; i++)
		assert_done(break_page(map + pages(i)));
	view = memory_map(off, MAP_SHARED);
	for (int i = 0; i < ALL; i++) {
		assert_broken(try_read(view + pages(i)), view + pages(i));
		ck_assert_int_eq(by_pread(fd, &byte, 1, off + pages(i)), -EIO);
		ck_assert_int_eq(by_pwrite(fd, &byte, 1, off + pages(i)), -EIO);
	}
	assert_memory(view + pages(ALL), pages(4), off + pages(ALL), STORED);
	assert_done(memory_free(off, pages(ALL)));
	view = memory_map(off, MAP_SHARED);
	assert_zero(view, pages(ALL));
	assert_memory(view + pages(ALL), pages(4), off + pages(ALL), STORED);
}
