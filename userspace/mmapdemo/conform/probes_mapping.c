// SPDX-License-Identifier: GPL-2.0-only
/* The extent of mappings, and their rights. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "denied.h"
#include "probe.h"
#include "support/patience.h"
#include "support/proc.h"
#include "support/row.h"

/* No check by the C library; NULL where it fails. */
static unsigned char *raw_map(int fd, size_t len, int prot, uint64_t off)
{
#if __SIZEOF_LONG__ == 8
	long map = syscall(SYS_mmap, NULL, len, prot, MAP_SHARED, fd, off);

	return map == -1 ? NULL : (unsigned char *)map;
#else
	void *map = mmap(NULL, len, prot, MAP_SHARED, fd, off);

	return map == MAP_FAILED ? NULL : map;
#endif
}

/* Maps what is beyond the end, in whole or in part. True if it can be loaded from. */
static bool loads_at(int fd, size_t len, uint64_t off, size_t at, struct access *access)
{
	unsigned char *map = raw_map(fd, len, facts->prot, off);

	if (!map)
		return false;
	*access = probe_try(map + at);
	munmap(map, len);
	return !access->signo;
}

static void tell_beyond(const char *key, size_t len, uint64_t off, size_t at, struct access access)
{
	char size[40] = "unknown size";

	if (facts->size_from != SIZE_ENDLESS)
		snprintf(size, sizeof(size), "%#jx bytes", (intmax_t)facts->size);
	note(key,
	     "mmap(%zu bytes, %s, MAP_SHARED, offset %#jx) of a target of %s works, and a load at "
	     "offset %#jx gives %#lx",
	     len, prot_word(facts->prot), (uintmax_t)off, size, (uintmax_t)(off + at),
	     access.value);
}

/* A mapping that begins inside and reaches past the end is not explained by regions. */
static bool runs_over(int fd, size_t len, uint64_t off, size_t at)
{
	struct access access;

	if (!loads_at(fd, len, off, at, &access))
		return false;
	tell_beyond("beyond", len, off, at, access);
	return true;
}

/* Do the first pages of two mappings have the same bytes? */
static bool same_page(const unsigned char *a, const unsigned char *b)
{
	return a && b && !try_read(a).signo && !try_read(b).signo && !memcmp(a, b, facts->page);
}

static bool same_at(int fd, uint64_t left, uint64_t right)
{
	unsigned char *a = raw_map(fd, facts->page, facts->prot, left);
	unsigned char *b = raw_map(fd, facts->page, facts->prot, right);
	bool same = same_page(a, b);

	if (a)
		munmap(a, facts->page);
	if (b)
		munmap(b, facts->page);
	return same;
}

/* May a probe store to its first pages? */
static bool may_store(void)
{
	return facts->may_write && !facts->shared_rw && is_memory() && !facts->may_be_registers &&
	       !facts->live && !may_be_any_frame() && !facts->only_whole && facts->loads;
}

/* Makes its first page differ from one that is of one byte, where that is allowed. */
static void mark_first_page(int fd)
{
	unsigned char *map;

	if (!may_store())
		return;
	map = probe_map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	probe_store(map + 8, ~probe_load(map + 9, "a load from the mapping"),
		    "a store through a shared mapping");
	munmap(map, facts->page);
}

/* Pages of one byte, such as zero, tell nothing when they are the same. */
static bool first_page_is_of_one_byte(int fd)
{
	unsigned char *map = raw_map(fd, facts->page, facts->prot, 0);
	bool one = map && !try_read(map).signo && !memcmp(map, map + 1, facts->page - 1);

	if (map)
		munmap(map, facts->page);
	return one;
}

/* A target that maps its first page, whatever the offset, is told of by another probe. */
static bool ignores_offsets(int fd)
{
	mark_first_page(fd);
	return !first_page_is_of_one_byte(fd) &&
	       same_at(fd, 0, (uint64_t)facts->pages * facts->page);
}

static void probe_end(void)
{
	size_t page = facts->page, whole = facts->pages * page;
	int fd = probe_open(facts->open_flags);
	struct access access;

	if (facts->loads < facts->pages)
		cannot_ask("not all of it can be loaded from");
	if (runs_over(fd, whole + page, 0, whole))
		return;
	if (facts->names_regions)
		return;
	if (!facts->only_whole && facts->pages > 1 && runs_over(fd, 2 * page, whole - page, page))
		return;
	if (may_bear_registers())
		return;
	if (loads_at(fd, page, whole, 0, &access) && !ignores_offsets(fd))
		tell_beyond("other", page, whole, 0, access);
}

/* Makes the first two pages differ, where that is allowed. */
static void tell_pages_apart(int fd)
{
	unsigned char *map;

	if (!may_store() || facts->pages < 2 || facts->loads < 2)
		return;
	map = probe_map(fd, 2, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	probe_store(map + 8, 0x11, "a store through a shared mapping");
	probe_store(map + facts->page + 8, 0x22, "a store through a shared mapping");
	munmap(map, 2 * facts->page);
}

/* Is it the page where a driver looks that keeps 32 bits of the offset? */
static bool is_cut_short(int fd, uint64_t off)
{
	size_t page = facts->page;
	unsigned char *map;
	bool differ;

	/* An offset that is refused next to 0 is no count of bytes. */
	if (off << 32 || facts->pages < 2 || facts->loads < 2 || facts->only_whole ||
	    facts->only_start)
		return false;
	map = probe_map(fd, 2, PROT_READ, MAP_SHARED, 0);
	differ = memcmp(map, map + page, page);
	munmap(map, 2 * page);
	return differ && same_at(fd, off, 0) && same_at(fd, off + page, page);
}

/* Offsets that are small again where a driver keeps 32 bits of them, or a sign. */
static void probe_far_offsets(void)
{
	static const uint64_t far[] = {1ULL << 32, 1ULL << 44,	  1ULL << 62,
				       1ULL << 63, -(1ULL << 32), -(1ULL << 21)};
	int fd = probe_open(facts->open_flags);
	struct access access;

	if (facts->size > INT32_MAX)
		cannot_ask("it is as large as these offsets");
	if (may_bear_registers())
		cannot_ask("its offsets may be addresses of the machine, or name registers");
	if (facts->names_regions)
		cannot_ask("its offsets name regions");
	/* D.endless asks. */
	if (facts->size_from == SIZE_ENDLESS)
		cannot_ask("no end was found (--size)");
	if (facts->size_from != SIZE_TRIED && ignores_offsets(fd))
		cannot_ask("it ignores offsets");
#if __SIZEOF_LONG__ == 8
	/* A length that is one page where a driver keeps 32 bits of it. */
	if (facts->size_from != SIZE_TRIED && !facts->only_whole &&
	    runs_over(fd, (1ULL << 32) + facts->page, 0, facts->pages * facts->page))
		return;
#endif
	tell_pages_apart(fd);
	for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
		if (!loads_at(fd, facts->page, far[i], 0, &access))
			continue;
		tell_beyond(is_cut_short(fd, far[i]) ? "beyond" : "other", facts->page, far[i], 0,
			    access);
		if (may_be_any_frame() && !facts->only_start)
			has_no_end();
		return;
	}
}

/* No target of unknown size is that large: 256 GiB. */
#define BEYOND_ALL (1ULL << 38)

/*
 * Memory that is made for each mapping is right at any offset: D.stores, if it may store, has seen
 * that it is not. Frames are never made so.
 */
static void probe_endless(void)
{
	int fd = probe_open(facts->open_flags);
	bool shared = may_store() || probe_has_flag("pf") || probe_has_flag("io");
	struct access access;

	if (facts->size_from != SIZE_ENDLESS)
		cannot_ask("an end of it was found");
	if (may_bear_registers())
		cannot_ask("its offsets may be addresses of the machine, or name registers");
	if (loads_at(fd, facts->page, BEYOND_ALL, 0, &access))
		tell_beyond(shared ? "beyond" : "other", facts->page, BEYOND_ALL, 0, access);
}

#define MOST_SEARCHED (1UL << 30)
#define LOOKS	      2048

/* A word of this program's own in each page of a part of the memory that is free. */
static bool own_memory(uint64_t word)
{
	size_t bytes = meminfo("MemFree") / 4 * 1024;
	unsigned char *memory;

	if (bytes > 64UL << 20)
		bytes = 64UL << 20;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	for (size_t i = 0; i + sizeof(word) <= bytes; i += sysconf(_SC_PAGESIZE))
		*(uint64_t *)(memory + i) = word;
	return true;
}

/* Searches memory that is no part of the target, for all that is known, for what a process has. */
static void probe_foreign(void)
{
	bool told = facts->size_from < SIZE_TRIED;
	size_t page = facts->page, first = told ? facts->pages : 1;
	size_t len = MOST_SEARCHED;
	uint64_t word = MARKER ^ (uint64_t)getpid() << 16 ^ (uint64_t)(seconds_now() * 1e6);
	double end = seconds_now() + facts->deadline / 2;
	int fd = probe_open(facts->open_flags);
	unsigned char *map = NULL;
	size_t step;

	if (told)
		len = first * page + (64UL << 20);
	else if (facts->size_from == SIZE_TRIED)
		len = facts->pages * page;
	while (len > first * page && !(map = raw_map(fd, len, facts->prot, 0)))
		len /= 2;
	if (!map || len <= first * page || try_read(map + first * page).signo || !own_memory(word))
		return;
	step = (1 + (len - first * page) / page / LOOKS) * page;
	for (size_t at = first * page; at < len && seconds_now() < end; at += step) {
		if (try_read(map + at).signo)
			return;
		if (*(volatile uint64_t *)(map + at) != word)
			continue;
		if (!told)
			has_no_end();
		found("foreign",
		      "mmap(%zu bytes, %s, MAP_SHARED, offset 0) shows at offset %#zx what this "
		      "program has in memory of its own",
		      len, prot_word(facts->prot), at);
	}
}

/*
 * The bytes behind the last one in its page must not be other data. A program may have stored a
 * few bytes there, through a mapping.
 */
#define TAIL_USED 64

static void probe_tail(void)
{
	size_t tail = facts->size % facts->page, end = facts->pages * facts->page, used = 0;
	int fd = probe_open(facts->open_flags);
	unsigned char *map;

	if (!tail || facts->size_from != SIZE_SAID || facts->regular)
		cannot_ask("its size is a multiple of the page");
	if (facts->loads < facts->pages)
		cannot_ask("not all of it can be loaded from");
	map = facts->only_whole ? probe_map_all(fd, PROT_READ, MAP_SHARED)
				: probe_map(fd, facts->pages, PROT_READ, MAP_SHARED, 0);
	for (size_t at = facts->size; at < end; at++)
		used += map[at] != 0;
	if (used > TAIL_USED)
		found("tail",
		      "the size is %#jx, and of the %zu bytes behind it in the last page %zu are "
		      "not 0",
		      (intmax_t)facts->size, end - (size_t)facts->size, used);
}

/* Looks for an ended program's data in the target's memory. */
static void plant(void *argument)
{
	(void)argument;
	churn(48UL << 20);
}

static void probe_stale(void)
{
	size_t count = some_pages(64);
	unsigned char *map;
	int fd;

	in_child(plant, NULL);
	fd = probe_open(facts->open_flags);
	map = probe_map(fd, facts->only_whole ? facts->pages : count, PROT_READ, MAP_SHARED, 0);
	for (size_t page = 0; page < count; page++) {
		probe_load(map + page * facts->page, "a load from the mapping");
		if (has_marker(map + page * facts->page, facts->page))
			found("foreign",
			      "a new mapping shows in page %zu what a process that has ended had "
			      "in its memory",
			      page);
	}
}

/* PROT_WRITE by mprotect(), where mmap() or open() refused it. */
static void upgrade(int fd, const char *opened)
{
	size_t count = least_pages();
	unsigned char *map = probe_map(fd, count, PROT_READ, MAP_SHARED, 0);
	const char *denied = denied_call("mprotect()");

	if (denied)
		cannot_ask("%s", denied);
	if (!mprotect(map, count * facts->page, PROT_READ | PROT_WRITE))
		found("upgraded",
		      "mmap(PROT_READ, MAP_SHARED) of %s, and then mprotect(PROT_READ|PROT_WRITE) "
		      "works",
		      opened);
}

static void probe_upgrade(void)
{
	int fd = probe_open_again(O_RDONLY);
	size_t count = least_pages();
	void *map;

	if (facts->prot & PROT_WRITE)
		cannot_ask("it cannot be mapped with PROT_READ alone");
	if (fd >= 0 && facts->fd < 0) {
		map = mmap(NULL, count * facts->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED)
			found("upgraded",
			      "mmap(PROT_READ|PROT_WRITE, MAP_SHARED) of a descriptor that is open "
			      "with O_RDONLY works");
		upgrade(fd, "a descriptor that is open with O_RDONLY");
		close(fd);
	}
	/* The driver's own refusal, which open() has nothing to do with. */
	if (facts->shared_rw && facts->open_flags == O_RDWR) {
		fd = probe_open(O_RDWR);
		upgrade(fd, "a target that refuses PROT_WRITE");
	}
}

/* A descriptor that is open for writing alone maps nothing. */
static void probe_write_only(void)
{
	size_t count = least_pages();
	int fd = probe_open_again(O_WRONLY);
	void *map;

	if (fd < 0 || facts->fd >= 0)
		cannot_ask("it cannot be opened with O_WRONLY");
	map = mmap(NULL, count * facts->page, PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		found("upgraded",
		      "mmap(PROT_READ) of a descriptor that is open with O_WRONLY works");
}

static void probe_grows(void)
{
	size_t page = facts->page, count = facts->only_whole ? facts->pages : some_pages(SIZE_MAX);
	int fd = probe_open(facts->open_flags);
	unsigned char *map = probe_map(fd, count, PROT_READ, MAP_SHARED, 0), *grown;
	struct access access;

	errno = 0;
	grown = mremap(map, count * page, (count + 1) * page, MREMAP_MAYMOVE);
	if (grown == MAP_FAILED) {
		if (errno == EFAULT || errno == EINVAL)
			note("fixed", "mremap() to more pages says %s", errno_word(errno));
		return;
	}
	if (count < facts->pages || facts->size_from >= SIZE_TRIED)
		return;
	access = probe_try(grown + count * page);
	if (!access.signo)
		found("beyond",
		      "mremap() makes a mapping of all %zu pages one page longer, and a load from "
		      "that page gives %#lx",
		      count, access.value);
}

/*
 * Contents that a device or another program writes differ from the test's stores, which is no
 * mistake.
 */
#define WATCHED	     72
#define WATCH_FOR_MS 200

static unsigned long sum_of(const unsigned char *map, size_t count)
{
	unsigned long sum = 0;

	for (size_t page = 0; page < count; page++)
		for (size_t i = 0; i < WATCHED; i++)
			sum = sum * 31 + map[page * facts->page + i];
	return sum;
}

static void probe_quiet(void)
{
	int fd = probe_open(facts->open_flags);
	size_t count = some_pages(256);
	unsigned char *map = probe_map(fd, count, PROT_READ, MAP_SHARED, 0);
	unsigned long before;

	for (size_t page = 0; page < count; page++)
		probe_load(map + page * facts->page, "a load from the mapping");
	before = sum_of(map, count);
	for (int ms = 0; ms < WATCH_FOR_MS && !facts->live; ms += 5) {
		usleep(5000);
		facts->live = sum_of(map, count) != before;
	}
	if (facts->live)
		cannot_ask("its content changes although the test stores nothing: the device or "
			   "another "
			   "program writes it");
}

const struct probe mapping_probes[] = {
	{"D.quiet", "its content is what was stored last", NEEDS_STORES, probe_quiet},
	{"D.end", "no mapping reaches past the end", NEEDS_OFFSETS | NEEDS_SHARED | NEEDS_SIZE,
	 probe_end},
	{"D.far-offsets", "no offset is cut short or takes a sign", NEEDS_SHARED | NEEDS_OFFSETS,
	 probe_far_offsets},
	{"D.foreign", "no mapping shows other memory of the machine", NEEDS_SHARED | LOADS_ALL,
	 probe_foreign},
	{"D.tail", "the bytes behind the last one are zero", NEEDS_SHARED | NEEDS_SIZE | LOADS_ALL,
	 probe_tail},
	{"D.stale", "no mapping shows memory of an ended process", NEEDS_SHARED | LOADS_ALL,
	 probe_stale},
	{"D.upgrade", "a read-only mapping stays read-only", NEEDS_SHARED, probe_upgrade},
	{"D.write-only", "O_WRONLY maps nothing", NEEDS_SHARED, probe_write_only},
	{},
};

/* After D.stores, which knows whether each mapping is memory of its own. */
const struct probe endless_probes[] = {
	{"D.endless", "offsets have an end, even if none was found",
	 NEEDS_SHARED | NEEDS_OFFSETS | NEEDS_ONE, probe_endless},
	{},
};

/* After the probes that count on each VMA being counted: mremap() copies one. */
const struct probe grow_probes[] = {
	{"D.grows", "a mapping does not grow past the end", NEEDS_SHARED, probe_grows},
	{},
};
