/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of the target that a test may break, move and place, on the device, a memfd and a file on
 * tmpfs. The same contract applies to all three.
 */
#ifndef SUPPORT_MEMORY_H
#define SUPPORT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "control.h"
#include "system.h"

/* For ROW_EACH: how the memory is made up and how it is mapped. */
static const struct memory_kind {
	const char *name;
	const struct folios *folios;
	int flags;
} memory_kinds[] = {
	{"huge-shared", &folios[0], MAP_SHARED},
	{"huge-private", &folios[0], MAP_PRIVATE},
	{"small-shared", &folios[1], MAP_SHARED},
	{"small-private", &folios[1], MAP_PRIVATE},
};

/* For tables of variants: one with a huge folio, one with single pages. */
#define EACH_FOLIOS(name, ...)                         \
	{name "-huge", &folios[0], __VA_ARGS__},       \
	{                                              \
		name "-small", &folios[1], __VA_ARGS__ \
	}

/* Not applicable unless the target is page cache that can be punched. */
void needs_page_cache(void);

/*
 * As make_chunk() of control.h, on files too: memory as large as a huge page,
 * in one huge folio or in single pages, which holds the pattern. All of it is freed
 * when the test ends.
 */
off_t memory_chunk(const struct folios *kind, int seed);
/*
 * The same range, freed, so that a first use of it allocates such folios. Its last page is
 * not to be used.
 */
off_t memory_hole(const struct folios *kind);
size_t memory_chunk_size(void);
/* Maps the chunk at an address that allows a huge page. */
unsigned char *memory_map(off_t off, int flags);

/*
 * Maps so many pages from page 1 on. A memfd is the reference, so that the target must be page
 * cache.
 */
#define MEMORY_SOME 5
unsigned char *memory_map_some(int flags);

/* Frees whole pages: PUNCH, or fallocate() on a file. Returns 0 or the errno. */
int memory_free(off_t off, size_t len);
/* The same on a descriptor that is open, of any bytes: parts of pages are zeroed. */
int memory_free_part(int fd, off_t off, size_t len);
/* Another size: RESIZE, or ftruncate() on a file. */
int memory_resize(off_t bytes);

/* True if the page behind an address is part of a larger folio. */
bool is_compound(const volatile void *addr);
/* True if it is, or if that page is on a list of reclaim. */
bool is_compound_or_on_lru(const volatile void *addr);

/* Not applicable on a machine with one node of memory. */
void needs_two_nodes(void);
/* The node that the page behind an address is on, or -errno. */
int node_of(void *page);
/* Memory for the process comes from this node alone. 0 or an errno. */
int bind_process(int node);
/* Moves a page, mapped by whomever; returns its node afterwards, or -errno. */
int move_to_node(void *page, int node);

/* Pins the page at an address as for DMA, until the descriptor that this returns is closed. */
int pin_page(void *page);

/* Newer than the headers of some systems that the tests are built on. */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE  103
#endif

/* madvise() of one page; returns 0 or the errno. Not applicable before files have guard regions. */
int guard(void *page, int advice);

/* madvise(MADV_HWPOISON) of one page; returns 0 or the errno. */
int break_page(void *page);

#endif
