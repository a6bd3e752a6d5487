// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/canvas.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/utf8.h"
#include "layout.h"
#include "nodes.h"
#include "runs.h"

static struct map_row *add_row(struct map_column *column, enum map_row_kind kind,
			       const char *format, ...) __attribute__((format(printf, 3, 4)));

static struct map_row *add_row(struct map_column *column, enum map_row_kind kind,
			       const char *format, ...)
{
	struct map_row *row;
	va_list ap;

	column->rows = array_with_one_more(column->rows, column->count, sizeof(*row));
	row = &column->rows[column->count++];
	*row = (struct map_row){.kind = kind, .node = -1};
	va_start(ap, format);
	if (vsnprintf(row->text, sizeof(row->text), format, ap) >= (int)sizeof(row->text))
		utf8_drop_partial(row->text, sizeof(row->text) - 1);
	va_end(ap);
	return row;
}

static enum map_look look_of(const struct map_vma *vma, uint32_t flags)
{
	if (flags & PAGE_POISONED)
		return LOOK_POISONED;
	if (!(flags & PAGE_PRESENT))
		return LOOK_ABSENT;
	if (!map_is_files(vma, flags))
		return LOOK_COPY;
	return vma->perms[1] == 'w' ? LOOK_PAGE : LOOK_READ_ONLY;
}

/* A, B, ... Z, AA, AB, ... */
static void tag_of(size_t number, char first, char tag[4])
{
	char letters[8];
	int at = 0, to = 0;

	do {
		letters[at++] = first + number % 26;
		number = number / 26;
	} while (number-- && at < 3);
	while (at)
		tag[to++] = letters[--at];
	tag[to] = '\0';
}

/* Are there enough letters for the page numbers of one file? */
static bool are_few(const struct map_nodes *all)
{
	for (size_t i = 0; i < all->node_count && all->nodes[i].group == GROUP_FILE; i++)
		if (all->nodes[i].object >= 26 || strcmp(all->nodes[i].file, all->nodes[0].file))
			return false;
	return true;
}

/*
 * Small letters for what is no file's. Where it can be, a page of a file has the
 * letter and the colour of its number: from picture to picture they are the same.
 */
static void mark(struct map_row *row, const struct map_nodes *all, int number)
{
	const struct map_node *node = &all->nodes[number];
	size_t place = number;

	if (number < 0)
		return;
	if (node->letter >= 0)
		place = node->letter;
	else if (node->group != GROUP_FILE)
		while (place && all->nodes[number - place].group == GROUP_FILE)
			place--;
	else if (are_few(all))
		place = node->object;
	row->node = node->row;
	row->colour = STYLE_COLOUR + (place + 3 * (node->group != GROUP_FILE)) % STYLE_COLOURS;
	tag_of(place, node->group == GROUP_FILE ? 'A' : 'a', row->tag);
}

/* "page 3", "pages 3-7" */
static void pages_text(uint64_t first, uint64_t count, char text[48])
{
	if (count == 1)
		snprintf(text, 48, "page %ju", (uintmax_t)first);
	else
		snprintf(text, 48, "pages %ju-%ju", (uintmax_t)first,
			 (uintmax_t)(first + count - 1));
}

/* The middle: frames, by what they belong to. */
static void add_head(struct map_column *middle, const struct map_node *node)
{
	static const char *const heads[] = {
		[GROUP_COPY] = "private copies",
		[GROUP_ANONYMOUS] = "anonymous memory",
	};

	if (middle->count)
		add_row(middle, ROW_BLANK, "%s", "");
	add_row(middle, ROW_HEAD, "%s",
		node->group == GROUP_FILE ? node->name : heads[node->group]);
}

/* "page cache x2 order 9": what holds it, the entries that map it, the order of its folio */
static void add_facts(struct map_column *middle, const struct map_node *node)
{
	const char *holder = map_holder_word(node->facts.holder);
	char order[24] = "";

	if (!holder)
		return;
	if (node->facts.holder == HOLDER_ZERO) { /* the kernel counts none of its entries */
		add_row(middle, ROW_NOTE, "%s", holder);
		return;
	}
	if (node->facts.order)
		snprintf(order, sizeof(order), " order %u", node->facts.order);
	add_row(middle, ROW_NOTE, "%s ×%ju%s", holder, (uintmax_t)node->facts.maps, order);
}

static void add_frame(struct map_column *middle, const struct map_picture *picture,
		      struct map_nodes *all, size_t number)
{
	struct map_node *node = &all->nodes[number];
	char pages[48], frames[48];
	struct map_row *row;

	pages_text(node->page, node->count, pages);
	if (!node->frame)
		strcpy(frames, "hidden");
	else if (node->count == 1)
		snprintf(frames, sizeof(frames), "0x%jx", (uintmax_t)node->frame);
	else
		snprintf(frames, sizeof(frames), "0x%jx%s%ju", (uintmax_t)node->frame,
			 node->scattered ? ".." : "+", (uintmax_t)node->count);
	node->row = middle->count;
	row = add_row(middle, ROW_FRAME, "%s %s", frames, pages);
	mark(row, all, number);
	row->look = node->flags & PAGE_POISONED ? LOOK_POISONED
		    : node->group == GROUP_FILE ? LOOK_PAGE
						: LOOK_COPY;
	row->title = format_text("frame %s, %s%s%s, %ju KiB, mapped in %zu place%s", frames, pages,
				 node->group == GROUP_FILE ? " of " : "",
				 node->group == GROUP_FILE ? node->name : "",
				 (uintmax_t)(node->count * picture->page_size / 1024), node->users,
				 node->users == 1 ? "" : "s");
	add_facts(middle, node);
	if (node->content) {
		int colour = middle->rows[node->row].colour;

		add_row(middle, ROW_CONTENT, "\"%s\"", node->content)->colour = colour;
	}
}

static void add_middle(struct map_layout *layout, const struct map_picture *picture,
		       struct map_nodes *all)
{
	for (size_t i = 0; i < all->node_count; i++) {
		const struct map_node *node = &all->nodes[i], *last = i ? node - 1 : NULL;

		if (!last || last->group != node->group ||
		    (node->group == GROUP_FILE && strcmp(node->file, last->file)))
			add_head(&layout->middle, node);
		add_frame(&layout->middle, picture, all, i);
	}
	layout->nodes = all->node_count;
}

/* A side: processes, their VMAs, their pages. */
static void add_part(struct map_column *side, const struct map_picture *picture,
		     const struct map_vma *vma, const struct map_nodes *all,
		     const struct map_part *part)
{
	char pages[48], state[96];
	struct map_row *row;

	pages_text(part->page, part->run.count, pages);
	if (part->run.mixed) {
		row = add_row(side, ROW_RUN, "%s mixed, %ju present", pages,
			      (uintmax_t)part->run.present);
	} else {
		map_state(picture, vma, &part->run, state);
		row = add_row(side, ROW_RUN, "%s %s", pages, state);
		row->look = look_of(vma, part->run.flags);
		mark(row, all, part->node);
	}
	row->title = format_text("%s, at 0x%jx", row->text,
				 (uintmax_t)(vma->start + part->run.first * picture->page_size));
}

static void add_unknown(struct map_column *side, const struct map_vma *vma)
{
	static const char *const why[] = {
		[MAP_BY_NUMBER] = "VM_PFNMAP: frames unknown",
		[MAP_TOO_MANY] = "too many pages to read",
		[MAP_UNREADABLE] = "gone before it was read",
	};

	if (vma->unknown)
		add_row(side, ROW_NOTE, "%s", why[vma->unknown]);
}

static void add_vma(struct map_column *side, const struct map_vma *vma, const struct map_form *form)
{
	char size[24];
	struct map_row *row;

	row = add_row(side, ROW_VMA, "%jx %s %s", (uintmax_t)vma->start, vma->perms,
		      number_bytes(vma->end - vma->start, size));
	row->title = format_text("%jx-%jx %s offset %#jx %s; flags %s", (uintmax_t)vma->start,
				 (uintmax_t)vma->end, vma->perms, (uintmax_t)vma->offset, vma->name,
				 vma->vm_flags ? vma->vm_flags : "unknown");
	if (!form->details)
		return;
	if (*vma->file)
		add_row(side, ROW_DETAIL, "%s +0x%jx", vma->name, (uintmax_t)vma->offset);
	else
		add_row(side, ROW_DETAIL, "%s", *vma->name ? vma->name : "anonymous");
	if (vma->vm_flags)
		add_row(side, ROW_DETAIL, "%s", vma->vm_flags);
}

/* Returns the first part that is not this process's. */
static size_t add_process(struct map_column *side, const struct map_picture *picture, size_t number,
			  const struct map_nodes *all, size_t part, const struct map_form *form)
{
	const struct map_process *process = &picture->processes[number];

	if (side->count)
		add_row(side, ROW_BLANK, "%s", "");
	add_row(side, ROW_PROCESS, "%s %d", process->name, process->pid);
	if (process->changed)
		add_row(side, ROW_NOTE, "changed while it was read");
	if (!process->vma_count)
		add_row(side, ROW_NOTE, "nothing is mapped");
	for (size_t i = 0; i < process->vma_count; i++) {
		const struct map_vma *vma = &process->vmas[i];

		add_vma(side, vma, form);
		add_unknown(side, vma);
		for (; part < all->part_count && all->parts[part].process == number &&
		       all->parts[part].vma == i;
		     part++)
			add_part(side, picture, vma, all, &all->parts[part]);
	}
	if (process->left_out)
		add_row(side, ROW_NOTE, "and %zu more, %ju pages", process->left_out,
			(uintmax_t)process->left_out_pages);
	return part;
}

struct map_layout *map_layout(const struct map_picture *picture, const struct map_form *form)
{
	struct map_layout *layout = new_array(1, sizeof(*layout));
	struct map_nodes all = map_nodes(picture, form->runs);
	size_t part = 0;

	layout->sides = form->sides == 2 && picture->count > 1 ? 2 : 1;
	add_middle(layout, picture, &all);
	for (size_t i = 0; i < picture->count; i++)
		part = add_process(&layout->side[layout->sides == 2 && i], picture, i, &all, part,
				   form);
	map_nodes_free(&all);
	return layout;
}

static void free_column(struct map_column *column)
{
	for (size_t i = 0; i < column->count; i++)
		free(column->rows[i].title);
	free(column->rows);
}

void map_layout_free(struct map_layout *layout)
{
	free_column(&layout->side[0]);
	free_column(&layout->side[1]);
	free_column(&layout->middle);
	free(layout);
}
