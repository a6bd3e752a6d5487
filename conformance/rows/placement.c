// SPDX-License-Identifier: GPL-2.0-only
/* M16: the node of memory that pages come from, and go to, is the one that was asked for. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/memory.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"

#define STORED	1
#define TOUCHED 8 /* pages of the chunk, far from each other */

static int bind_memory(void *map, size_t len, int node, unsigned int flags)
{
	unsigned long nodes = 1UL << node;

	return syscall(SYS_mbind, map, len, MPOL_BIND, &nodes, 8 * sizeof(nodes), flags) ? errno
											 : 0;
}

static int bind_process(int node)
{
	unsigned long nodes = 1UL << node;

	return syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes)) ? errno : 0;
}

static size_t touched(int i)
{
	return memory_chunk_size() / TOUCHED * i;
}

/* Another process may move a page between the page fault and the look at it. */
#define TRIES 20

static bool is_on_node(unsigned char *map, int node)
{
	for (int i = 0; i < TOUCHED; i++)
		if (node_of(map + touched(i)) != node)
			return false;
	return true;
}

static void assert_on_node(unsigned char *map, int node)
{
	for (int i = 0; i < TOUCHED; i++)
		ck_assert_msg(node_of(map + touched(i)) == node,
			      "the page at %#zx of the chunk is on node %d, not %d", touched(i),
			      node_of(map + touched(i)), node);
}

/* One node after the other, as one of them is where pages come from anyway. */
ROW_EACH(M16, mbind, "page faults take pages of the node that mbind() names", memory_kinds)
{
	const struct memory_kind *kind = &memory_kinds[_i];

	needs_two_nodes();
	for (int node = 0; node < 2; node++) {
		bool right = false;

		for (int tries = 0; !right && tries < TRIES; tries++) {
			off_t off = memory_hole(kind->folios);
			unsigned char *map = memory_map(off, kind->flags);

			assert_done(bind_memory(map, memory_chunk_size(), node, 0));
			for (int i = 0; i < TOUCHED; i++)
				map[touched(i)] = 's';
			right = is_on_node(map, node);
			if (tries == TRIES - 1)
				assert_on_node(map, node);
			unmap(map, memory_chunk_size());
		}
	}
}

ROW_EACH(M16, mbind_load, "a page that is loaded from first is of that node, too", kinds)
{
	needs_two_nodes();
	for (int node = 0; node < 2; node++) {
		off_t off = memory_hole(&folios[1]);
		unsigned char *map = memory_map(off, kinds[_i].flags);

		assert_done(bind_memory(map, memory_chunk_size(), node, 0));
		for (int i = 0; i < TOUCHED; i++)
			ck_assert_uint_eq(*(volatile unsigned char *)(map + touched(i)), 0);
		assert_on_node(map, node);
		unmap(map, memory_chunk_size());
	}
}

ROW_EACH(M16, mbind_copies, "private copies are made on that node", folios)
{
	needs_two_nodes();
	for (int node = 0; node < 2; node++) {
		off_t off = memory_chunk(&folios[_i], STORED);
		unsigned char *map = memory_map(off, MAP_PRIVATE);

		assert_done(bind_memory(map, memory_chunk_size(), node, 0));
		for (int i = 0; i < TOUCHED; i++)
			map[touched(i)] ^= 0xff;
		assert_on_node(map, node);
		unmap(map, memory_chunk_size());
	}
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

ROW_EACH(M16, set_mempolicy, "the policy of a process holds for its faults, writes and FILL", uses)
{
	needs_two_nodes();
	for (int node = 0; node < 2; node++) {
		off_t off = memory_hole(uses[_i].folios);
		unsigned char *map = memory_map(off, MAP_SHARED);

		assert_done(bind_process(node));
		uses[_i].use(off);
		for (int i = 0; i < TOUCHED; i++)
			(void)*(volatile unsigned char *)(map + touched(i));
		assert_on_node(map, node);
		unmap(map, memory_chunk_size());
	}
}

static int by_mbind(unsigned char *map, int node)
{
	return bind_memory(map, memory_chunk_size(), node, MPOL_MF_STRICT | MPOL_MF_MOVE);
}

static int by_move_pages(unsigned char *map, int node)
{
	for (size_t at = 0; at < memory_chunk_size(); at += pages(1)) {
		void *page = map + at;
		int status = 0;

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

/* A page may be busy, or out of the page table, for a moment: the call is tried again. */
#define in_time(call)                                                                     \
	({                                                                                \
		int error_, tries_ = 50;                                                  \
                                                                                          \
		while ((error_ = (call)) == EIO || error_ == EBUSY || error_ == ENOENT) { \
			if (!tries_--)                                                    \
				break;                                                    \
			usleep(20000);                                                    \
		}                                                                         \
		error_;                                                                   \
	})

ROW_EACH(M16, moves, "pages that are there move to the node that is named, with their contents",
	 moves)
{
	const struct move *move = &moves[_i];
	off_t off;
	unsigned char *map;

	needs_two_nodes();
	off = memory_chunk(move->folios, STORED);
	map = memory_map(off, MAP_SHARED);
	assert_memory(map, memory_chunk_size(), off, STORED);
	for (int node = 1; node >= 0; node--) {
		int tries = TRIES;

		do {
			assert_done(in_time(move->move(map, node)));
			assert_memory(map, memory_chunk_size(), off, STORED);
		} while (--tries && !is_on_node(map, node));
		assert_on_node(map, node);
	}
	assert_target(off, memory_chunk_size(), STORED);
}

/* The answer of the kernel for a file in memory, which the target is held to. */
ROW_EACH(M16, no_such_node, "a policy of a node without memory gets a memfd's answer", kinds)
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
