// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "model.h"

bool map_is_files(const struct map_vma *vma, uint32_t flags)
{
	return *vma->file && (vma->perms[3] == 's' || flags & PAGE_FILE);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool has_tables(const struct map_vma *vma)
{
	for (size_t i = 0; i < vma->count; i++)
		if (vma->pages[i].entry || vma->pages[i].facts.holder)
			return true;
	return false;
}

bool map_has_tables(const struct map_picture *picture)
{
	for (size_t i = 0; i < picture->count; i++)
		for (size_t j = 0; j < picture->processes[i].vma_count; j++)
			if (has_tables(&picture->processes[i].vmas[j]))
				return true;
	return false;
}

bool map_facts_same(const struct map_facts *a, const struct map_facts *b)
{
	return a->maps == b->maps && a->holder == b->holder && a->order == b->order;
}

const char *map_holder_word(enum map_holder holder)
{
	static const char *const words[] = {
		[HOLDER_CACHE] = "page cache",
		[HOLDER_ANONYMOUS] = "anonymous",
		[HOLDER_ZERO] = "zero page",
		[HOLDER_DRIVER] = "driver",
	};

	return words[holder];
}

static bool same_page(const struct map_page *a, const struct map_page *b)
{
	return a->frame == b->frame && a->flags == b->flags &&
	       !((a->entry ^ b->entry) & ~ENTRY_ACCESSED) && map_facts_same(&a->facts, &b->facts) &&
	       same_text(a->content, b->content);
}

static bool same_vma(const struct map_vma *a, const struct map_vma *b)
{
	if (a->start != b->start || a->end != b->end || a->offset != b->offset ||
	    a->device != b->device || a->unknown != b->unknown || a->count != b->count ||
	    strcmp(a->perms, b->perms) || strcmp(a->file, b->file) ||
	    !same_text(a->name, b->name) || !same_text(a->vm_flags, b->vm_flags))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_page(&a->pages[i], &b->pages[i]))
			return false;
	return true;
}

static bool same_process(const struct map_process *a, const struct map_process *b)
{
	if (a->pid != b->pid || a->hidden != b->hidden || a->changed != b->changed ||
	    a->left_out != b->left_out || a->left_out_pages != b->left_out_pages ||
	    a->vma_count != b->vma_count || strcmp(a->name, b->name))
		return false;
	for (size_t i = 0; i < a->vma_count; i++)
		if (!same_vma(&a->vmas[i], &b->vmas[i]))
			return false;
	return true;
}

bool map_same(const struct map_picture *a, const struct map_picture *b)
{
	if (a->page_size != b->page_size || a->huge_size != b->huge_size || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_process(&a->processes[i], &b->processes[i]))
			return false;
	return true;
}

void map_process_free(struct map_process *process)
{
	for (size_t i = 0; i < process->vma_count; i++) {
		struct map_vma *vma = &process->vmas[i];

		for (size_t j = 0; j < vma->count && vma->pages; j++)
			free(vma->pages[j].content);
		free(vma->pages);
		free(vma->name);
		free(vma->vm_flags);
	}
	free(process->vmas);
	*process = (struct map_process){};
}

void map_picture_free(struct map_picture *picture)
{
	for (size_t i = 0; i < picture->count; i++)
		map_process_free(&picture->processes[i]);
	free(picture->processes);
	for (size_t i = 0; i < picture->unmapped_count; i++) {
		free(picture->unmapped[i].name);
		free(picture->unmapped[i].content);
	}
	free(picture->unmapped);
	*picture = (struct map_picture){};
}
