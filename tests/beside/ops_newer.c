// SPDX-License-Identifier: GPL-2.0-only
/* Calls that newer kernels have: contract M17. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "facts.h"
#include "guard.h"
#include "newer.h"
#include "ops.h"
#include "result.h"

void op_mseal(struct world *w, const long *arg)
{
	(void)arg;
	say_ret("ret", syscall(SYS_MSEAL, world_at(w), world_bytes(w), 0));
	say_ret("munmap", munmap(world_at(w), page_size));
	say_ret("mprotect", mprotect(world_at(w) + page_size, page_size, PROT_READ));
	say_ret("madvise", madvise(world_at(w), page_size, MADV_DONTNEED));
	say_done("mremap", mremap(world_at(w), page_size, page_size, MREMAP_MAYMOVE | MREMAP_FIXED,
				  place_of(PLACE_FACTS)) != MAP_FAILED);
	guarded_store(world_at(w) + 2, 0x64);
	say_signal("store", world_at(w));
}

/* Lists the pages that have all categories of arg[0]. arg[1] is what is returned of each. */
void op_pagemap_scan(struct world *w, const long *arg)
{
	struct pagemap_region regions[64];
	struct pagemap_scan scan = {
		.size = sizeof(scan),
		.flags = arg[2],
		.start = (uintptr_t)w->map->at,
		.end = (uintptr_t)(w->map->at + w->map->pages * page_size),
		.vec = (uintptr_t)regions,
		.vec_len = ARRAY_SIZE(regions),
		.category_mask = arg[0],
		.return_mask = arg[1],
	};
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int got = ioctl(fd, PAGEMAP_SCAN_, &scan);
	char text[2048] = "";

	say_ret("regions.count", got);
	for (int i = 0; i < got; i++)
		sprintf(text + strlen(text), "%llu-%llu:%#llx ",
			(regions[i].start - scan.start) / page_size,
			(regions[i].end - scan.start) / page_size, regions[i].categories);
	say("regions", "%s", text);
	close(fd);
}

/* arg is the size of the build id, and 1 to punch the first page of the object before. */
void op_procmap_query(struct world *w, const long *arg)
{
	unsigned char id[64];
	struct procmap query = {
		.size = sizeof(query),
		.query_addr = (uintptr_t)world_at(w),
		.build_id_size = arg[0],
		.build_id_addr = arg[0] ? (uintptr_t)id : 0,
	};
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (arg[1])
		say_ret("punch", object_punch(w, 0, page_size));
	say_ret("ret", ioctl(fd, PROCMAP_QUERY_, &query));
	say("vma", "%llu-%llu flags %#llx page %llu offset %llu build-id %u",
	    (query.vma_start - (uintptr_t)w->map->at) / page_size,
	    (query.vma_end - (uintptr_t)w->map->at) / page_size, query.vma_flags,
	    query.vma_page_size, query.vma_offset, query.build_id_size);
	close(fd);
}

void op_cachestat(struct world *w, const long *arg)
{
	uint64_t range[2] = {arg[0] ? 0 : world_offset(w), arg[0] ? 0 : world_bytes(w)};
	uint64_t stat[5] = {0};

	say_ret("ret", syscall(SYS_CACHESTAT, w->fd, range, stat, 0));
	say("cached", "%lu", stat[0]);
	say("dirty", "%lu writeback %lu", stat[1], stat[2]);
	say("evicted", "%lu %lu", stat[3], stat[4]);
}

void op_pkey(struct world *w, const long *arg)
{
	int key = pkey_alloc(0, 0);
	unsigned char byte = 0;

	if (!say_done("alloc", key >= 0))
		return;
	say_ret("ret", pkey_mprotect(world_at(w), world_bytes(w), PROT_READ | PROT_WRITE, key));
	say_ret("set", pkey_set(key, arg[0]));
	guarded_load(world_at(w), &byte);
	say_signal("load", world_at(w));
	guarded_store(world_at(w) + 1, 0x65);
	say_signal("store", world_at(w));
	say_ret("pwrite", pwrite(w->fd, "x", 1, world_offset(w)));
	pkey_set(key, 0);
}

void op_process_madvise(struct world *w, const long *arg)
{
	struct iovec range = {world_at(w), world_bytes(w)};
	int fd = syscall(SYS_PIDFD_OPEN, getpid(), 0);

	say_ret("ret", syscall(SYS_PROCESS_MADVISE, fd, &range, 1, arg[0], 0));
	close(fd);
}

/* After this prctl() no page may be writable and executable. */
void op_mdwe(struct world *w, const long *arg)
{
	void *at;

	say_ret("prctl", prctl(65, arg[0], 0, 0, 0));
	say_ret("mprotect", mprotect(world_at(w), world_bytes(w), PROT_READ | PROT_EXEC));
	at = mmap(place_of(PLACE_FACTS), page_size, PROT_READ | PROT_WRITE | PROT_EXEC,
		  MAP_SHARED | MAP_FIXED, w->fd, 0);
	say_done("mmap", at != MAP_FAILED);
}

void op_map_files(struct world *w, const long *arg)
{
	char path[96], byte = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)w->map->at,
		 (long)(w->map->at + w->map->pages * page_size));
	fd = open(path, arg[0] | O_CLOEXEC);
	if (!say_done("open", fd >= 0))
		return;
	say_ret("pread", pread(fd, &byte, 1, world_offset(w)));
	say("byte", "%d", byte);
	close(fd);
}

void op_vma_name(struct world *w, const long *arg)
{
	(void)arg;
	say_ret("ret", prctl(0x53564d41, 0, world_at(w), world_bytes(w), "beside"));
}

/* debugfs splits the folios of this process. */
void op_split_huge(struct world *w, const long *arg)
{
	char text[96];

	(void)arg;
	snprintf(text, sizeof(text), "%d,0x%lx,0x%lx", getpid(), (long)w->map->at,
		 (long)(w->map->at + w->map->pages * page_size));
	say_ret("ret", write_file("/sys/kernel/debug/split_huge_pages", text));
}
