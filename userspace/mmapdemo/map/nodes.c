// SPDX-License-Identifier: GPL-2.0-only
/* Which pages of which processes are the same memory. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "marks.h"
#include "nodes.h"

static void add_part(struct map_nodes *all, const struct map_part *part)
{
	all->parts = array_with_one_more(all->parts, all->part_count, sizeof(*part));
	all->parts[all->part_count++] = *part;
}

static struct map_part part_of(const struct map_picture *picture, size_t process, size_t vma_number,
			       const struct map_run *run)
{
	const struct map_vma *vma = &picture->processes[process].vmas[vma_number];
	struct map_part part = {.process = process, .vma = vma_number, .run = *run, .node = -1};

	part.page = run->first + (*vma->file ? vma->offset / picture->page_size : 0);
	if (run->mixed || !(run->flags & PAGE_PRESENT))
		return part;
	if (map_is_files(vma, run->flags)) {
		part.group = GROUP_FILE;
		part.file = vma->file;
		part.object = part.page;
	} else {
		part.group = *vma->file ? GROUP_COPY : GROUP_ANONYMOUS;
		part.object = run->frame;
	}
	return part;
}

/* Frames that are hidden or scattered cannot be matched with others. */
static bool is_own(const struct map_part *part)
{
	return part->group != GROUP_FILE && (!part->run.frame || part->run.scattered);
}

static int compare_place(const struct map_part *a, const struct map_part *b)
{
	int files;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	files = a->group == GROUP_FILE ? strcmp(a->file, b->file) : 0;
	return files ? files : (a->object > b->object) - (a->object < b->object);
}

/* Where parts begin and end: all others end there, too. */
struct cut {
	enum map_group group;
	const char *file;
	uint64_t object;
};

static int compare_cuts(const void *left, const void *right)
{
	const struct cut *a = left, *b = right;
	const struct map_part first = {.group = a->group, .file = a->file, .object = a->object};
	const struct map_part second = {.group = b->group, .file = b->file, .object = b->object};

	return compare_place(&first, &second);
}

static struct cut *find_cuts(const struct map_nodes *all, size_t *count)
{
	struct cut *cuts = new_array(2 * all->part_count, sizeof(*cuts));

	*count = 0;
	for (size_t i = 0; i < all->part_count; i++) {
		const struct map_part *part = &all->parts[i];

		if (part->group == GROUP_NONE || is_own(part))
			continue;
		cuts[(*count)++] = (struct cut){part->group, part->file, part->object};
		cuts[(*count)++] =
			(struct cut){part->group, part->file, part->object + part->run.count};
	}
	qsort(cuts, *count, sizeof(*cuts), compare_cuts);
	return cuts;
}

/* The first cut behind the part's first page; the part's own end is one. */
static uint64_t next_cut(const struct cut *cuts, size_t count, const struct map_part *part)
{
	struct cut begin = {part->group, part->file, part->object};
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_cuts(&cuts[middle], &begin) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return cuts[low].object;
}

static void cut_parts(struct map_nodes *all)
{
	struct map_nodes whole = *all;
	size_t count;
	struct cut *cuts = find_cuts(all, &count);

	*all = (struct map_nodes){};
	for (size_t i = 0; i < whole.part_count; i++) {
		struct map_part part = whole.parts[i];
		uint64_t left = part.run.count;

		if (part.group == GROUP_NONE || is_own(&part)) {
			add_part(all, &part);
			continue;
		}
		for (; left; left -= part.run.count) {
			part.run.count = next_cut(cuts, count, &part) - part.object;
			if (part.run.count > left)
				part.run.count = left;
			add_part(all, &part);
			part.run.first += part.run.count;
			part.run.frame += part.run.frame ? part.run.count : 0;
			part.object += part.run.count;
			part.page += part.run.count;
		}
	}
	free(cuts);
	free(whole.parts);
}

static int compare_parts(const void *left, const void *right)
{
	const struct map_part *a = *(struct map_part *const *)left;
	const struct map_part *b = *(struct map_part *const *)right;
	int order = compare_place(a, b);

	return order ? order : (a > b) - (a < b);
}

static bool belongs(const struct map_node *node, const struct map_part *part)
{
	return node->group == part->group && node->object == part->object && !is_own(part) &&
	       (node->group != GROUP_FILE || !strcmp(node->file, part->file));
}

static const struct map_vma *vma_of(const struct map_picture *picture, const struct map_part *part)
{
	return &picture->processes[part->process].vmas[part->vma];
}

static void add_to_node(const struct map_picture *picture, struct map_nodes *all,
			struct map_part *part)
{
	struct map_node *node = all->node_count ? &all->nodes[all->node_count - 1] : NULL;
	const struct map_vma *vma = vma_of(picture, part);

	if (!node || !belongs(node, part)) {
		all->nodes = array_with_one_more(all->nodes, all->node_count, sizeof(*node));
		node = &all->nodes[all->node_count++];
		*node = (struct map_node){
			.group = part->group,
			.file = part->file,
			.name = vma->name,
			.object = part->object,
			.page = part->page,
			.count = part->run.count,
			.frame = part->run.frame,
			.scattered = part->run.scattered,
			.flags = part->run.flags,
			.facts = part->run.facts,
			.first = part - all->parts,
			.letter = part->group == GROUP_FILE
					  ? -1
					  : map_letter(picture->marks, part->run.frame),
		};
	}
	if (vma->pages[part->run.first].content)
		node->content = vma->pages[part->run.first].content;
	node->users++;
	part->node = all->node_count - 1;
}

static void find_nodes(const struct map_picture *picture, struct map_nodes *all)
{
	struct map_part **order = new_array(all->part_count, sizeof(*order));

	for (size_t i = 0; i < all->part_count; i++)
		order[i] = &all->parts[i];
	qsort(order, all->part_count, sizeof(*order), compare_parts);
	for (size_t i = 0; i < all->part_count; i++)
		if (order[i]->group != GROUP_NONE)
			add_to_node(picture, all, order[i]);
	free(order);
}

static int compare_files(const struct map_node *a, const struct map_node *b)
{
	int files = strcmp(a->file, b->file);

	return files ? files : (a->object > b->object) - (a->object < b->object);
}

/* A file's pages come in its order, others in the order of processes. */
static int compare_nodes(const void *left, const void *right)
{
	const struct map_node *a = *(struct map_node *const *)left;
	const struct map_node *b = *(struct map_node *const *)right;

	if (a->group == b->group && a->group == GROUP_FILE)
		return compare_files(a, b);
	if (a->group == b->group && a->letter >= 0 && b->letter >= 0)
		return a->letter - b->letter;
	if (a->group == b->group)
		return (a->first > b->first) - (a->first < b->first);
	return a->group < b->group ? -1 : 1;
}

/* Pages of files that the pictures before have shown, and that no process maps now. */
static void add_unmapped(const struct map_picture *picture, struct map_nodes *all)
{
	for (size_t i = 0; i < picture->unmapped_count; i++) {
		const struct map_unmapped *page = &picture->unmapped[i];

		all->nodes = array_with_one_more(all->nodes, all->node_count, sizeof(*all->nodes));
		all->nodes[all->node_count++] = (struct map_node){
			.group = GROUP_FILE,
			.file = page->file,
			.name = page->name,
			.object = page->page,
			.page = page->page,
			.count = 1,
			.frame = page->frame,
			.content = page->content,
			.facts = page->facts,
			.letter = -1,
		};
	}
}

static void sort_nodes(struct map_nodes *all)
{
	struct map_node **order = new_array(all->node_count, sizeof(*order));
	struct map_node *sorted = new_array(all->node_count, sizeof(*sorted));
	int *place = new_array(all->node_count, sizeof(*place));

	for (size_t i = 0; i < all->node_count; i++)
		order[i] = &all->nodes[i];
	qsort(order, all->node_count, sizeof(*order), compare_nodes);
	for (size_t i = 0; i < all->node_count; i++) {
		sorted[i] = *order[i];
		place[order[i] - all->nodes] = i;
	}
	for (size_t i = 0; i < all->part_count; i++)
		if (all->parts[i].node >= 0)
			all->parts[i].node = place[all->parts[i].node];
	free(all->nodes);
	all->nodes = sorted;
	free(order);
	free(place);
}

struct map_nodes map_nodes(const struct map_picture *picture, size_t most)
{
	struct map_nodes all = {};

	for (size_t i = 0; i < picture->count; i++) {
		const struct map_process *process = &picture->processes[i];

		for (size_t j = 0; j < process->vma_count; j++) {
			size_t count;
			struct map_run *runs = map_runs(&process->vmas[j], most, &count);

			for (size_t k = 0; k < count; k++) {
				struct map_part part = part_of(picture, i, j, &runs[k]);

				add_part(&all, &part);
			}
			free(runs);
		}
	}
	cut_parts(&all);
	find_nodes(picture, &all);
	add_unmapped(picture, &all);
	sort_nodes(&all);
	return all;
}

void map_nodes_free(struct map_nodes *nodes)
{
	free(nodes->parts);
	free(nodes->nodes);
	*nodes = (struct map_nodes){};
}
