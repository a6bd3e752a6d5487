// SPDX-License-Identifier: GPL-2.0-only
/* M16: pages come from, and move to, the node of memory that was asked for. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/memory.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"
#include "support/weather.h"

#define STORED	1
#define TOUCHED 8 /* pages of the chunk, far from each other */

static int bind_memory(void *map, size_t len, int node, unsigned int flags)
{
	unsigned long nodes = 1UL << node;

	return syscall(SYS_mbind, map, len, MPOL_BIND, &nodes, 8 * sizeof(nodes), flags) ? errno
											 : 0;
}

static size_t touched(int i)
{
	return memory_chunk_size() / TOUCHED * i;
}

/*
 * False if a page is not on the node and the kernel may have migrated it: the caller then repeats
 * the placement. Without migrations, and after some time, it fails the test.
 */
static bool is_on_node(unsigned char *map, int node, unsigned int *since)
{
	for (int i = 0; i < TOUCHED; i++) {
		int its = node_of(map + touched(i));

		if (its == node)
			continue;
		/* An error: reclaim may have taken it out of the page table. */
		if (weather_explains(its >= 0) && weather_wait(since))
			return false;
		ck_abort_msg("the page at %#zx of the chunk is on node %d, not %d", touched(i), its,
			     node);
	}
	return true;
}

/*
 * Each use of memory returns a mapping whose pages are then on the node. First one node, then
 * the other, as one of them is where pages come from anyway.
 */
static void assert_placed(unsigned char *(*use)(int variant, int node), int variant)
{
	needs_two_nodes();
	for (int node = 0; node < 2; node++) {
		unsigned int since = 0;
		bool right;

		do {
			unsigned char *map = use(variant, node);

			right = is_on_node(map, node, &since);
			unmap(map, memory_chunk_size());
		} while (!right);
	}
}

static unsigned char *map_bound(off_t off, int flags, int node)
{
	unsigned char *map = memory_map(off, flags);

	assert_done(bind_memory(map, memory_chunk_size(), node, 0));
	return map;
}

static unsigned char *store_bound(int kind, int node)
{
	off_t off = memory_hole(memory_kinds[kind].folios);
	unsigned char *map = map_bound(off, memory_kinds[kind].flags, node);

	for (int i = 0; i < TOUCHED; i++)
		map[touched(i)] = 's';
	return map;
}

ROW_EACH(M16, mbind, "page faults allocate pages of the node that mbind() names", memory_kinds)
{
	assert_placed(store_bound, _i);
}

static unsigned char *load_bound(int kind, int node)
{
	unsigned char *map = map_bound(memory_hole(&folios[1]), kinds[kind].flags, node);

	for (int i = 0; i < TOUCHED; i++)
		ck_assert_uint_eq(*(volatile unsigned char *)(map + touched(i)), 0);
	return map;
}

ROW_EACH(M16, mbind_load, "a page whose first access is a load is of that node, too", kinds)
{
	assert_placed(load_bound, _i);
}

static unsigned char *copy_bound(int kind, int node)
{
	unsigned char *map = map_bound(memory_chunk(&folios[kind], STORED), MAP_PRIVATE, node);

	for (int i = 0; i < TOUCHED; i++)
		map[touched(i)] ^= 0xff;
	return map;
}

ROW_EACH(M16, mbind_copies, "private copies are made on that node", folios)
{
	assert_placed(copy_bound, _i);
}

static void by_store(off_t off)
{
	unsigned char *map = memory_map(off, MAP_SHARED);

	for (int i = 0; i < TOUCHED; i++)
		map[touched(i)] = 's';
	unmap(map, memory_chunk_size());
}

static void by_write(off_t off)
{
	int fd = target_open(O_RDWR);

	for (int i = 0; i < TOUCHED; i++)
		target_write(fd, "w", 1, off + touched(i));
	close(fd);
}

static void by_whole_write(off_t off)
{
	target_write_pattern(off, memory_chunk_size(), STORED);
}

static void by_fill(off_t off)
{
	int fd = control_open();

	assert_done(fill(fd, off, memory_chunk_size(), 1));
}

static const struct use {
	const char *name;
	const struct folios *folios;
	void (*use)(off_t off);
} uses[] = {
	{"store-huge", &folios[0], by_store},
	{"store-small", &folios[1], by_store},
	{"write-huge", &folios[0], by_write},
	{"write-small", &folios[1], by_write},
	{"large-write-huge", &folios[0], by_whole_write},
	{"large-write-small", &folios[1], by_whole_write},
	{"fill-huge", &folios[0], by_fill},
};

static unsigned char *use_bound(int use, int node)
{
	off_t off = memory_hole(uses[use].folios);
	unsigned char *map = memory_map(off, MAP_SHARED);

	assert_done(bind_process(node));
	uses[use].use(off);
	for (int i = 0; i < TOUCHED; i++)
		(void)*(volatile unsigned char *)(map + touched(i));
	return map;
}

ROW_EACH(M16, set_mempolicy, "the policy of a process applies to its page faults, writes and FILL",
	 uses)
{
	assert_placed(use_bound, _i);
}

static int by_mbind(unsigned char *map, int node)
{
	return bind_memory(map, memory_chunk_size(), node, MPOL_MF_STRICT | MPOL_MF_MOVE);
}

static int by_move_pages(unsigned char *map, int node)
{
	for (size_t at = 0; at < memory_chunk_size(); at += pages(1)) {
		void *page = map + at;
		int status = -EBUSY; /* and stays so if the page does not move */

		/* Reclaim may have taken it out of the page table. */
		(void)*(volatile unsigned char *)page;
		if (syscall(SYS_move_pages, 0, 1UL, &page, &node, &status, MPOL_MF_MOVE) < 0)
			return errno;
		if (status != node)
			return status < 0 ? -status : EIO;
	}
	return 0;
}

static const struct move {
	const char *name;
	const struct folios *folios;
	int (*move)(unsigned char *map, int node);
} moves[] = {
	{"mbind-huge", &folios[0], by_mbind},
	{"mbind-small", &folios[1], by_mbind},
	{"move-pages-huge", &folios[0], by_move_pages},
	{"move-pages-small", &folios[1], by_move_pages},
};

ROW_EACH(M16, moves, "existing pages move to the node that is named, with their contents", moves)
{
	const struct move *move = &moves[_i];
	off_t off;
	unsigned char *map;

	needs_two_nodes();
	off = memory_chunk(move->folios, STORED);
	map = memory_map(off, MAP_SHARED);
	assert_memory(map, memory_chunk_size(), off, STORED);
	for (int node = 1; node >= 0; node--) {
		unsigned int since = 0;

		do {
			/* A page may be busy, or out of the page table, for a moment. */
			assert_done(insist(move->move(map, node),
					   error_ == EIO || error_ == EBUSY || error_ == ENOENT));
			assert_memory(map, memory_chunk_size(), off, STORED);
		} while (!is_on_node(map, node, &since));
	}
	assert_target(off, memory_chunk_size(), STORED);
}

/* The answer of the kernel for a file in memory, which the target is held to. */
ROW_EACH(M16, no_such_node, "a policy for a node without memory returns the same as for a memfd",
	 kinds)
{
	int memfd = memfd_create("oracle", MFD_CLOEXEC);
	unsigned char *map, *oracle;
	const int nodes[] = {2, 7, 40, 63};
	off_t off;

	needs_two_nodes();
	off = memory_hole(&folios[1]);
	map = target_map_rw(1, kinds[_i].flags, off);
	ck_assert_int_eq(ftruncate(memfd, pages(1)), 0);
	oracle = mmap(NULL, pages(1), RW, kinds[_i].flags, memfd, 0);
	ck_assert_ptr_ne(oracle, MAP_FAILED);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		int expected = bind_memory(oracle, pages(1), nodes[i], 0);

		ck_assert_int_eq(bind_memory(map, pages(1), nodes[i], 0), expected);
		oracle[0] = map[0] = 's';
		ck_assert_int_eq(node_of(map), node_of(oracle));
	}
}
