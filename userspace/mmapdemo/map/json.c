// SPDX-License-Identifier: GPL-2.0-only
/*
 * The picture for programs, and for another machine to draw (mmapdemo map --from):
 *
 *	page_size, huge_size	bytes
 *	processes	pid, name, hidden, changed, left_out, left_out_pages
 *		vmas	start, end, offset (bytes), perms, file, name, flags, device, unknown
 *			runs	page (of the VMA), count, frame (of the first; they
 *				follow each other; 0: none or hidden), state (words), content;
 *				with --tables: entry (words), maps, holder, order
 */
#include <stdlib.h>

#include "json.h"
#include "runs.h"

const struct word map_state_words[] = {
	{PAGE_PRESENT, "present"},
	{PAGE_SWAPPED, "swapped"},
	{PAGE_DIRTY, "dirty"},
	{PAGE_FILE, "file"},
	{PAGE_EXCLUSIVE, "alone"},
	{PAGE_HUGE, "huge"},
	{PAGE_HUGE_MAYBE, "maybe-huge"},
	{PAGE_POISONED, "poisoned"},
	{},
};

const struct word map_entry_words[] = {
	{ENTRY_KNOWN, "known"},	  {ENTRY_WRITE, "write"},
	{ENTRY_DIRTY, "dirty"},	  {ENTRY_ACCESSED, "accessed"},
	{ENTRY_HUGE, "pmd"},	  {ENTRY_UFFD, "uffd-wp"},
	{ENTRY_POISON, "poison"}, {ENTRY_GUARD, "guard"},
	{ENTRY_BROKEN, "broken"}, {},
};

static void add_tables(struct json_object *object, const struct map_run *run)
{
	const char *holder = map_holder_word(run->facts.holder);
	char text[128];

	if (run->entry)
		add_text(object, "entry", words_of(map_entry_words, run->entry, text));
	if (!holder)
		return;
	add_number(object, "maps", run->facts.maps);
	add_text(object, "holder", holder);
	add_number(object, "order", run->facts.order);
}

static struct json_object *run_json(const struct map_vma *vma, const struct map_run *run)
{
	struct json_object *object = json_object_new_object();
	const char *content = vma->pages[run->first].content;
	char text[128];

	add_number(object, "page", run->first);
	add_number(object, "count", run->count);
	add_number(object, "frame", run->frame);
	add_text(object, "state",
		 run->flags ? words_of(map_state_words, run->flags, text) : "absent");
	add_tables(object, run);
	if (content)
		add_text(object, "content", content);
	return object;
}

static struct json_object *vma_json(const struct map_vma *vma)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct map_run *runs;
	size_t count;

	add_number(object, "start", vma->start);
	add_number(object, "end", vma->end);
	add_number(object, "offset", vma->offset);
	add_text(object, "perms", vma->perms);
	add_text(object, "file", vma->file);
	add_text(object, "name", vma->name);
	add_text(object, "flags", vma->vm_flags ? vma->vm_flags : "");
	add_flag(object, "device", vma->device);
	add_number(object, "unknown", vma->unknown);
	runs = map_runs(vma, 0, &count);
	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, run_json(vma, &runs[i]));
	free(runs);
	json_object_object_add(object, "runs", array);
	return object;
}

static struct json_object *process_json(const struct map_process *process)
{
	struct json_object *object = json_object_new_object();
	struct json_object *vmas = json_object_new_array();

	add_number(object, "pid", process->pid);
	add_text(object, "name", process->name);
	add_flag(object, "hidden", process->hidden);
	add_flag(object, "changed", process->changed);
	add_number(object, "left_out", process->left_out);
	add_number(object, "left_out_pages", process->left_out_pages);
	for (size_t i = 0; i < process->vma_count; i++)
		json_object_array_add(vmas, vma_json(&process->vmas[i]));
	json_object_object_add(object, "vmas", vmas);
	return object;
}

struct json_object *map_json(const struct map_picture *picture)
{
	struct json_object *object = json_object_new_object();
	struct json_object *processes = json_object_new_array();

	add_number(object, "page_size", picture->page_size);
	add_number(object, "huge_size", picture->huge_size);
	for (size_t i = 0; i < picture->count; i++)
		json_object_array_add(processes, process_json(&picture->processes[i]));
	json_object_object_add(object, "processes", processes);
	return object;
}
