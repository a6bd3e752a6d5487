// SPDX-License-Identifier: GPL-2.0-only
/* The state of each page, from /proc/PID/pagemap, smaps and the device's rules. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/mmapdemo.h>
#include "common/memory.h"
#include "common/refuse.h"
#include "pages.h"
#include "support/proc.h"
#include "tables.h"

/* Most pages of a process that are looked at: 4 GiB. An entry is 8 bytes. */
#define MOST_PAGES ((uint64_t)1 << 20)

#define ENDS	   16 /* pages at either end whose contents are read */

static bool has_flag(const struct map_vma *vma, const char *flag)
{
	return vma->vm_flags && strstr(vma->vm_flags, flag);
}

static struct map_page page_of(const struct map_vma *vma, uint64_t entry, bool tables)
{
	struct map_page page = {.entry = tables ? map_entry_of(entry) : 0};

	if (entry & PAGEMAP_PRESENT) {
		page.frame = entry & PAGEMAP_FRAME;
		page.flags |= PAGE_PRESENT;
		page.flags |= entry & PAGEMAP_FILE ? PAGE_FILE : 0;
		page.flags |= entry & PAGEMAP_EXCLUSIVE ? PAGE_EXCLUSIVE : 0;
		/*
		 * In a new VMA ("sd") all pages are reported as dirty, until clear_refs is
		 * written.
		 */
		page.flags |= entry & PAGEMAP_SOFT_DIRTY && !has_flag(vma, "sd") ? PAGE_DIRTY : 0;
	} else if (entry & PAGEMAP_SWAP) {
		page.flags |= PAGE_SWAPPED;
	}
	return page;
}

static bool read_pagemap(int fd, const struct map_picture *picture, struct map_vma *vma,
			 bool tables)
{
	uint64_t entries[1024], at = 0;

	while (at < vma->count) {
		size_t want = vma->count - at < 1024 ? vma->count - at : 1024;
		size_t got = pagemap_read(fd, vma->start + at * picture->page_size, entries, want);

		if (!got)
			return false;
		for (size_t i = 0; i < got; i++)
			vma->pages[at + i] = page_of(vma, entries[i], tables);
		at += got;
	}
	return true;
}

/* Could a huge entry map the block of pages that begins at this one? */
static bool is_candidate(const struct map_vma *vma, uint64_t at, uint64_t block)
{
	const struct map_page *first = &vma->pages[at];

	if (first->frame % block)
		return false;
	for (uint64_t i = 0; i < block; i++) {
		const struct map_page *page = &vma->pages[at + i];

		if (!(page->flags & PAGE_PRESENT) || page->flags != first->flags)
			return false;
		if (first->frame && page->frame != first->frame + i)
			return false;
	}
	return true;
}

static uint64_t first_block(const struct map_picture *picture, const struct map_vma *vma)
{
	uint64_t over = vma->start % picture->huge_size;

	return over ? (picture->huge_size - over) / picture->page_size : 0;
}

static uint64_t mark_candidates(const struct map_picture *picture, struct map_vma *vma,
				uint32_t flags)
{
	uint64_t block = picture->huge_size / picture->page_size, count = 0;

	if (!block)
		return 0;
	for (uint64_t at = first_block(picture, vma); at + block <= vma->count; at += block) {
		if (!is_candidate(vma, at, block))
			continue;
		count++;
		for (uint64_t i = 0; flags && i < block; i++)
			vma->pages[at + i].flags |= flags;
	}
	return count;
}

/* pagemap does not show huge entries; smaps has their number. */
static void find_huge(const struct map_picture *picture, struct map_vma *vma)
{
	const struct map_huge *huge = &vma->huge;
	size_t bytes = (huge->file + huge->shmem + huge->anonymous) * 1024;
	uint64_t candidates;
	uint32_t flags;

	if (!bytes)
		return;
	candidates = mark_candidates(picture, vma, 0);
	flags = bytes == candidates * picture->huge_size ? PAGE_HUGE : PAGE_HUGE_MAYBE;
	/* Before 6.11, pagemap does not say so of a file's huge page. */
	if (!huge->anonymous)
		flags |= PAGE_FILE;
	mark_candidates(picture, vma, flags);
}

static void mark_rules(const struct map_picture *picture, struct map_vma *vma,
		       const struct mmapdemo_injection *rule)
{
	for (uint64_t i = 0; i < vma->count; i++) {
		uint64_t offset = vma->offset + i * picture->page_size;

		/* A copy made before is no page of the device's. */
		if (vma->pages[i].flags & PAGE_PRESENT && !map_is_files(vma, vma->pages[i].flags))
			continue;
		if (offset >= rule->offset && offset - rule->offset < rule->length)
			vma->pages[i].flags |= PAGE_POISONED;
	}
}

/* A device's rules, of the one that was asked last. */
struct rules {
	char file[48];
	struct mmapdemo_injection *rules;
	uint32_t count;
};

/* The mapping keeps the device open, so that the close() below is never its last one. */
static void read_rules(const struct map_vma *vma, struct rules *rules)
{
	struct mmapdemo_inject_list list = {
		.size = sizeof(list),
		.rule_size = sizeof(*rules->rules),
		.count = MMAPDEMO_INJECT_RULES_MAX,
	};
	int fd = open(vma->name, O_RDONLY | O_CLOEXEC);

	memcpy(rules->file, vma->file, sizeof(rules->file));
	rules->count = 0;
	if (!rules->rules)
		rules->rules = new_array(list.count, sizeof(*rules->rules));
	list.rules = (uintptr_t)rules->rules;
	if (fd >= 0 && !ioctl(fd, MMAPDEMO_IOCTL_INJECT_LIST, &list))
		rules->count = list.count < MMAPDEMO_INJECT_RULES_MAX ? list.count
								      : MMAPDEMO_INJECT_RULES_MAX;
	if (fd >= 0)
		close(fd);
}

static void find_poisoned(const struct map_picture *picture, struct map_vma *vma,
			  struct rules *rules)
{
	if (strcmp(rules->file, vma->file))
		read_rules(vma, rules);
	for (uint32_t i = 0; i < rules->count; i++)
		if (rules->rules[i].action > MMAPDEMO_INJECT_COUNT)
			mark_rules(picture, vma, &rules->rules[i]);
}

/*
 * Reads only resident pages, because a read would allocate others; and only the ends of a long
 * run.
 */
static void read_contents(int fd, const struct map_picture *picture, struct map_vma *vma)
{
	for (uint64_t i = 0; i < vma->count; i++) {
		char text[MAP_CONTENT + 1] = "";

		if (i == ENDS && vma->count > 2 * ENDS)
			i = vma->count - ENDS;
		if (!(vma->pages[i].flags & PAGE_PRESENT) || vma->pages[i].flags & PAGE_POISONED)
			continue;
		if (pread(fd, text, MAP_CONTENT, vma->start + i * picture->page_size) <= 0 ||
		    !*text)
			continue;
		for (char *c = text; *c; c++)
			if (!isprint((unsigned char)*c))
				*c = '.';
		vma->pages[i].content = copy_text(text);
	}
}

static int open_file(int pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void read_vma(const struct map_picture *picture, struct map_vma *vma, int pagemap,
		     uint64_t *budget, struct rules *rules, bool tables)
{
	uint64_t count = (vma->end - vma->start) / picture->page_size;

	if (has_flag(vma, "pf")) {
		vma->unknown = MAP_BY_NUMBER;
		return;
	}
	if (count > *budget) {
		vma->unknown = MAP_TOO_MANY;
		return;
	}
	vma->pages = new_array(count, sizeof(*vma->pages));
	vma->count = count;
	*budget -= count;
	if (!read_pagemap(pagemap, picture, vma, tables)) {
		vma->unknown = MAP_UNREADABLE;
		vma->count = 0;
		return;
	}
	find_huge(picture, vma);
	if (vma->device)
		find_poisoned(picture, vma, rules);
}

bool map_read_pages(const struct map_want *want, const struct map_picture *picture,
		    struct map_process *process, char reason[256])
{
	int pagemap = open_file(process->pid, "pagemap"), memory = -1;
	bool present = false, numbers = false;
	uint64_t budget = MOST_PAGES;
	struct rules rules = {};

	if (pagemap < 0)
		return refuse(reason, "/proc/%d/pagemap: %s", process->pid,
			      errno == ENOENT ? "the process has gone" : strerror(errno));
	if (want->content)
		memory = open_file(process->pid, "mem");
	for (size_t i = 0; i < process->vma_count; i++) {
		struct map_vma *vma = &process->vmas[i];

		read_vma(picture, vma, pagemap, &budget, &rules, want->tables);
		for (size_t j = 0; j < vma->count; j++) {
			present |= vma->pages[j].flags & PAGE_PRESENT;
			numbers |= !!vma->pages[j].frame;
		}
	}
	if (want->tables)
		map_tables_read(picture, process);
	/* This may mark entries as accessed. */
	for (size_t i = 0; memory >= 0 && i < process->vma_count; i++)
		read_contents(memory, picture, &process->vmas[i]);
	process->hidden = present && !numbers;
	free(rules.rules);
	if (memory >= 0)
		close(memory);
	close(pagemap);
	return true;
}
