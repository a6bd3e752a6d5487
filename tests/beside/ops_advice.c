// SPDX-License-Identifier: GPL-2.0-only
/* madvise(), mlock(), mincore() and the calls that synchronise. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "newer.h"
#include "ops.h"
#include "result.h"

void op_madvise(struct world *w, const long *arg)
{
	say_ret("ret", madvise(world_at(w), world_bytes(w), arg[0]));
}

/* Loads from all pages of the range show what the advice did. */
void op_madvise_load(struct world *w, const long *arg)
{
	say_ret("ret", madvise(world_at(w), world_bytes(w), arg[0]));
	say_pages("loads", world_at(w), w->count, w->map->first + w->page);
}

void op_madvise_store(struct world *w, const long *arg)
{
	say_ret("ret", madvise(world_at(w), world_bytes(w), arg[0]));
	guarded_store(world_at(w) + 16, 0x5a);
	say_signal("store", world_at(w));
}

/* The second advice may take the first one back. */
void op_madvise_twice(struct world *w, const long *arg)
{
	say_ret("first", madvise(world_at(w), world_bytes(w), arg[0]));
	say_ret("second", madvise(world_at(w), world_bytes(w), arg[1]));
	guarded_store(world_at(w) + 16, 0x5a);
	say_signal("store", world_at(w));
}

void op_madvise_fork(struct world *w, const long *arg)
{
	pid_t child;

	say_ret("ret", madvise(world_at(w), world_bytes(w), arg[0]));
	child = fork();
	if (!child) {
		say_pages("child", world_at(w) - page_size, w->count + 1,
			  w->map->first + w->page - 1);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* The address is not aligned, the length is not of whole pages, or part of the range is unmapped.
 */
void op_madvise_odd(struct world *w, const long *arg)
{
	say_ret("unaligned", madvise(world_at(w) + 1, page_size, arg[0]));
	say_ret("part", madvise(world_at(w), 1, arg[0]));
	say_ret("nothing", madvise(world_at(w), 0, arg[0]));
	munmap(world_at(w) + page_size, page_size);
	say_ret("gap", madvise(world_at(w), world_bytes(w), arg[0]));
}

void op_mlock(struct world *w, const long *arg)
{
	say_ret("ret", arg[0] < 0 ? mlock(world_at(w), world_bytes(w))
				  : mlock2(world_at(w), world_bytes(w), arg[0]));
	if (arg[1])
		say_ret("munlock", munlock(world_at(w), world_bytes(w)));
	if (arg[2])
		say_ret("advice", madvise(world_at(w), world_bytes(w), arg[2]));
}

/* A mapping that is made afterwards shows whether the flags concern it. */
void op_mlockall(struct world *w, const long *arg)
{
	say_ret("ret", mlockall(arg[0]));
	run_map_again(w, MAP_SHARED);
	if (arg[1])
		say_ret("munlockall", munlockall());
}

void op_mincore(struct world *w, const long *arg)
{
	unsigned char in[8] = {0};

	if (arg[0])
		madvise(world_at(w), world_bytes(w), MADV_DONTNEED);
	say_ret("ret", mincore(world_at(w), world_bytes(w), in));
	say("in", "%d%d%d%d", in[0] & 1, in[1] & 1, in[2] & 1, in[3] & 1);
	say_ret("odd", mincore(world_at(w) + 1, page_size, in));
}

void op_msync(struct world *w, const long *arg)
{
	if (arg[1])
		mlock(world_at(w), world_bytes(w));
	guarded_store(world_at(w) + 3, 1);
	say_ret("ret", msync(world_at(w), world_bytes(w), arg[0]));
}

void op_fsync(struct world *w, const long *arg)
{
	guarded_store(world_at(w) + 3, 1);
	switch (arg[0]) {
	case 0:
		say_ret("ret", fsync(w->fd));
		break;
	case 1:
		say_ret("ret", fdatasync(w->fd));
		break;
	case 2:
		say_ret("ret", sync_range(w->fd, world_offset(w), world_bytes(w)));
		break;
	case 3:
		say_ret("ret", syncfs(w->fd));
		break;
	}
}

/* Writes one file of procfs, which concerns the whole machine or this process. */
void op_system(struct world *w, const long *arg)
{
	static const char *const files[][2] = {
		{"/proc/sys/vm/drop_caches", "3"}, {"/proc/sys/vm/compact_memory", "1"},
		{"/proc/self/clear_refs", "1"},	   {"/proc/self/clear_refs", "4"},
		{"/proc/self/clear_refs", "3"},
	};

	say_ret("ret", write_file(files[arg[0]][0], files[arg[0]][1]));
	if (!arg[1])
		return;
	guarded_store(world_at(w) + 16, 0x5a);
	say_signal("store", world_at(w));
}
