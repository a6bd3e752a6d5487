// SPDX-License-Identifier: GPL-2.0-only
/* Makes runs of like pages, and words for their state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/number.h"
#include "runs.h"

static void add_word(char text[96], const char *word)
{
	if (*text)
		strncat(text, " ", 95 - strlen(text));
	strncat(text, word, 95 - strlen(text));
}

/* Adds words for a page-table entry that is present, and was read. */
static void add_entry(const struct map_picture *picture, const struct map_vma *vma,
		      const struct map_run *run, char text[96])
{
	char size[24];

	if (run->entry & ENTRY_HUGE)
		add_word(text, number_bytes(picture->huge_size, size));
	add_word(text, "entry");
	add_word(text, run->entry & ENTRY_WRITE		? "rw"
		       : !strncmp(vma->perms, "---", 3) ? "none"
							: "ro");
	if (run->entry & ENTRY_DIRTY)
		add_word(text, "dirty");
	if (run->entry & ENTRY_ACCESSED)
		add_word(text, "accessed");
	if (run->flags & PAGE_DIRTY)
		add_word(text, "soft-dirty");
}

static const char *absent_word(const struct map_run *run)
{
	if (run->entry & ENTRY_BROKEN)
		return "entry broken";
	if (run->entry & ENTRY_GUARD)
		return "guard";
	if (run->entry & ENTRY_POISON)
		return "entry poison";
	return run->flags & PAGE_SWAPPED && !(run->entry & ENTRY_UFFD) ? "swapped out" : "absent";
}

void map_state(const struct map_picture *picture, const struct map_vma *vma,
	       const struct map_run *run, char text[96])
{
	uint32_t flags = run->flags;
	char size[24];

	*text = '\0';
	if (flags & PAGE_POISONED)
		add_word(text, "poisoned");
	if (flags & PAGE_PRESENT && run->entry & ENTRY_KNOWN) {
		add_entry(picture, vma, run, text);
	} else if (flags & PAGE_PRESENT) {
		number_bytes(flags & PAGE_HUGE ? picture->huge_size : picture->page_size, size);
		add_word(text, size);
		if (flags & PAGE_HUGE_MAYBE)
			add_word(text, "or huge");
		if (!map_is_files(vma, flags))
			add_word(text, *vma->file ? "copy" : "anon");
		if (!(flags & PAGE_EXCLUSIVE))
			add_word(text, "shared");
		if (vma->perms[1] != 'w')
			add_word(text, vma->perms[0] == 'r' ? "ro" : "none");
		if (flags & PAGE_DIRTY)
			add_word(text, "dirty");
	} else {
		add_word(text, absent_word(run));
	}
	if (run->entry & ENTRY_UFFD)
		add_word(text, "uffd-wp");
}

static bool continues(const struct map_vma *vma, const struct map_run *run, uint64_t at,
		      bool scattered)
{
	const struct map_page *page = &vma->pages[at];

	/* One huge entry is drawn as one, whatever its pages contain. */
	if (page->entry & ENTRY_HUGE && page->entry == run->entry && page->flags == run->flags &&
	    page->facts.order && page->frame == vma->pages[at - 1].frame + 1)
		return page->frame % ((uint64_t)1 << page->facts.order);
	if (page->flags != run->flags || page->entry != run->entry || page->content ||
	    vma->pages[run->first].content || !map_facts_same(&page->facts, &run->facts))
		return false;
	if (!page->frame || scattered)
		return scattered || !run->frame;
	return page->frame == vma->pages[at - 1].frame + 1;
}

static struct map_run *find_runs(const struct map_vma *vma, bool scattered, size_t most,
				 size_t *count)
{
	struct map_run *runs = NULL, *run = NULL;

	*count = 0;
	for (uint64_t at = 0; at < vma->count; at++) {
		const struct map_page *page = &vma->pages[at];

		if (run && continues(vma, run, at, scattered)) {
			run->scattered |= page->frame != run->frame + run->count;
			run->count++;
			continue;
		}
		if (most && *count == most)
			break;
		runs = array_with_one_more(runs, *count, sizeof(*runs));
		run = &runs[(*count)++];
		*run = (struct map_run){
			.first = at,
			.count = 1,
			.flags = page->flags,
			.entry = page->entry,
			.facts = page->facts,
			.frame = page->frame,
		};
	}
	return runs;
}

static bool reach_the_end(const struct map_vma *vma, const struct map_run *runs, size_t count)
{
	return !count || runs[count - 1].first + runs[count - 1].count == vma->count;
}

/* The last run takes all that comes after it. */
static void mix_the_rest(const struct map_vma *vma, struct map_run *last)
{
	*last = (struct map_run){.first = last->first, .mixed = true};
	last->count = vma->count - last->first;
	for (uint64_t at = last->first; at < vma->count; at++)
		last->present += !!(vma->pages[at].flags & PAGE_PRESENT);
}

struct map_run *map_runs(const struct map_vma *vma, size_t most, size_t *count)
{
	struct map_run *runs = find_runs(vma, false, most, count);

	if (reach_the_end(vma, runs, *count))
		return runs;
	free(runs);
	runs = find_runs(vma, true, most, count);
	if (!reach_the_end(vma, runs, *count))
		mix_the_rest(vma, &runs[*count - 1]);
	return runs;
}
