// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "physics.h"
#include "system.h"
#include "target.h"
#include "weather.h"

static bool line_covers(const char *line, const volatile void *addr)
{
	uintptr_t start, end;

	return sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2 &&
	       start <= (uintptr_t)addr && (uintptr_t)addr < end;
}

/* The rest of the line "FIELD: ..." of a process's VMA at this address; to be freed. */
static char *smaps_field(const char *process, const volatile void *addr, const char *field)
{
	char path[64];
	size_t length = strlen(field);
	char *line = NULL;
	size_t room = 0;
	bool in_vma = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/smaps", process);
	file = fopen(path, "re");
	ck_assert_msg(file, "%s: %s", path, strerror(errno));
	while (getline(&line, &room, file) > 0) {
		if (!isupper((unsigned char)line[0]))
			in_vma = line_covers(line, addr);
		else if (in_vma && !strncmp(line, field, length) && line[length] == ':') {
			memmove(line, line + length + 1, strlen(line + length + 1) + 1);
			fclose(file);
			return line;
		}
	}
	fclose(file);
	free(line);
	return NULL;
}

static bool has_flag(const char *process, const volatile void *addr, const char *flag)
{
	char *flags = smaps_field(process, addr, "VmFlags");
	char *rest = flags;
	bool found = false;
	char *word;

	while (!found && (word = strsep(&rest, " \n")))
		found = !strcmp(word, flag);
	free(flags);
	return found;
}

bool smaps_has_flag(const void *addr, const char *flag)
{
	return has_flag("self", addr, flag);
}

size_t smaps_kb(const void *addr, const char *field)
{
	char *text = smaps_field("self", addr, field);
	size_t kb;

	ck_assert_msg(text, "/proc/self/smaps: no %s for %p", field, addr);
	kb = strtoul(text, NULL, 10);
	free(text);
	return kb;
}

size_t huge_mapped(const void *map)
{
	return 1024 * (smaps_kb(map, "FilePmdMapped") + smaps_kb(map, "ShmemPmdMapped") +
		       smaps_kb(map, "Shared_Hugetlb") + smaps_kb(map, "Private_Hugetlb"));
}

bool maps_huge(const unsigned char *map, size_t len, size_t bytes)
{
	for (int looks = 0; looks < 4; looks++) {
		for (size_t i = 0; i < len; i += huge_page_size())
			(void)*(const volatile unsigned char *)(map + i);
		if (huge_mapped(map) == bytes)
			return true;
	}
	return false;
}

static uint64_t read_pagemap(const char *process, const volatile void *addr)
{
	uint64_t entry = 0;

	ck_assert_msg(pagemap_entry(process, addr, &entry), "/proc/%s/pagemap: no entry for %p: %s",
		      process, addr, strerror(errno));
	return entry;
}

/* The last address that had no page. */
static struct {
	pid_t pid;
	const volatile void *addr;
} absent;

/* Maps a page again that the kernel removed from the page tables; raises no signal. */
static void map_again(void)
{
	char byte;
	struct iovec to = {&byte, 1}, from = {(void *)absent.addr, 1};

	if (absent.addr)
		process_vm_readv(absent.pid, &to, 1, &from, 1, 0);
}

static uint64_t read_frame(const char *process, const volatile void *addr)
{
	uint64_t entry = read_pagemap(process, addr);
	unsigned int since = 0;

	/* A page has no frame for a moment while it is migrated. */
	while ((entry & PAGEMAP_SWAP) && weather_moves() && weather_wait(&since))
		entry = read_pagemap(process, addr);
	if (!(entry & PAGEMAP_PRESENT)) {
		absent.pid = atoi(process) ? atoi(process) : getpid();
		absent.addr = addr;
		/* mm/pagewalk.c, walk_page_test() */
		if (has_flag(process, addr, "pf"))
			row_not_applicable("pagemap leaves out mappings by frame number");
		return 0;
	}
	if (!(entry & PAGEMAP_FRAME))
		row_not_applicable("frame numbers are hidden from all but root");
	return entry & PAGEMAP_FRAME;
}

uint64_t frame_of(const volatile void *addr)
{
	return read_frame("self", addr);
}

uint64_t frame_of_pid(pid_t pid, const volatile void *addr)
{
	char process[16];

	snprintf(process, sizeof(process), "%d", pid);
	return read_frame(process, addr);
}

/* Does the assertion read its argument anew each time? */
static bool is_read_now(const char *text)
{
	return strchr(text, '(');
}

bool frames_are_so(struct frames *frames, uint64_t a, uint64_t b, uint64_t a_again)
{
	bool a_now = is_read_now(frames->a_is), b_now = is_read_now(frames->b_is);

	row_mark_at(frames->file, frames->line);
	if (a && b && a == a_again && (a == b) == frames->same)
		return true;
	if (weather_explains(a && b)) {
		/* A frame number that was read before proves nothing now. */
		if (a && b ? !a_now || !b_now : (!a && !a_now) || (!b && !b_now))
			return true;
		if (!a || !b)
			map_again();
		if (weather_wait(&frames->since))
			return false;
	}
	row_fail_at(frames->file, frames->line, "frames",
		    frames->same ? "not the same page: %s is frame %#jx, %s is %#jx (0: no "
				   "page)"
				 : "no two pages: %s is frame %#jx, %s is %#jx (0: no page)",
		    frames->a_is, (uintmax_t)a, frames->b_is, (uintmax_t)b);
}

bool pagemap_bit(const volatile void *addr, uint64_t bit)
{
	return read_pagemap("self", addr) & bit;
}

bool track_stores(void)
{
	volatile int anonymous;

	if (write_text("/proc/self/clear_refs", "4"))
		return false;
	anonymous = 1;
	return pagemap_bit(&anonymous, PAGEMAP_SOFT_DIRTY);
}

uint64_t settled_counter(const char *name)
{
	weather_settle_if_any();
	return counter(name);
}

bool read_maps_id(const void *addr, char *id, size_t size)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	if (!file)
		return false;
	while (!found && getline(&line, &room, file) > 0) {
		found = line_covers(line, addr);
		if (found)
			parse_maps_id(line, id, size);
	}
	free(line);
	fclose(file);
	return found;
}
