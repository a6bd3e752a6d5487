// SPDX-License-Identifier: GPL-2.0-only
/*
 * C2, C4: a reader that holds a page cannot keep others from freeing pages. A pipe may hold one
 * for ever, and so may a read() whose buffer never becomes available.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/access.h"
#include "support/memory.h"
#include "support/patience.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"

#define STORED 1
#define HELD   3  /* page of the chunk that the reader has */
#define AFTER  20 /* another, behind it */

/* A reader that holds the page until it is ended. */
struct reader {
	int fd, ends[2], userfault;
	off_t at;
	pthread_t thread;
	unsigned char *bytes;
	ssize_t got;
};

static void splice_start(struct reader *reader)
{
	loff_t from = reader->at;

	ck_assert_int_eq(pipe(reader->ends), 0);
	ck_assert_int_eq(splice(reader->fd, &from, reader->ends[1], NULL, pages(1), 0), pages(1));
}

static void splice_end(struct reader *reader)
{
	reader->bytes = malloc(pages(1));
	reader->got = read(reader->ends[0], reader->bytes, pages(1));
}

static void *read_page(void *argument)
{
	struct reader *reader = argument;

	reader->got = pread(reader->fd, reader->bytes, pages(1), reader->at);
	return NULL;
}

static void stuck_start(struct reader *reader)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {
		.range.len = pages(1),
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct pollfd told = {.events = POLLIN};

	reader->userfault = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (reader->userfault < 0)
		row_not_applicable("userfaultfd is not to be had: %s", strerror(errno));
	reader->bytes = mmap(NULL, pages(1), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)reader->bytes;
	ck_assert_int_eq(ioctl(reader->userfault, UFFDIO_API, &api), 0);
	ck_assert_int_eq(ioctl(reader->userfault, UFFDIO_REGISTER, &range), 0);
	ck_assert_int_eq(pthread_create(&reader->thread, NULL, read_page, reader), 0);
	told.fd = reader->userfault;
	ck_assert_int_eq(poll(&told, 1, 10000 * busy_factor()), 1);
}

static void stuck_end(struct reader *reader)
{
	struct uffdio_zeropage zero = {.range = {(uintptr_t)reader->bytes, pages(1)}};

	ck_assert_int_eq(ioctl(reader->userfault, UFFDIO_ZEROPAGE, &zero), 0);
	ck_assert_int_eq(pthread_join(reader->thread, NULL), 0);
}

/* The commands that free pages of the chunk; cuts: they free a part of the reader's folio. */
static const struct taking {
	const char *name;
	void (*start)(struct reader *reader);
	void (*end)(struct reader *reader);
	const struct folios *folios;
	bool shrinks;
	int page; /* of the chunk: the new end, or the page to be punched */
} takings[] = {
#define EACH_TAKING(name, start, end)                                              \
	{name ",shrink,page-goes", start, end, &folios[1], true, 1},               \
		{name ",shrink,page-stays", start, end, &folios[1], true, AFTER},  \
		{name ",shrink,huge-goes", start, end, &folios[0], true, 0},       \
		{name ",shrink,huge-is-cut", start, end, &folios[0], true, AFTER}, \
		{name ",punch,page-goes", start, end, &folios[1], false, HELD},    \
		{name ",punch,page-stays", start, end, &folios[1], false, AFTER},  \
	{                                                                          \
		name ",punch,huge-is-cut", start, end, &folios[0], false, AFTER    \
	}
	EACH_TAKING("pipe", splice_start, splice_end),
	EACH_TAKING("stuck", stuck_start, stuck_end),
};

static void assert_taken(const unsigned char *map, off_t off, const struct taking *taking)
{
	const unsigned char *at = map + pages(taking->page);
	size_t after = pages(taking->page + 1);

	assert_memory(map, pages(taking->page), off, STORED);
	if (taking->shrinks) {
		/* tmpfs of older kernels maps a huge folio whole that it could not cut. */
		if (target.module || try_read(at).signo)
			assert_bus_error(try_read(at), at);
		else
			assert_zero(at, pages(1));
		return;
	}
	assert_zero(at, pages(1));
	assert_memory(map + after, memory_chunk_size() - after, off + after, STORED);
}

ROW_EACH(C2, held_by_a_reader, "pages are punched and cut off while a reader has one, or its folio",
	 takings)
{
	const struct taking *taking = &takings[_i];
	off_t off = memory_chunk(taking->folios, STORED);
	unsigned char *map = memory_map(off, MAP_SHARED);
	struct reader reader = {.fd = target_open(O_RDWR), .at = off + pages(HELD)};

	assert_memory(map, memory_chunk_size(), off, STORED);
	taking->start(&reader);
	if (taking->shrinks)
		assert_done(memory_resize(off + pages(taking->page)));
	else
		assert_done(memory_free(off + pages(taking->page), pages(1)));
	assert_taken(map, off, taking);
	taking->end(&reader);
	ck_assert_int_eq(reader.got, pages(1));
	assert_taken(map, off, taking);
	/* A page that stays was read unchanged. */
	if (taking->page > HELD)
		assert_memory(reader.bytes, pages(1), reader.at, STORED);
	assert_done(memory_resize(target.size));
	if (taking->shrinks)
		assert_zero(map + pages(taking->page), memory_chunk_size() - pages(taking->page));
}

static const struct ruling {
	const char *name;
	void (*start)(struct reader *reader);
	void (*end)(struct reader *reader);
	const struct folios *folios;
	int page;
} rulings[] = {
	{"pipe,huge", splice_start, splice_end, &folios[0], AFTER},
	{"pipe,huge-that-page", splice_start, splice_end, &folios[0], HELD},
	{"pipe,small", splice_start, splice_end, &folios[1], HELD},
	{"stuck,huge", stuck_start, stuck_end, &folios[0], AFTER},
	{"stuck,huge-that-page", stuck_start, stuck_end, &folios[0], HELD},
	{"stuck,small", stuck_start, stuck_end, &folios[1], HELD},
};

ROW_EACH(C4, held_by_a_reader, "a rule is set and healed while a reader has the page, or its folio",
	 rulings)
{
	const struct ruling *ruling = &rulings[_i];
	int fd = control_open();
	off_t off = memory_chunk(ruling->folios, STORED), bad = off + pages(ruling->page);
	unsigned char *map = memory_map(off, MAP_SHARED), *page = map + pages(ruling->page);
	struct reader reader = {.fd = target_open(O_RDWR), .at = off + pages(HELD)};
	char byte;

	assert_memory(map, memory_chunk_size(), off, STORED);
	ruling->start(&reader);
	assert_done(set_action(fd, bad, pages(1), MMAPDEMO_INJECT_SIGBUS));
	assert_bus_error(try_read(page), page);
	ck_assert_int_eq(pread(fd, &byte, 1, bad), -1);
	ck_assert_int_eq(errno, EIO);
	assert_memory(map, pages(ruling->page), off, STORED);
	assert_memory(page + pages(1), pages(10), bad + pages(1), STORED);
	assert_done(heal(fd, bad, pages(1)));
	assert_memory(map, memory_chunk_size(), off, STORED);
	ruling->end(&reader);
	ck_assert_int_eq(reader.got, pages(1));
	assert_memory(reader.bytes, pages(1), reader.at, STORED);
}

#define GROUP_LIMIT (4UL << 20)
#define CHUNKS	    8 /* pages that another group fills: four times the limit */

/* The group's figure is right to within what each processor holds back (MEMCG_CHARGE_BATCH). */
ROW(C4, charges_nobody,
    "a rule over memory that another group filled is not charged to the group that sets it",
    .timeout = 60)
{
	int fd = control_open();
	off_t off = memory_chunk(&folios[0], STORED);
	size_t len = CHUNKS * memory_chunk_size();
	struct cgroup group;
	uint64_t before;

	if (target.size < (off_t)(off + len))
		row_not_applicable("the target has no %d huge pages more", CHUNKS);
	for (int i = 1; i < CHUNKS; i++)
		assert_done(fill(fd, off + i * memory_chunk_size(), memory_chunk_size(), 1));
	cgroup_make(&group);
	cgroup_limit(&group, GROUP_LIMIT);
	cgroup_enter(&group);
	before = cgroup_charged(&group);
	assert_done(set_action(fd, off, len, MMAPDEMO_INJECT_SIGBUS));
	ck_assert_uint_le(cgroup_charged(&group), before + (1 << 20));
	ck_assert_uint_eq(cgroup_value(&group, "memory.events", "max"), 0);
	assert_done(heal(fd, off, len));
	assert_target(off, memory_chunk_size(), STORED);
}

static void count_pread(int fd, off_t off)
{
	char byte;

	ck_assert_int_eq(pread(fd, &byte, 1, off + 5), 1);
}

static void count_whole_pread(int fd, off_t off)
{
	ck_assert_int_eq(pread(fd, malloc(pages(1)), pages(1), off), pages(1));
}

static void count_pwrite(int fd, off_t off)
{
	ck_assert_int_eq(pwrite(fd, "w", 1, off + 5), 1);
}

static void count_splice(int fd, off_t off)
{
	int ends[2];
	loff_t from = off;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(splice(fd, &from, ends[1], NULL, pages(1), 0), pages(1));
}

static void count_splice_in(int fd, off_t off)
{
	int ends[2];
	loff_t to = off;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "w", 1), 1);
	ck_assert_int_eq(splice(ends[0], NULL, fd, &to, 1, 0), 1);
}

static void count_fill(int fd, off_t off)
{
	assert_done(fill(fd, off, pages(1), 1));
}

static void count_sum(int fd, off_t off)
{
	sum_of(fd, off, pages(1));
}

static const struct counted {
	const char *name;
	void (*access)(int fd, off_t off);
} counted[] = {
	{"pread", count_pread},	  {"pread-page", count_whole_pread}, {"pwrite", count_pwrite},
	{"splice", count_splice}, {"splice-in", count_splice_in},    {"fill", count_fill},
	{"sum", count_sum},
};

ROW_EACH(C4, counts_once, "a transfer of one page is one access to it", counted)
{
	int fd = control_open();
	struct mmapdemo_injection rule;

	assert_done(set_action(fd, pages(3), pages(1), MMAPDEMO_INJECT_COUNT));
	for (unsigned int i = 1; i <= 3; i++) {
		counted[_i].access(fd, pages(3));
		ck_assert_uint_eq(list_rules(fd, &rule, 1), 1);
		ck_assert_uint_eq(rule.hits, i);
	}
}
