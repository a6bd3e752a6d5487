// SPDX-License-Identifier: GPL-2.0-only
/* Operations that make, change and remove mappings. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts.h"
#include "guard.h"
#include "ops.h"
#include "result.h"

/* Returns address space that the program's mappings do not use. */
static unsigned char *elsewhere(void)
{
	return place_of(PLACE_FACTS + 0);
}

/* Reports what a mapping contains, and removes it. */
static void look_at(const void *at, size_t pages, size_t first)
{
	if (!say_done("ret", at != MAP_FAILED))
		return;
	facts_say_pagemap("new-pagemap", at, pages);
	say_pages("new", at, pages, first);
	munmap((void *)at, pages * page_size);
}

void run_map_again(struct world *w, int flags)
{
	look_at(mmap(elsewhere(), 8 * page_size, PROT_READ, flags | MAP_FIXED, w->fd, 0), 8, 0);
}

void op_touch(struct world *w, const long *arg)
{
	unsigned char byte = 0;

	for (size_t i = 0; i < w->count; i++) {
		unsigned char *at = world_at(w) + i * page_size;

		if (arg[0])
			guarded_store(at + 24, 0x77);
		else
			guarded_load(at, &byte);
		say_signal("access", at);
	}
}

void op_mmap(struct world *w, const long *arg)
{
	look_at(mmap(elsewhere(), 8 * page_size, arg[0], arg[1] | MAP_FIXED, w->fd,
		     arg[2] * page_size),
		8, arg[2]);
}

/* The descriptor is opened with the mode in arg[0]. */
void op_mmap_mode(struct world *w, const long *arg)
{
	int fd = open(w->path, arg[0] | O_CLOEXEC);
	unsigned char *at;

	if (!say_done("open", fd >= 0))
		return;
	at = mmap(elsewhere(), 8 * page_size, arg[1], arg[2] | MAP_FIXED, fd, 0);
	if (!say_done("mmap", at != MAP_FAILED))
		goto close;
	say_ret("mprotect", mprotect(at, 8 * page_size, PROT_READ | PROT_WRITE));
	guarded_store(at + 3, 1);
	say_signal("store", at);
	munmap(at, 8 * page_size);
close:
	close(fd);
}

void op_mprotect(struct world *w, const long *arg)
{
	unsigned char byte = 0;

	say_ret("ret", mprotect(world_at(w), world_bytes(w), arg[0]));
	guarded_load(world_at(w), &byte);
	say_signal("load", world_at(w));
	guarded_store(world_at(w) + 24, 0x77);
	say_signal("store", world_at(w));
	if (arg[1])
		say_ret("back", mprotect(world_at(w), world_bytes(w), PROT_READ | PROT_WRITE));
}

/* arg is the first page and the number of pages. A negative page counts from the end. */
void op_munmap(struct world *w, const long *arg)
{
	size_t from = arg[0] < 0 ? w->map->pages + arg[0] : (size_t)arg[0];
	size_t pages = arg[1] < 0 ? w->map->pages - from : (size_t)arg[1];

	say_ret("ret", munmap(w->map->at + from * page_size, pages * page_size));
}

void op_munmap_range(struct world *w, const long *arg)
{
	say_ret("ret", munmap(world_at(w) + arg[0], world_bytes(w)));
	say_ret("again", munmap(world_at(w), world_bytes(w)));
}

/* Moves the range. arg is the new length in pages, and the flags. */
void op_mremap(struct world *w, const long *arg)
{
	unsigned char *at =
		mremap(world_at(w), world_bytes(w), arg[0] * page_size, arg[1], elsewhere());

	look_at(at, arg[0], w->map->first + w->page);
}

/* The whole mapping grows or shrinks in place. */
void op_mremap_whole(struct world *w, const long *arg)
{
	size_t pages = w->map->pages + arg[0];
	void *at = mremap(w->map->at, w->map->pages * page_size, pages * page_size, arg[1]);

	if (say_done("ret", at != MAP_FAILED) && at == w->map->at)
		w->map->pages = pages;
}

/* An old length of 0 duplicates a shared mapping. */
void op_mremap_copy(struct world *w, const long *arg)
{
	(void)arg;
	look_at(mremap(world_at(w), 0, world_bytes(w), MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere()),
		w->count, w->map->first + w->page);
}

/* The new place is a part of the same mapping. */
void op_mremap_over(struct world *w, const long *arg)
{
	void *to = world_at(w) + arg[0] * page_size;
	void *at = mremap(world_at(w), world_bytes(w), world_bytes(w),
			  MREMAP_MAYMOVE | MREMAP_FIXED, to);

	say_done("ret", at != MAP_FAILED);
}

/* Bit 0 of arg[0] makes the child store, and bit 1 the parent. Then the child reads. */
void op_fork(struct world *w, const long *arg)
{
	int turn[2];
	char byte = 0;
	pid_t child;

	if (pipe(turn))
		return;
	child = fork();
	if (!child) {
		if (arg[0] & 1)
			guarded_store(world_at(w) + 32, 0xc1);
		say_signal("child-store", world_at(w));
		close(turn[1]);
		if (read(turn[0], &byte, 1) < 0)
			say("read", "%s", errno_name(errno));
		say_pages("child", world_at(w), w->count, w->map->first + w->page);
		facts_say_pagemap("child-pagemap", world_at(w), w->count);
		_exit(0);
	}
	if (arg[0] & 2)
		guarded_store(world_at(w) + 40, 0xf2);
	close(turn[0]);
	close(turn[1]);
	waitpid(child, NULL, 0);
}

/* The kernel emulates this call with VMAs. */
void op_remap_file_pages(struct world *w, const long *arg)
{
	say_ret("ret", remap_file_pages(world_at(w), world_bytes(w), 0,
					w->map->first + w->page + arg[0], 0));
}

/* The new mapping is to lie where the range is. */
void op_mmap_noreplace(struct world *w, const long *arg)
{
	void *at = mmap(world_at(w), world_bytes(w), arg[0], arg[1], w->fd, world_offset(w));

	say_done("ret", at != MAP_FAILED);
}

/* No file has these offsets and lengths. */
void op_mmap_odd(struct world *w, const long *arg)
{
	(void)arg;
	say_done("length-0", mmap(NULL, 0, PROT_READ, MAP_SHARED, w->fd, 0) != MAP_FAILED);
	say_done("unaligned", mmap(NULL, 1, PROT_READ, MAP_SHARED, w->fd, 1) != MAP_FAILED);
	say_done("kind", mmap(NULL, page_size, PROT_READ, 0, w->fd, 0) != MAP_FAILED);
	say_done("far", mmap(NULL, page_size, PROT_READ, MAP_SHARED, w->fd, 0x7ffffffffffff000) !=
				MAP_FAILED);
	say_done("huge",
		 mmap(NULL, (size_t)1 << 62, PROT_READ, MAP_SHARED, w->fd, 0) != MAP_FAILED);
}
