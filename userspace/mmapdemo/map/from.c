// SPDX-License-Identifier: GPL-2.0-only
/* Reads the picture from its JSON, and refuses JSON that map_json() does not make. */
#include <stdio.h>
#include <string.h>

#include "common/memory.h"
#include "common/refuse.h"
#include "common/utf8.h"
#include "from.h"
#include "json.h"

/* In all; a larger number must be wrong. */
#define MOST_PAGES ((uint64_t)1 << 22)

static bool get_number(struct json_object *object, const char *key, uint64_t *number,
		       char reason[256])
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return refuse(reason, "'%s' is missing, or no number", key);
	*number = json_object_get_uint64(value);
	return true;
}

static const char *get_text(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

static bool get_bool(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

static bool get_array(struct json_object *object, const char *key, struct json_object **array,
		      char reason[256])
{
	if (!json_object_object_get_ex(object, key, array) ||
	    !json_object_is_type(*array, json_type_array))
		return refuse(reason, "'%s' is missing, or no list", key);
	return true;
}

/* Reads the members that --tables adds to a run. */
static bool read_tables(struct json_object *object, struct map_page *page, char reason[256])
{
	const char *entry = get_text(object, "entry"), *holder = get_text(object, "holder");
	uint64_t order = 0;

	if (*entry && !mask_of(map_entry_words, entry, &page->entry))
		return refuse(reason, "a run's entry '%.60s' is not known", entry);
	if (!*holder)
		return true;
	if (!get_number(object, "maps", &page->facts.maps, reason) ||
	    !get_number(object, "order", &order, reason))
		return false;
	if (order > 63)
		return refuse(reason, "a folio's order %ju cannot be", (uintmax_t)order);
	page->facts.order = order;
	for (page->facts.holder = HOLDER_CACHE; page->facts.holder <= HOLDER_DRIVER;
	     page->facts.holder++)
		if (!strcmp(holder, map_holder_word(page->facts.holder)))
			return true;
	return refuse(reason, "a frame's holder '%.60s' is not known", holder);
}

static bool read_run(struct json_object *object, struct map_vma *vma, char reason[256])
{
	const char *content = get_text(object, "content"), *state = get_text(object, "state");
	uint64_t first = 0, count = 0, frame = 0;
	struct map_page like = {};

	if (!get_number(object, "page", &first, reason) ||
	    !get_number(object, "count", &count, reason) ||
	    !get_number(object, "frame", &frame, reason))
		return false;
	if (first > vma->count || count > vma->count - first)
		return refuse(reason, "a run of pages %ju-%ju reaches past its VMA",
			      (uintmax_t)first, (uintmax_t)(first + count - 1));
	if (strcmp(state, "absent") && !mask_of(map_state_words, state, &like.flags))
		return refuse(reason, "a run's state '%.60s' is not known", state);
	if (!read_tables(object, &like, reason))
		return false;
	/* runs may overlap, so that each keeps a copy of its contents */
	for (uint64_t i = first; i < first + count; i++) {
		vma->pages[i].frame = frame ? frame + i - first : 0;
		vma->pages[i].flags = like.flags;
		vma->pages[i].entry = like.entry;
		vma->pages[i].facts = like.facts;
	}
	if (*content && count && !vma->pages[first].content)
		vma->pages[first].content = utf8_clean(format_text("%.*s", MAP_CONTENT, content));
	return true;
}

static bool read_vma(struct json_object *object, const struct map_picture *picture,
		     struct map_vma *vma, uint64_t *budget, char reason[256])
{
	struct json_object *runs;
	uint64_t unknown = 0;

	if (!get_number(object, "start", &vma->start, reason) ||
	    !get_number(object, "end", &vma->end, reason) ||
	    !get_number(object, "offset", &vma->offset, reason) ||
	    !get_number(object, "unknown", &unknown, reason) ||
	    !get_array(object, "runs", &runs, reason))
		return false;
	if (vma->start >= vma->end || unknown > MAP_UNREADABLE)
		return refuse(reason, "a VMA's range or 'unknown' cannot be");
	snprintf(vma->perms, sizeof(vma->perms), "%-4.4s", get_text(object, "perms"));
	snprintf(vma->file, sizeof(vma->file), "%s", get_text(object, "file"));
	vma->name = utf8_clean(copy_text(get_text(object, "name")));
	vma->vm_flags = utf8_clean(copy_text(get_text(object, "flags")));
	utf8_clean(vma->perms);
	vma->device = get_bool(object, "device");
	vma->unknown = unknown;
	if (unknown)
		return true;
	if ((vma->end - vma->start) / picture->page_size > *budget)
		return refuse(reason, "there are more than %ju pages", (uintmax_t)MOST_PAGES);
	vma->count = (vma->end - vma->start) / picture->page_size;
	*budget -= vma->count;
	vma->pages = new_array(vma->count, sizeof(*vma->pages));
	for (size_t i = 0; i < json_object_array_length(runs); i++)
		if (!read_run(json_object_array_get_idx(runs, i), vma, reason))
			return false;
	return true;
}

static bool read_process(struct json_object *object, const struct map_picture *picture,
			 struct map_process *process, uint64_t *budget, char reason[256])
{
	struct json_object *vmas;
	uint64_t pid = 0, left_out = 0;

	if (!get_number(object, "pid", &pid, reason) ||
	    !get_number(object, "left_out", &left_out, reason) ||
	    !get_number(object, "left_out_pages", &process->left_out_pages, reason) ||
	    !get_array(object, "vmas", &vmas, reason))
		return false;
	process->pid = pid;
	process->left_out = left_out;
	process->hidden = get_bool(object, "hidden");
	process->changed = get_bool(object, "changed");
	snprintf(process->name, sizeof(process->name), "%s", get_text(object, "name"));
	utf8_clean(process->name);
	process->vmas = new_array(json_object_array_length(vmas), sizeof(*process->vmas));
	for (size_t i = 0; i < json_object_array_length(vmas); i++) {
		process->vma_count++;
		if (!read_vma(json_object_array_get_idx(vmas, i), picture, &process->vmas[i],
			      budget, reason))
			return false;
	}
	return true;
}

bool map_from_json(struct json_object *object, struct map_picture *picture, char reason[256])
{
	struct json_object *processes;
	uint64_t budget = MOST_PAGES;

	if (!get_number(object, "page_size", &picture->page_size, reason) ||
	    !get_number(object, "huge_size", &picture->huge_size, reason) ||
	    !get_array(object, "processes", &processes, reason))
		return false;
	if (picture->page_size < 512 || picture->page_size > 1 << 20 ||
	    picture->page_size & (picture->page_size - 1))
		return refuse(reason, "page_size %ju cannot be", (uintmax_t)picture->page_size);
	picture->processes =
		new_array(json_object_array_length(processes), sizeof(*picture->processes));
	for (size_t i = 0; i < json_object_array_length(processes); i++) {
		picture->count++;
		if (!read_process(json_object_array_get_idx(processes, i), picture,
				  &picture->processes[i], &budget, reason))
			return false;
	}
	return true;
}
