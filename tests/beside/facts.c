// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "facts.h"
#include "object.h"
#include "result.h"
#include "smaps.h"

static unsigned char *places;

/* All of it is taken, so that no other mapping comes to lie in a gap that munmap() leaves. */
void place_init(void)
{
	size_t bytes = (PLACE_FACTS + 2) * PLACE_BYTES;
	uintptr_t at = (uintptr_t)mmap(NULL, bytes, PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == (uintptr_t)MAP_FAILED)
		err(2, "mmap of address space");
	places = (unsigned char *)((at + PLACE_BYTES - 1) & ~(PLACE_BYTES - 1));
}

unsigned char *place_of(size_t number)
{
	return places + number * PLACE_BYTES;
}

/* Bits of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
static const struct {
	int bit;
	char letter;
} bits[] = {{63, 'p'}, {62, 's'}, {61, 'f'}, {58, 'g'}, {57, 'w'}, {56, 'x'}, {55, 'd'}};

static void entry_text(uint64_t entry, char text[ARRAY_SIZE(bits) + 2])
{
	size_t length = 0;

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (entry >> bits[i].bit & 1)
			text[length++] = bits[i].letter;
	if (!length)
		text[length++] = '-';
	text[length] = '\0';
}

static uint64_t entries[PLACE_BYTES / 4096];

/* Returns how many entries of pagemap there are now. */
static size_t read_entries(const unsigned char *at, size_t pages)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ssize_t got = pread(fd, entries, pages * sizeof(*entries),
			    (uintptr_t)at / page_size * sizeof(*entries));

	close(fd);
	return got > 0 ? got / sizeof(*entries) : 0;
}

void facts_say_pagemap(const char *key, const unsigned char *at, size_t pages)
{
	size_t count = read_entries(at, pages);
	char text[8 << 10], now[16], last[16] = "";
	size_t length = 0, from = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		entry_text(entries[i], now);
		if (!strcmp(now, last))
			continue;
		from = i;
		memcpy(last, now, sizeof(last));
		if (length + 40 < sizeof(text))
			length += sprintf(text + length, "%s%zu:%s", length ? " " : "", from, now);
	}
	say(key, "%s", text);
}

/* Does any entry hold something else than a page: a migration, a marker, or a poisoned page? */
static bool has_swap_entries(const struct mapping *map)
{
	size_t count = read_entries(map->at, map->pages);
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found |= entries[i] >> 62 & 1;
	return found;
}

/* The kernel migrates pages at any time, and page tables show that for a moment. */
static void await_migrations(const struct world *w)
{
	for (size_t i = 0; i < MAPS_MAX; i++)
		for (int tries = 0; tries < 500 && w->maps[i].at; tries++) {
			if (!has_swap_entries(&w->maps[i]))
				break;
			usleep(2000);
		}
}

static void say_mincore(const char *key, unsigned char *at, size_t pages)
{
	static unsigned char in[PLACE_BYTES / 4096];
	char text[4 << 10];
	size_t length = 0;

	if (mincore(at, pages * page_size, in)) {
		say(key, "%s", errno_name(errno));
		return;
	}
	text[0] = '\0';
	for (size_t i = 0; i < pages; i++)
		if ((!i || (in[i] & 1) != (in[i - 1] & 1)) && length + 20 < sizeof(text))
			length +=
				sprintf(text + length, "%s%zu:%d", length ? " " : "", i, in[i] & 1);
	say(key, "%s", text);
}

/* Where data is and where holes are, as lseek() has it. The position comes back. */
static void say_extents(const struct world *w)
{
	off_t before = lseek(w->fd, 0, SEEK_CUR), at = 0, end = 0;
	char text[2 << 10] = "";
	size_t length = 0;

	say("position", "%ld", (long)before);
	say("size", "%ld", (long)lseek(w->fd, 0, SEEK_END));
	while (length + 50 < sizeof(text)) {
		at = lseek(w->fd, end, SEEK_DATA);
		if (at < 0)
			break;
		end = lseek(w->fd, at, SEEK_HOLE);
		length += sprintf(text + length, "%ld-%ld ", (long)at, (long)end);
		if (end <= at)
			break;
	}
	say("data", "%s%s", text, errno_name(at < 0 ? errno : 0));
	lseek(w->fd, before, SEEK_SET);
}

static void say_fresh(const struct world *w)
{
	unsigned char *at = mmap(place_of(PLACE_FACTS), w->pages * page_size, PROT_READ,
				 MAP_SHARED | MAP_FIXED, w->fd, 0);

	if (at == MAP_FAILED) {
		say("fresh", "%s", errno_name(errno));
		return;
	}
	say_pages("fresh", at, w->pages, 0);
	if (mmap(at, PLACE_BYTES, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		err(2, "mmap of address space");
}

/* Facts that are found without touching the pages come first. */
void facts_say(const struct world *w)
{
	bool one = !w->maps[1].at;

	await_migrations(w);
	for (size_t i = 0; i < MAPS_MAX; i++) {
		const struct mapping *map = &w->maps[i];
		char key[32];

		if (!map->at)
			continue;
		snprintf(key, sizeof(key), one ? "pagemap" : "pagemap.%zu", i);
		facts_say_pagemap(key, map->at, map->pages + PAST_END);
		snprintf(key, sizeof(key), one ? "mincore" : "mincore.%zu", i);
		say_mincore(key, map->at, map->pages);
		snprintf(key, sizeof(key), one ? "smaps" : "smaps.%zu", i);
		smaps_say(key, map->at, PLACE_BYTES);
	}
	say_extents(w);
	for (size_t i = 0; i < MAPS_MAX; i++) {
		const struct mapping *map = &w->maps[i];
		char key[32];

		if (!map->at)
			continue;
		snprintf(key, sizeof(key), one ? "map" : "map.%zu", i);
		say_pages(key, map->at, map->pages + PAST_END, map->first);
	}
	say_file("contents", w->fd, w->pages);
	say_fresh(w);
}
