// SPDX-License-Identifier: GPL-2.0-only
/* Placement: contract M16. The kernel refuses the second node where the machine has one. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard.h"
#include "newer.h"
#include "ops.h"
#include "result.h"

/* Touches the pages and counts them by node. */
static void count_nodes(const struct world *w, unsigned int count[3])
{
	void *at[8];
	int nodes[8];
	unsigned char byte;

	for (size_t i = 0; i < w->count; i++) {
		at[i] = world_at(w) + i * page_size;
		guarded_load(at[i], &byte);
	}
	say_ret("move_pages", syscall(SYS_move_pages, 0, w->count, at, NULL, nodes, 0));
	for (size_t i = 0; i < w->count; i++)
		count[nodes[i] == 0 || nodes[i] == 1 ? nodes[i] : 2]++;
}

static void say_nodes(const char *key, const struct world *w)
{
	unsigned int count[3] = {0};

	count_nodes(w, count);
	say(key, "%u on the first, %u on the second, %u elsewhere", count[0], count[1], count[2]);
}

/* Interleaving begins at a node that depends on what the process has allocated before. */
static void say_spread(const char *key, const struct world *w)
{
	unsigned int count[3] = {0};

	count_nodes(w, count);
	say(key, "%s, %u elsewhere", count[0] && count[1] ? "both" : "one", count[2]);
}

static long bind_range(const struct world *w, long mode, unsigned long nodes, long flags)
{
	return syscall(SYS_mbind, world_at(w), world_bytes(w), mode, &nodes, 8, flags);
}

/* arg is mode, nodes and flags. The range is then allocated by a store and by pwrite(). */
void op_mbind(struct world *w, const long *arg)
{
	say_ret("ret", bind_range(w, arg[0], arg[1], arg[2]));
	if (!(arg[2] & (MPOL_MF_MOVE | MPOL_MF_STRICT))) {
		object_punch(w, world_offset(w), world_bytes(w));
		say_ret("pwrite", pwrite(w->fd, "x", 1, world_offset(w)));
		guarded_store(world_at(w) + page_size, 1);
	}
	say_nodes("nodes", w);
}

/* Sets the policy of the process. arg is mode and nodes. */
void op_set_mempolicy(struct world *w, const long *arg)
{
	unsigned long nodes = arg[1];

	say_ret("ret", syscall(SYS_set_mempolicy, arg[0], &nodes, 8));
	object_punch(w, world_offset(w), world_bytes(w));
	say_ret("pwrite", pwrite(w->fd, "x", 1, world_offset(w)));
	guarded_store(world_at(w) + page_size, 1);
	if (arg[0] == MPOL_INTERLEAVE)
		say_spread("nodes", w);
	else
		say_nodes("nodes", w);
}

void op_get_mempolicy(struct world *w, const long *arg)
{
	unsigned long nodes = 0;
	int mode = -1;

	if (arg[1])
		say_ret("mbind", bind_range(w, MPOL_BIND, 2, 0));
	say_ret("ret", syscall(SYS_get_mempolicy, &mode, arg[0] & MPOL_F_NODE ? NULL : &nodes, 8,
			       world_at(w), arg[0]));
	say("mode", "%d nodes %#lx", mode, nodes);
}

/* The policy belongs to a shared object, so that another mapping has it, too. */
void op_mbind_other(struct world *w, const long *arg)
{
	unsigned long nodes = 0;
	unsigned char *other;
	int mode = -1;

	(void)arg;
	say_ret("mbind", bind_range(w, MPOL_BIND, 2, 0));
	other = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, world_offset(w));
	say_ret("ret", syscall(SYS_get_mempolicy, &mode, &nodes, 8, other, MPOL_F_ADDR));
	say("mode", "%d nodes %#lx", mode, nodes);
	munmap(other, page_size);
}

/* Did a page not move because the kernel had isolated it, or its folio? */
static bool busy(long ret, const int *nodes, size_t count)
{
	bool found = ret > 0;

	for (size_t i = 0; i < count; i++)
		found |= nodes[i] == -EBUSY || nodes[i] == -EAGAIN;
	return found;
}

/*
 * Moves the pages to node arg[0]. They are loaded before, as page tables may have more pages than
 * the program touched. Compaction and reclaim isolate pages for a moment.
 */
void op_move_pages(struct world *w, const long *arg)
{
	unsigned char byte;
	int to[8], nodes[8];
	char text[128] = "";
	void *at[8];

	long ret;

	for (size_t i = 0; i < w->count; i++) {
		at[i] = world_at(w) + i * page_size;
		to[i] = arg[0];
		guarded_load(at[i], &byte);
	}
	for (int tries = 0; tries < 500; tries++) {
		memset(nodes, 0x80, sizeof(nodes));
		ret = syscall(SYS_move_pages, 0, w->count, at, to, nodes, arg[1]);
		if (!busy(ret, nodes, w->count))
			break;
		usleep(2000);
	}
	say_ret("ret", ret);
	for (size_t i = 0; i < w->count; i++)
		sprintf(text + strlen(text), "%s ",
			nodes[i] < 0 ? errno_name(-nodes[i])
			: nodes[i]   ? "1"
				     : "0");
	say("status", "%s", text);
	say_nodes("nodes", w);
}

void op_migrate_pages(struct world *w, const long *arg)
{
	unsigned long from = arg[0], to = arg[1];
	long ret = syscall(SYS_migrate_pages, 0, 8, &from, &to);

	say_done("ret", ret >= 0);
	say_nodes("nodes", w);
}

void op_home_node(struct world *w, const long *arg)
{
	say_ret("mbind", bind_range(w, MPOL_BIND, 3, 0));
	say_ret("ret",
		syscall(SYS_SET_MEMPOLICY_HOME_NODE, world_at(w), world_bytes(w), arg[0], 0));
}
