// SPDX-License-Identifier: GPL-2.0-only
/* The model of what processes have mapped: a page at a time, and private copies. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "fuzz.h"

static struct page *pages_of(unsigned int w)
{
	return world->workers[w].pages;
}

void desc_get(uint8_t desc, uint32_t refs)
{
	world->descs[desc].refs += refs;
}

void desc_put(uint8_t desc, uint32_t refs)
{
	world->descs[desc].refs -= refs;
}

/*** Private copies; processes that forked share them until one stores. */

static unsigned char *copy_bytes(uint16_t copy)
{
	return world->bytes + (DEVICE_PAGES + copy) * world->page;
}

static void copy_put(struct page *page)
{
	if (page->copy && !--world->copy_refs[page->copy])
		world->copies_used--;
	page->copy = 0;
}

static uint16_t copy_new(const void *from)
{
	uint16_t copy = world->copy_hint;

	do {
		copy = copy + 1 < COPIES ? copy + 1 : 1;
	} while (world->copy_refs[copy]);
	world->copy_hint = copy;
	world->copy_refs[copy] = 1;
	world->copies_used++;
	memcpy(copy_bytes(copy), from, world->page);
	return copy;
}

bool pages_have_room(uint32_t copies)
{
	return world->copies_used + copies + 2 < COPIES;
}

const unsigned char *page_shows(const struct page *page)
{
	return page->copy ? copy_bytes(page->copy) : device_bytes(page->dev);
}

/* The copy to store into, made where there is none, or where others have it too. */
unsigned char *page_own(struct page *page)
{
	uint16_t old = page->copy;

	if (old && world->copy_refs[old] == 1)
		return copy_bytes(old);
	page->copy = copy_new(page_shows(page));
	if (old)
		world->copy_refs[old]--;
	return copy_bytes(page->copy);
}

/*** Ranges */

void pages_unmap(unsigned int w, uint32_t at, uint32_t count)
{
	struct page *pages = pages_of(w);

	pages_split(w, at, count);
	for (uint32_t i = at; i < at + count; i++) {
		if (!pages[i].mapped)
			continue;
		copy_put(&pages[i]);
		desc_put(pages[i].desc, 1);
		memset(&pages[i], 0, sizeof(pages[i]));
		world->workers[w].mapped--;
	}
}

/* A new VMA of pages like the first, over whatever was there. */
void pages_map(unsigned int w, uint32_t at, uint32_t count, const struct page *first)
{
	struct page *pages = pages_of(w);
	struct page page = *first;

	pages_unmap(w, at, count);
	page.vma = ++world->vma;
	page.mapped = 1;
	page.copy = 0;
	for (uint32_t i = at; i < at + count; i++, page.dev++)
		pages[i] = page;
	desc_get(page.desc, count);
	world->workers[w].mapped += count;
}

/* Pages change places, with their copies; with `keep`, the old ones stay and lose theirs. */
void pages_move(unsigned int w, uint32_t from, uint32_t count, uint32_t to, bool keep)
{
	struct page *pages = pages_of(w);

	pages_unmap(w, to, count);
	pages_map(w, to, count, &pages[from]);
	for (uint32_t i = 0; i < count; i++) {
		pages[to + i].copy = pages[from + i].copy;
		pages[from + i].copy = 0;
	}
	if (!keep)
		pages_unmap(w, from, count);
}

void pages_forget(unsigned int w, uint32_t at, uint32_t count)
{
	struct page *pages = pages_of(w);

	for (uint32_t i = at; i < at + count; i++)
		copy_put(&pages[i]);
}

/* The device ends before this page: copies of what was there go too. */
void pages_forget_all(uint32_t first_dev)
{
	for (unsigned int w = 1; w <= WORKERS; w++) {
		struct page *pages = pages_of(w);

		for (uint32_t i = 0; world->workers[w].mapped && i < ARENA_PAGES; i++)
			if (pages[i].mapped && pages[i].dev >= first_dev)
				copy_put(&pages[i]);
	}
}

static void split_before(unsigned int w, uint32_t at)
{
	struct page *pages = pages_of(w);
	uint32_t old;

	if (!at || at >= ARENA_PAGES || !pages[at].mapped || pages[at - 1].vma != pages[at].vma)
		return;
	old = pages[at].vma;
	world->vma++;
	for (uint32_t i = at; i < ARENA_PAGES && pages[i].vma == old; i++)
		pages[i].vma = world->vma;
}

/* An operation on a range cuts the VMAs at its ends. */
void pages_split(unsigned int w, uint32_t at, uint32_t count)
{
	split_before(w, at);
	split_before(w, at + count);
}

bool pages_one_vma(unsigned int w, uint32_t at, uint32_t count)
{
	const struct page *pages = pages_of(w);

	for (uint32_t i = at; i < at + count; i++)
		if (!pages[i].mapped || pages[i].vma != pages[at].vma)
			return false;
	return true;
}

bool pages_any_mapped(unsigned int w, uint32_t at, uint32_t count)
{
	const struct page *pages = pages_of(w);

	for (uint32_t i = at; i < at + count; i++)
		if (pages[i].mapped)
			return true;
	return false;
}

/*** Processes */

void pages_fork(unsigned int from, unsigned int to)
{
	struct worker *child = &world->workers[to];
	uint32_t last = 0;

	memcpy(child->pages, pages_of(from), sizeof(child->pages));
	child->mapped = 0;
	child->known = false;
	for (uint32_t i = 0; i < ARENA_PAGES; i++) {
		struct page *page = &child->pages[i];

		if (page->mapped && page->dontfork)
			memset(page, 0, sizeof(*page));
		if (!page->mapped)
			continue;
		if (page->vma != last)
			world->vma++;
		last = page->vma;
		page->vma = world->vma;
		if (page->copy)
			world->copy_refs[page->copy]++;
		desc_get(page->desc, 1);
		child->mapped++;
	}
	child->fds = world->workers[from].fds;
	for (uint8_t desc = 0; desc < DESCS; desc++)
		if (child->fds & 1u << desc)
			desc_get(desc, 1);
}

void pages_end(unsigned int w)
{
	struct worker *worker = &world->workers[w];

	pages_unmap(w, 0, ARENA_PAGES);
	for (uint8_t desc = 0; desc < DESCS; desc++)
		if (worker->fds & 1u << desc)
			desc_put(desc, 1);
	worker->fds = 0;
	worker->most = worker->least = 0;
	worker->known = false;
}

/* The kernel may have made one VMA of two neighbours, or not. */
static bool could_be_one(const struct page *a, const struct page *b)
{
	return a->dev + 1 == b->dev && a->shared == b->shared && a->prot == b->prot &&
	       a->desc == b->desc && a->dontfork == b->dontfork && a->huge == b->huge;
}

void pages_count(unsigned int w)
{
	struct worker *worker = &world->workers[w];
	const struct page *pages = worker->pages;

	worker->most = worker->least = 0;
	worker->known = false;
	for (uint32_t i = 0; worker->mapped && i < ARENA_PAGES; i++) {
		if (!pages[i].mapped)
			continue;
		if (i && pages[i - 1].mapped && pages[i - 1].vma == pages[i].vma)
			continue;
		worker->most++;
		worker->least +=
			!i || !pages[i - 1].mapped || !could_be_one(&pages[i - 1], &pages[i]);
	}
}

uint32_t pages_of_all(void)
{
	uint32_t mapped = 0;

	for (unsigned int w = 1; w <= WORKERS; w++)
		mapped += world->workers[w].mapped;
	return mapped;
}

void pages_gone(uint32_t before)
{
	if (!before || pages_of_all())
		return;
	if (world->device.policy & MMAPDEMO_WIPE_ON_LAST_UNMAP)
		device_wipe();
	device_event(LAST_CLOSE);
}

/*** Accesses */

static struct fault permission(const struct page *page, bool store)
{
	if (!page->mapped)
		return (struct fault){SIGSEGV, SEGV_MAPERR};
	if (store ? !WRITABLE(page->prot) : !READABLE(page->prot))
		return (struct fault){SIGSEGV, SEGV_ACCERR};
	return (struct fault){};
}

/* The end of an access, and its effects besides: memory is there, a copy is made. */
struct fault page_access(unsigned int w, uint32_t at, bool store)
{
	struct page *page = &pages_of(w)[at];
	struct fault fault = permission(page, store);

	if (fault.signo)
		return fault;
	if (!page->copy) {
		int error;

		if (page->dev >= world->device.size)
			return (struct fault){SIGBUS, BUS_ADRERR};
		error = device_access(page->dev);
		if (error)
			return (struct fault){SIGBUS,
					      error == EHWPOISON ? BUS_MCEERR_AR : BUS_ADRERR};
		device_present(page->dev);
	}
	if (store && !page->shared)
		page_own(page);
	return fault;
}

bool pages_fit(unsigned int w, size_t byte, size_t length, bool store)
{
	uint32_t at = byte / world->page;
	uint32_t end = (byte + length - 1) / world->page;

	if (end >= ARENA_PAGES || !pages_have_room(end - at + 1))
		return false;
	for (; at <= end; at++) {
		const struct page *page = &pages_of(w)[at];
		const struct rule *rule;

		if (permission(page, store).signo)
			return false;
		if (page->copy)
			continue;
		if (page->dev >= world->device.size)
			return false;
		rule = &world->device.rules[world->device.rule[page->dev]];
		if (rule->action > MMAPDEMO_INJECT_COUNT && !(rule->once && rule->fired))
			return false;
	}
	return true;
}
