// SPDX-License-Identifier: GPL-2.0-only
/* Steps that change what a process has mapped. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "fuzz.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

static const int prots[] = {PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE};

static unsigned char *address(uint32_t page)
{
	return ARENA + page * world->page;
}

static bool inside(uint32_t at, uint32_t count)
{
	return count && at < ARENA_PAGES && count <= ARENA_PAGES - at;
}

static struct page *page_at(uint32_t at)
{
	return &world->workers[me].pages[at];
}

static bool free_range(uint32_t at, uint32_t count)
{
	return !pages_any_mapped(me, at, count);
}

/* Some kernels unmap what MAP_FIXED replaces before they map, some after: who counts differs. */
static bool all_that_is_mapped(uint32_t at, uint32_t count)
{
	uint32_t mapped = 0;

	for (uint32_t i = at; i < at + count; i++)
		mapped += page_at(i)->mapped;
	return mapped && mapped == pages_of_all();
}

/*
 * As MAP_POPULATE and MADV_POPULATE do: to the first page that cannot be had. It
 * is asked for again unless it was the first: so far it went well, and the kernel
 * goes on from there.
 */
static struct fault populate(uint32_t at, uint32_t count, bool store)
{
	struct fault fault = {};

	for (uint32_t i = at; i < at + count && !fault.signo; i++) {
		fault = page_access(me, i, store);
		if (fault.signo && i > at)
			fault = page_access(me, i, store);
	}
	return fault;
}

static int map_refused(const struct step *s)
{
	uint8_t mode = world->descs[s->desc].mode;

	if (s->how == NOREPLACE && !free_range(s->at, s->length))
		return EEXIST;
	if (!(mode & PROT_R))
		return EACCES;
	if (s->kind && WRITABLE(s->prot) && mode != PROT_RW)
		return EACCES;
	if (!s->kind && !world->caps.private)
		return EINVAL;
	if (!world->caps.beyond && s->offset + s->length > world->device.size)
		return EINVAL;
	return 0;
}

/* Where the kernel put it is right, and from there it goes to where it was to be. */
static bool settle(const struct step *s, unsigned char *map)
{
	size_t len = s->length * world->page;
	unsigned char *to = address(s->at);

	if (map == to)
		return true;
	if (s->how == HINT && (!world->huge || len < world->huge) && free_range(s->at, s->length))
		mismatch("mmap: hint %p is free, and not taken but %p", to, map);
	else if ((uintptr_t)map % world->page)
		mismatch("mmap: %p is no page's address", map);
	else if (map < address(ARENA_PAGES) && map + len > ARENA)
		mismatch("mmap: %p lies where we did not want it", map);
	else if (mremap(map, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		mismatch("mremap of a new mapping: errno %d", errno);
	return !world->failed;
}

bool run_map(struct step *s)
{
	static const int flags[] = {
		[FIXED] = MAP_FIXED,
		[POPULATE] = MAP_FIXED | MAP_POPULATE,
		[NOREPLACE] = MAP_FIXED_NOREPLACE,
	};
	int flag = s->how < ARRAY_SIZE(flags) ? flags[s->how] : 0;
	uint32_t before = pages_of_all();
	unsigned char *map;
	int refused;

	if (!inside(s->at, s->length) || !(world->workers[me].fds & 1u << s->desc))
		return false;
	if (all_that_is_mapped(s->at, s->length) || s->offset + s->length > 2 * DEVICE_PAGES)
		return false;
	if (s->how == POPULATE && !pages_have_room(s->length))
		return false;
	refused = map_refused(s);
	if (refused == EINVAL && !free_range(s->at, s->length))
		return false;
	map = mmap(s->how == ANYWHERE ? NULL : address(s->at), s->length * world->page,
		   prots[s->prot], flag | (s->kind ? MAP_SHARED : MAP_PRIVATE), FD_BASE + s->desc,
		   (off_t)s->offset * world->page);
	if (!expect("mmap", -refused, map == MAP_FAILED ? -errno : 0) || refused)
		return true;
	if (!settle(s, map))
		return true;
	pages_map(me, s->at, s->length,
		  &(struct page){
			  .dev = s->offset,
			  .prot = s->prot,
			  .shared = s->kind,
			  .maywrite = !s->kind || world->descs[s->desc].mode == PROT_RW,
			  .desc = s->desc,
		  });
	pages_gone(before);
	if (s->how == POPULATE)
		populate(s->at, s->length, !s->kind && WRITABLE(s->prot));
	return true;
}

bool run_unmap(struct step *s)
{
	uint32_t before = pages_of_all();

	if (!inside(s->at, s->length))
		return false;
	expect("munmap", 0, munmap(address(s->at), s->length * world->page) ? -errno : 0);
	pages_unmap(me, s->at, s->length);
	pages_gone(before);
	return true;
}

/* The VMA that ends before `at` goes on, with the device's next pages. */
static void extend(uint32_t at, uint32_t count)
{
	struct page next = *page_at(at - 1);
	uint32_t vma = next.vma;

	next.dev++;
	pages_map(me, at, count, &next);
	for (uint32_t i = at; i < at + count; i++)
		page_at(i)->vma = vma;
}

static void remap_in_place(const struct step *s)
{
	uint32_t end = s->at + s->length, before = pages_of_all();
	bool grows = s->more > s->length;
	int wanted = 0;
	void *map;

	if (grows && !world->caps.grows)
		wanted = EFAULT;
	else if (grows && !free_range(end, s->more - s->length))
		wanted = ENOMEM;
	map = mremap(address(s->at), s->length * world->page, s->more * world->page, 0);
	if (!expect("mremap", -wanted, map == MAP_FAILED ? -errno : 0) || wanted)
		return;
	if (map != address(s->at))
		mismatch("mremap in place: moved to %p", map);
	if (grows)
		extend(end, s->more - s->length);
	else
		pages_unmap(me, s->at + s->more, s->length - s->more);
	pages_gone(before);
}

static int remap_refused(const struct step *s)
{
	if (s->how == DUPLICATE && !page_at(s->at)->shared)
		return EINVAL;
	if (s->more > s->length && !world->caps.grows)
		return EFAULT;
	return 0;
}

static void remap_model(const struct step *s)
{
	uint32_t moved = s->more < s->length ? s->more : s->length;

	if (s->how == DUPLICATE) {
		pages_map(me, s->to, s->more, page_at(s->at));
		return;
	}
	if (s->more < s->length)
		pages_unmap(me, s->at + s->more, s->length - s->more);
	pages_unmap(me, s->to, s->more);
	pages_move(me, s->at, moved, s->to, s->how == DONTUNMAP);
	if (s->more > moved)
		extend(s->to + moved, s->more - moved);
}

static bool apart(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a + a_count <= b || b + b_count <= a;
}

bool run_remap(struct step *s)
{
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED | (s->how == DONTUNMAP ? MREMAP_DONTUNMAP : 0);
	size_t old = s->how == DUPLICATE ? 0 : s->length * world->page;
	uint32_t new = s->how == DONTUNMAP ? s->length : s->more;
	int wanted;
	void *map;

	if (!inside(s->at, s->length) || !new || !pages_one_vma(me, s->at, s->length))
		return false;
	if (page_at(s->at)->dev + new > 2 * DEVICE_PAGES)
		return false;
	s->more = new;
	if (s->how == IN_PLACE) {
		if (!inside(s->at, new))
			return false;
		remap_in_place(s);
		return true;
	}
	if (!inside(s->to, new) || !apart(s->at, s->length, s->to, new))
		return false;
	wanted = remap_refused(s);
	if (wanted && !free_range(s->to, new))
		return false; /* which is gone then, or not */
	map = mremap(address(s->at), old, new * world->page, flags, address(s->to));
	if (!expect("mremap", -wanted, map == MAP_FAILED ? -errno : 0) || wanted)
		return true;
	if (map != address(s->to))
		mismatch("mremap to %p went to %p", address(s->to), map);
	remap_model(s);
	return true;
}

bool run_protect(struct step *s)
{
	int wanted = 0;
	uint32_t end;

	if (!inside(s->at, s->length))
		return false;
	for (end = s->at; end < s->at + s->length && !wanted; end++) {
		const struct page *page = page_at(end);

		if (!page->mapped)
			wanted = ENOMEM;
		else if (WRITABLE(s->prot) && !page->maywrite)
			wanted = EACCES;
	}
	end -= wanted != 0;
	expect("mprotect", -wanted,
	       mprotect(address(s->at), s->length * world->page, prots[s->prot]) ? -errno : 0);
	/* The pages before the one that it failed at have changed. */
	pages_split(me, s->at, end - s->at);
	for (uint32_t i = s->at; i < end; i++)
		page_at(i)->prot = s->prot;
	return true;
}

static int advise_populate(const struct step *s, bool store)
{
	uint32_t end = s->at;
	struct fault fault;

	while (end < s->at + s->length &&
	       (store ? WRITABLE(page_at(end)->prot) : page_at(end)->prot & PROT_R))
		end++;
	fault = populate(s->at, end - s->at, store);
	if (fault.signo)
		return fault.code == BUS_MCEERR_AR ? EHWPOISON : EFAULT;
	return end < s->at + s->length ? EINVAL : 0;
}

static void advise_page(struct page *page, enum advice advice)
{
	if (advice == DONTFORK || advice == DOFORK)
		page->dontfork = advice == DONTFORK;
	else if (advice == HUGE || advice == NOHUGE)
		page->huge = advice;
}

static bool any_fires_once(const struct step *s)
{
	for (uint32_t i = s->at; i < s->at + s->length; i++)
		if (device_fires_once(page_at(i)->dev))
			return true;
	return false;
}

bool run_advise(struct step *s)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_COLD,   MADV_PAGEOUT,
		MADV_HUGEPAGE, MADV_NOHUGEPAGE,	   MADV_DONTFORK,	MADV_DOFORK,
	};
	bool populates = s->kind == POP_READ || s->kind == POP_WRITE;
	bool splits = s->kind >= HUGE;
	uint32_t holes = 0;
	int wanted = 0;

	if (!inside(s->at, s->length) || !pages_have_room(s->length))
		return false;
	if (s->kind == DONTNEED && !world->caps.forgets)
		return false;
	for (uint32_t i = s->at; i < s->at + s->length; i++)
		holes += !page_at(i)->mapped;
	/* Some kernels go on after a hole; and what is asked for again depends on VMAs' ends. */
	if (populates && (holes || (any_fires_once(s) && !pages_one_vma(me, s->at, s->length))))
		return false;
	if (populates)
		wanted = advise_populate(s, s->kind == POP_WRITE);
	else if (holes)
		wanted = ENOMEM; /* the others are done */
	expect("madvise", -wanted,
	       madvise(address(s->at), s->length * world->page, advices[s->kind]) ? -errno : 0);
	if (s->kind == DONTNEED)
		pages_forget(me, s->at, s->length);
	if (splits)
		pages_split(me, s->at, s->length);
	for (uint32_t i = s->at; i < s->at + s->length && splits; i++)
		if (page_at(i)->mapped)
			advise_page(page_at(i), s->kind);
	return true;
}
