// SPDX-License-Identifier: GPL-2.0-only
/* Is a mapping memory? Stores must stay, and be at the right offset. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "support/row.h"

#define RW (PROT_READ | PROT_WRITE)

#define ONLY_THE_FIRST                                                                       \
	"its size was found by trial, and it maps frames: only its first page is stored to " \
	"(--size)"

/* Why few pages are stored to */
static const char *too_few(const char *pages)
{
	return may_be_any_frame() ? ONLY_THE_FIRST : pages;
}

/* Freed pages are handed out again at once: so much memory takes them. */
#define CHURNED (24UL << 20)

/* Differs from page to page, and from one `seed` to the next. */
static unsigned char mark(size_t page, unsigned int seed)
{
	return 1 + (page * 31 + seed * 101) % 250;
}

static void store_marks(unsigned char *map, size_t count, unsigned int seed)
{
	for (size_t page = 0; page < count; page++)
		probe_store(map + page * facts->page + 8, mark(page, seed),
			    "a store through a shared mapping");
}

/* The first page that does not have its mark, or the count. */
static size_t unmarked(const unsigned char *map, size_t count, unsigned int seed)
{
	for (size_t page = 0; page < count; page++)
		if (probe_load(map + page * facts->page + 8, "a load from the mapping") !=
		    mark(page, seed))
			return page;
	return count;
}

/*
 * The pages that are stored to, at most so many. Frames that .mmap accepts are the target's for
 * sure only where it told its size.
 */
static size_t stored_pages(size_t most)
{
	return some_pages(may_be_any_frame() ? 1 : most);
}

/* Pages that most probes work on. */
static size_t few(void)
{
	return stored_pages(8);
}

static unsigned char *map_few(int fd)
{
	return probe_map(fd, few(), RW, MAP_SHARED, 0);
}

/* A driver that holds a lock while it copies has to bear a page fault of its own. */
static void probe_own_buffer(void)
{
	int fd = probe_open(O_RDWR);
	unsigned char *map = map_few(fd);
	size_t page = facts->page;

	if (!facts->reads)
		cannot_ask("it has no read()");
	if (few() < 2)
		cannot_ask("%s", too_few("it has one page that can be stored to"));
	if (read(fd, map + page, page) < 0 && errno != EFAULT)
		cannot_ask("read() says %s", errno_word(errno));
}

/* Does a new descriptor show all marks? -1: it cannot be opened. */
static int others_see(size_t count, unsigned int seed)
{
	int fd = facts->opens_twice ? probe_open_again(O_RDWR) : -1;
	unsigned char *map;
	size_t at;

	if (fd < 0)
		return -1;
	map = mmap(NULL, count * facts->page, facts->prot, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		close(fd);
		return -1;
	}
	/* Whether a mapping outlives close() is another question. */
	at = unmarked(map, count, seed);
	munmap(map, count * facts->page);
	close(fd);
	return at == count;
}

/* A child has the mapping, and no page tables of it unless .mmap filled them: it touches it again.
 */
static bool stays_for_child(const unsigned char *map, unsigned int seed)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		cannot_ask("fork() says %s", errno_word(errno));
	if (!pid) {
		for (size_t page = 0; page < few(); page++)
			if (probe_try(map + page * facts->page + 8).value != mark(page, seed))
				_exit(1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return !status;
}

/*
 * Memory that .mmap made for one mapping stays when MADV_DONTNEED unmaps it, or cannot be
 * unmapped.
 */
static bool stays(unsigned char *map, unsigned int seed)
{
	store_marks(map, few(), seed);
	/* EINVAL: such a mapping is never unmapped so. Anything else is a sandbox's answer. */
	if (madvise(map, few() * facts->page, MADV_DONTNEED))
		return errno == EINVAL || stays_for_child(map, seed);
	return probe_try(map + 8).signo || unmarked(map, few(), seed) == few();
}

/* Does no store to one mapping change a page of the other, wherever it shows there? */
static bool are_apart(unsigned char *a, const unsigned char *b)
{
	size_t count = few();
	unsigned char *before = calloc(count, 1);
	bool apart = before;

	for (size_t page = 0; apart && page < count; page++)
		before[page] = probe_load(b + page * facts->page + 8, "a load from the mapping");
	store_marks(a, count, 11);
	for (size_t page = 0; apart && page < count; page++)
		apart = probe_load(b + page * facts->page + 8, "a load from the mapping") ==
			before[page];
	free(before);
	return apart;
}

/* Each mapping is memory of its own: all pages of it, for as long as it lives. */
static bool own(unsigned char *a, unsigned char *b)
{
	return are_apart(a, b) && stays(b, 3) && unmarked(a, few(), 11) == few() && stays(a, 13) &&
	       (probe_try(b + 8).signo || unmarked(b, few(), 3) == few());
}

static void probe_stores(void)
{
	int fd = probe_open(O_RDWR);
	unsigned char *a = map_few(fd), *b;
	size_t at;

	store_marks(a, few(), 1);
	at = unmarked(a, few(), 1);
	if (at < few())
		found("lost",
		      "a store to page %zu of a shared mapping is not what a load from it gives",
		      at);
	b = mmap(NULL, few() * facts->page, RW, MAP_SHARED, fd, 0);
	facts->keeps = b == MAP_FAILED;
	if (b == MAP_FAILED)
		found("one-mapping", "a second mmap() of the same descriptor says %s",
		      errno_word(errno));
	at = unmarked(b, few(), 1);
	if (at < few() && own(a, b)) {
		facts->keeps = facts->own = true;
		found("own",
		      "a store to page %zu of a shared mapping is seen by no second mapping of the "
		      "same descriptor, and each keeps what is stored to it",
		      at);
	}
	if (at < few())
		found("lost",
		      "a store to page %zu of a shared mapping is not seen by a second mapping of "
		      "the same descriptor",
		      at);
	store_marks(b, few(), 2);
	at = unmarked(a, few(), 2);
	if (at < few())
		found("lost", "a store to page %zu of the second mapping is not seen by the first",
		      at);
	facts->keeps = true;
	probe_unmap(a, few());
	probe_unmap(b, few());
	a = map_few(fd);
	at = unmarked(a, few(), 2);
	if (at < few())
		found("forgets",
		      "a store to page %zu is gone after munmap() and another mmap() of the same "
		      "descriptor",
		      at);
}

static unsigned int word_at(const unsigned char *map, size_t page)
{
	return map[page * facts->page + 8] | map[page * facts->page + 9] << 8;
}

static void store_word(unsigned char *map, size_t page, unsigned int value)
{
	probe_store(map + page * facts->page + 8, value, "a store through a shared mapping");
	probe_store(map + page * facts->page + 9, value >> 8, "a store through a shared mapping");
}

/* From page `first` on, is each page seen again `distance` pages behind? */
static bool is_mirrored(unsigned char *map, size_t count, size_t first, size_t distance)
{
	if (facts->pages - first != 2 * distance)
		return false;
	for (size_t page = first; page + distance < count; page++) {
		store_word(map, page, 0x8001 + page);
		if (word_at(map, page + distance) != 0x8001 + page)
			return false;
	}
	return true;
}

/*
 * Rings are mapped twice, so that data that wraps around is contiguous. No other page is mapped
 * twice.
 */
static void probe_once(void)
{
	int fd = probe_open(O_RDWR);
	size_t count = stored_pages(SIZE_MAX), first = 0, other;
	unsigned char *map;

	if (count < facts->pages && may_be_any_frame())
		cannot_ask(ONLY_THE_FIRST);
	map = probe_map(fd, count, RW, MAP_SHARED, 0);
	for (size_t page = 0; page < count; page++)
		store_word(map, page, page + 1);
	while (first < count && word_at(map, first) == first + 1)
		first++;
	if (first == count)
		return;
	other = word_at(map, first) - 1;
	/* A store that is lost, and not one to another page, is told of by the next probe. */
	if (other <= first || other >= count)
		return;
	store_word(map, first, 0x4001);
	if (word_at(map, other) != 0x4001)
		return;
	if (!is_mirrored(map, count, first, other - first)) {
		facts->distinct = 1;
		found("aliased", "a store to page %zu of one mapping is seen in page %zu, too",
		      first, other);
	}
	facts->distinct = other;
	note("mirrored", "each of the %zu pages from page %zu on is seen again %zu pages behind",
	     other - first, first, other - first);
}

static void probe_descriptors(void)
{
	int fd = probe_open(O_RDWR), other = probe_open(O_RDWR);
	unsigned char *a = map_few(fd), *b = map_few(other);

	store_marks(a, few(), 3);
	if (unmarked(b, few(), 3) < few())
		found("per-open",
		      "a store through one descriptor's shared mapping is not seen by another's");
}

/* Every page of one mapping is memory of its own, and page N of the target at offset N. */
static void probe_offsets(void)
{
	int fd = probe_open(O_RDWR);
	size_t count = stored_pages(256), at;
	unsigned char *map, *one;

	if (facts->names_regions)
		cannot_ask("its offsets name regions");
	if (count < 2)
		cannot_ask("%s", too_few("it has one page that can be stored to"));
	map = probe_map(fd, count, RW, MAP_SHARED, 0);
	store_marks(map, count, 4);
	at = unmarked(map, count, 4);
	if (at < count)
		found("aliased", "page %zu of one mapping shows what was stored to another page",
		      at);
	if (facts->only_start || facts->only_whole)
		return;
	for (size_t page = 1; page < count; page = page * 2) {
		unsigned char value;

		one = probe_map(fd, 1, PROT_READ, MAP_SHARED, page);
		value = probe_load(one + 8, "a load from a mapping at an offset");
		if (value == mark(page, 4))
			continue;
		found(value == mark(0, 4) ? "ignored" : "wrong",
		      "mmap(offset %zu) shows %s, not page %zu", page * facts->page,
		      value == mark(0, 4) ? "page 0" : "something else", page);
	}
}

/* Without a store: where pages differ, a mapping of one shows that one. */
static void probe_offsets_loaded(void)
{
	int fd = probe_open(facts->open_flags);
	unsigned char *map, *one;
	size_t page = facts->page;

	if (facts->names_regions)
		cannot_ask("its offsets name regions");
	if (facts->only_start)
		cannot_ask("it can be mapped at offset 0 only");
	map = probe_map(fd, 2, PROT_READ, MAP_SHARED, 0);
	one = probe_map(fd, 1, PROT_READ, MAP_SHARED, 1);
	probe_load(map + page, "a load from the second page");
	probe_load(one, "a load from a mapping at an offset");
	if (memcmp(map, map + page, page) && !memcmp(map, one, page) &&
	    memcmp(map + page, one, page))
		found("ignored", "mmap(offset %zu) shows page 0, not page 1", page);
}

/* read(), write() and the mapping are one memory, if read() and write() are that. */
static void probe_file(void)
{
	unsigned char bytes[64], *map;
	int fd = probe_open(O_RDWR);

	if (!facts->reads || !facts->writes || !facts->positions)
		cannot_ask("it has no read() and write() at an offset");
	if (facts->size < 128)
		cannot_ask("it has fewer than 128 bytes");
	memset(bytes, 0x5a, sizeof(bytes));
	if (pwrite(fd, bytes, sizeof(bytes), 64) != sizeof(bytes))
		cannot_ask("pwrite(64 bytes at 64) does not write them");
	memset(bytes, 0, sizeof(bytes));
	if (pread(fd, bytes, sizeof(bytes), 64) != sizeof(bytes) || bytes[0] != 0x5a)
		cannot_ask("pread() does not give what pwrite() wrote");
	map = map_few(fd);
	if (probe_load(map + 64, "a load from the mapping") != 0x5a)
		found("apart",
		      "pread() gives what pwrite() wrote, a shared mapping of the same descriptor "
		      "does not");
	probe_store(map + 65, 0x77, "a store to the mapping");
	if (pread(fd, bytes, 1, 65) != 1 || bytes[0] != 0x77)
		found("apart", "pread() does not return what was stored through a shared mapping");
}

/* The mapping is still that memory, although other pages have been freed and taken since. */
static void assert_kept(const unsigned char *map, size_t count, unsigned int seed, const char *when)
{
	size_t at;

	usleep(50000);
	churn(CHURNED);
	/* It stays so where a load ends in a signal. */
	facts->freed = true;
	at = unmarked(map, count, seed);
	facts->freed = at < count;
	if (at < count)
		found(has_marker(map + at * facts->page, facts->page) ? "reused" : "freed",
		      "page %zu of a shared mapping has %s %s", at,
		      has_marker(map + at * facts->page, facts->page)
			      ? "another program's memory"
			      : "lost what was stored there,",
		      when);
}

static void probe_close(void)
{
	int fd = probe_open(O_RDWR), seen;
	unsigned char *map = map_few(fd);

	store_marks(map, few(), 5);
	seen = others_see(few(), 5);
	close(fd);
	assert_kept(map, few(), 5, "after close() of its descriptor");
	if (facts->fd >= 0)
		cannot_ask("its descriptor stays open, and only the last close() calls .release");
	if (seen != 1)
		return;
	if (others_see(few(), 5) == 0)
		found("apart", "after close(), a new mapping does not show the contents of one "
			       "that is left");
	probe_unmap(map, few());
	if (others_see(few(), 5) == 0)
		note("forgets",
		     "after the last munmap() and close(), another open() and mmap() do not show "
		     "what was stored");
}

static void use_inherited(void *argument)
{
	unsigned char *map = argument;
	struct access access = try_read(map + 8);

	if (access.signo == SIGSEGV)
		found("not-inherited", "a load from the mapping by a child process is %s",
		      signal_word(access.signo));
	if (access.value != mark(0, 6))
		found("not-shared", "a child process does not see in its inherited mapping what "
				    "its parent stored");
	probe_store(map + 9, 0x99, "a child's store to an inherited mapping");
}

static void see_store_of_child(void *argument)
{
	if (probe_load((unsigned char *)argument + 9, "a load beside a child") != 0x99)
		found("not-shared",
		      "a child's store to an inherited shared mapping is not seen by its parent");
}

/* Can a second mapping be had while there is a first one? */
static bool second_mapping(void)
{
	int fd = probe_open_again(O_RDWR);
	void *map;

	if (fd < 0)
		return false;
	map = mmap(NULL, few() * facts->page, RW, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		munmap(map, few() * facts->page);
	return map != MAP_FAILED;
}

static void after_one_user_went(unsigned char *map, size_t count, unsigned int seed, int seen,
				bool second, const char *when)
{
	assert_kept(map, count, seed, when);
	if (seen == 1 && others_see(count, seed) == 0)
		found("freed", "a new mapping does not show the contents of an old one, %s", when);
	if (!second && second_mapping())
		found("uncounted", "a second user is accepted, which was refused before, %s", when);
}

static void probe_fork(void)
{
	size_t count = few();
	int fd = probe_open(O_RDWR), seen;
	unsigned char *map = map_few(fd);
	bool second;

	store_marks(map, count, 6);
	close(fd);
	second = second_mapping();
	seen = others_see(count, 6);
	beside_child(use_inherited, see_store_of_child, map);
	after_one_user_went(map, count, 6, seen, second,
			    "after a child process that inherited it ended");
}

static void probe_split(void)
{
	size_t count = few(), page = facts->page;
	int fd = probe_open(O_RDWR), seen, failed;
	unsigned char *map = map_few(fd);
	bool second;

	if (count < 3)
		cannot_ask("%s", too_few("it has fewer than three pages that can be stored to"));
	store_marks(map, count, 7);
	close(fd);
	second = second_mapping();
	seen = others_see(count, 7);
	probe_doing("munmap()");
	failed = munmap(map + page, page);
	probe_doing(NULL);
	if (failed) {
		note("no-split", "munmap() of one page in the middle says %s", errno_word(errno));
		return;
	}
	after_one_user_went(map, 1, 7, seen, second, "after munmap() of a page in the middle");
	facts->freed = true;
	if (unmarked(map, 1, 7) == 0 ||
	    probe_load(map + 2 * page + 8, "a load behind what was unmapped") != mark(2, 7))
		found("freed",
		      "after munmap() of a page in the middle, the rest has lost what was stored");
	facts->freed = false;
}

static void probe_move(void)
{
	size_t count = few(), page = facts->page;
	int fd = probe_open(O_RDWR);
	unsigned char *other = map_few(fd), *map = map_few(fd), *area, *moved;

	/* A page fault may come before the move, and others come after it. */
	store_marks(other, count, 8);
	probe_load(map + 8, "a load from the mapping");
	if (facts->own)
		store_marks(map, count, 8);
	close(fd);
	area = mmap(NULL, count * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		cannot_ask("mmap() says %s", errno_word(errno));
	probe_doing("mremap()");
	moved = mremap(map, count * page, count * page, MREMAP_MAYMOVE | MREMAP_FIXED, area);
	probe_doing(NULL);
	if (moved == MAP_FAILED)
		found("refused", "mremap() to another address says %s", errno_word(errno));
	assert_kept(moved, count, 8, "after mremap() to another address");
}

static void probe_dontneed(void)
{
	int fd = probe_open(O_RDWR);
	unsigned char *map = map_few(fd);
	struct access access;

	store_marks(map, few(), 9);
	if (madvise(map, few() * facts->page, MADV_DONTNEED))
		return;
	access = probe_try(map + 8);
	if (access.signo)
		found("no-fault", "a load after madvise(MADV_DONTNEED) ends in %s",
		      signal_word(access.signo));
	if (unmarked(map, few(), 9) < few())
		found("lost", "a store to a shared mapping is gone after madvise(MADV_DONTNEED)");
}

/* Loads alone: a driver whose page fault breaks private mappings shows it here. */
static void probe_private_loads(void)
{
	int fd = probe_open(facts->open_flags);
	size_t count = few();
	unsigned char *map = probe_map(fd, count, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);

	for (size_t page = 0; page < count && page < facts->loads; page++)
		probe_load(map + page * facts->page, "a load from a private mapping");
}

static void store_privately(void *argument)
{
	probe_store((unsigned char *)argument + 8, 0xee, "a child's store to a private mapping");
}

/* True if fork() works. */
static bool forks(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid > 0;
}

/* fork() may fail because of a private copy of a frame. */
static void assert_forks(unsigned char *map)
{
	int error;

	if (forks())
		return;
	error = errno;
	/*
	 * copy_mm() returns ENOMEM for each failure. A limit of processes is EAGAIN, and
	 * temporary.
	 */
	if (error != ENOMEM || forks())
		cannot_ask("fork() says %s", errno_word(error));
	probe_unmap(map, few());
	if (!forks())
		cannot_ask("fork() says %s", errno_word(errno));
	found("no-fork",
	      "after a store to a private mapping, fork() says %s until that mapping is gone",
	      errno_word(error));
}

static void probe_private(void)
{
	int fd = probe_open(O_RDWR);
	unsigned char *shared = map_few(fd), *map, *after;

	store_marks(shared, few(), 10);
	map = probe_map(fd, few(), RW, MAP_PRIVATE, 0);
	if (probe_load(map + 8, "a load from a private mapping") != mark(0, 10))
		found("empty", "a private mapping does not show the target's contents");
	probe_store(map + 8, 0xdd, "a store to a private mapping");
	if (probe_load(shared + 8, "a load from the shared mapping") == 0xdd)
		found("reaches",
		      "a store to a MAP_PRIVATE mapping is seen through a MAP_SHARED one");
	after = probe_map(fd, few(), PROT_READ, MAP_SHARED, 0);
	if (probe_load(after + 8, "a load from the shared mapping") == 0xdd)
		found("reaches",
		      "a store to a MAP_PRIVATE mapping is seen through a new MAP_SHARED one");
	if (probe_load(map + 8, "a load from a private mapping") != 0xdd)
		found("lost",
		      "a load from a private mapping does not return what was stored there");
	assert_forks(map);
	in_child(store_privately, map);
	if (probe_load(map + 8, "a load from a private mapping") == 0xee)
		found("reaches",
		      "a child's store to its MAP_PRIVATE mapping is seen by its parent");
}

/* Threads that touch a page first at the same time see one page. */
#define THREADS 4
#define ROUNDS	40

static pthread_barrier_t barrier;

static struct racer {
	pthread_t thread;
	unsigned char *map;
	size_t number;
} racers[THREADS];

static void *race(void *argument)
{
	struct racer *racer = argument;

	pthread_barrier_wait(&barrier);
	for (size_t page = 0; page < few(); page++)
		racer->map[page * facts->page + 16 + racer->number] = 1 + racer->number;
	return NULL;
}

static void race_once(void)
{
	int fd = probe_open(O_RDWR);
	unsigned char *map = map_few(fd);

	for (size_t i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){.map = map, .number = i};
		if (pthread_create(&racers[i].thread, NULL, race, &racers[i]))
			cannot_ask("pthread_create() fails");
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(racers[i].thread, NULL);
	for (size_t page = 0; page < few(); page++)
		for (size_t i = 0; i < THREADS; i++)
			if (map[page * facts->page + 16 + i] != 1 + i)
				found("lost",
				      "of %d threads that store to page %zu of one mapping at the "
				      "same time, one loses its store",
				      THREADS, page);
	munmap(map, few() * facts->page);
	close(fd);
}

static void probe_race(void)
{
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < ROUNDS; i++)
		race_once();
}

const struct probe memory_probes[] = {
	{"D.once", "no page is mapped twice", NEEDS_STORES, probe_once},
	{"D.stores", "stores stay", NEEDS_STORES, probe_stores},
	{"D.descriptors", "all descriptors share the memory", NEEDS_KEPT | NEEDS_ONE | NEEDS_REOPEN,
	 probe_descriptors},
	{"D.offsets", "each page is at its offset",
	 NEEDS_KEPT | NEEDS_ONE | NEEDS_TWO | NEEDS_OFFSETS, probe_offsets},
	{"D.offsets-loaded", "mmap() obeys the offset",
	 NEEDS_OFFSETS | NEEDS_SHARED | NEEDS_TWO | LOADS_ALL, probe_offsets_loaded},
	{"D.file", "read(), write() and mappings are one memory", NEEDS_KEPT | NEEDS_ONE,
	 probe_file},
	{"D.own-buffer", "read() into a mapping of the target itself ends", NEEDS_KEPT | NEEDS_TWO,
	 probe_own_buffer},
	{},
};

/*
 * These run before probes that fork or split for other reasons, because a driver that miscounts
 * continues from a wrong count. Later probes do not run on memory that was freed too early.
 */
const struct probe life_probes[] = {
	{"D.close", "a mapping outlives close()", NEEDS_KEPT, probe_close},
	{"D.fork", "a mapping is inherited by fork(), and outlives the child", NEEDS_KEPT,
	 probe_fork},
	{"D.split", "a mapping outlives a part of it", NEEDS_KEPT | NEEDS_TWO, probe_split},
	{"D.move", "a mapping moves", NEEDS_KEPT, probe_move},
	{},
};

const struct probe later_probes[] = {
	{"D.dontneed", "unmapped pages can be accessed again", NEEDS_KEPT, probe_dontneed},
	{"D.private-loads", "a private mapping can be loaded from", NEEDS_PRIVATE,
	 probe_private_loads},
	{"D.private", "a private store stays private", NEEDS_KEPT | NEEDS_ONE | NEEDS_PRIVATE,
	 probe_private},
	{"D.race", "threads that touch a page first at once see one page", NEEDS_KEPT, probe_race},
	{},
};

/* Many drivers empty their memory at open(O_WRONLY), as O_TRUNC truncates a file. */
static void probe_emptied(void)
{
	int fd = probe_open(O_RDWR), other;
	unsigned char *map = map_few(fd);
	struct access access;

	if (facts->regular)
		cannot_ask("it is a regular file");
	store_marks(map, few(), 12);
	if (others_see(few(), 12) != 1)
		cannot_ask("its descriptors share no memory");
	other = probe_open_again(O_WRONLY | O_TRUNC);
	if (other < 0)
		cannot_ask("open(O_WRONLY | O_TRUNC) says %s", errno_word(errno));
	close(other);
	access = try_read(map + 8);
	if (others_see(few(), 12) == 0 && !access.signo && access.value == mark(0, 12))
		found("stale",
		      "after open(O_WRONLY | O_TRUNC) and close(), an old mapping shows what was "
		      "stored, and a new one does not");
}

/* After all others but those that may make the target larger. */
const struct probe empty_probes[] = {
	{"D.emptied", "contents that open() empties are empty in all mappings",
	 NEEDS_KEPT | NEEDS_ONE | NEEDS_REOPEN, probe_emptied},
	{},
};
