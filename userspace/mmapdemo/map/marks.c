// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "marks.h"
#include "tables.h"

#define MOST_MARKS 64

int map_letter(const struct map_marks *marks, uint64_t frame)
{
	for (size_t i = 0; marks && frame && i < marks->frame_count; i++)
		if (marks->frames[i] == frame)
			return i;
	return -1;
}

static struct map_unmapped *find_page(const struct map_marks *marks, const char *file,
				      uint64_t page)
{
	for (size_t i = 0; i < marks->page_count; i++)
		if (marks->pages[i].page == page && !strcmp(marks->pages[i].file, file))
			return &marks->pages[i];
	return NULL;
}

static void mark_page(struct map_marks *marks, const struct map_vma *vma, uint64_t number,
		      const struct map_page *page)
{
	struct map_unmapped *known = find_page(marks, vma->file, number);

	if (!known && marks->page_count == MOST_MARKS)
		return;
	if (!known) {
		marks->pages = array_with_one_more(marks->pages, marks->page_count, sizeof(*known));
		known = &marks->pages[marks->page_count++];
		*known = (struct map_unmapped){.page = number, .name = copy_text(vma->name)};
		memcpy(known->file, vma->file, sizeof(known->file));
	}
	known->frame = page->frame;
	known->mapped = true;
	free(known->content);
	known->content = page->content ? copy_text(page->content) : NULL;
}

static void mark_vma(struct map_marks *marks, const struct map_picture *picture,
		     const struct map_vma *vma)
{
	for (size_t i = 0; i < vma->count; i++) {
		const struct map_page *page = &vma->pages[i];

		if (!page->frame)
			continue;
		if (map_is_files(vma, page->flags)) {
			mark_page(marks, vma, vma->offset / picture->page_size + i, page);
		} else if (map_letter(marks, page->frame) < 0 && marks->frame_count < MOST_MARKS) {
			marks->frames = array_with_one_more(marks->frames, marks->frame_count,
							    sizeof(*marks->frames));
			marks->frames[marks->frame_count++] = page->frame;
		}
	}
}

/* A frame that the page cache no longer holds shows nothing of the file. */
static void add_unmapped(struct map_picture *picture, const struct map_unmapped *page)
{
	struct map_unmapped *added;
	struct map_facts facts;

	if (page->mapped || !map_frame_facts(page->frame, &facts) || facts.holder != HOLDER_CACHE)
		return;
	picture->unmapped =
		array_with_one_more(picture->unmapped, picture->unmapped_count, sizeof(*added));
	added = &picture->unmapped[picture->unmapped_count++];
	*added = *page;
	added->facts = facts;
	added->name = copy_text(page->name);
	added->content = page->content ? copy_text(page->content) : NULL;
}

void map_mark(struct map_picture *picture, struct map_marks *marks)
{
	for (size_t i = 0; i < marks->page_count; i++)
		marks->pages[i].mapped = false;
	for (size_t i = 0; i < picture->count; i++)
		for (size_t j = 0; j < picture->processes[i].vma_count; j++)
			mark_vma(marks, picture, &picture->processes[i].vmas[j]);
	for (size_t i = 0; i < marks->page_count; i++)
		add_unmapped(picture, &marks->pages[i]);
	picture->marks = marks;
}
