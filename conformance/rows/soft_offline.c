// SPDX-License-Identifier: GPL-2.0-only
/* M14: soft offlining, which takes a frame out of use and must keep its contents. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "support/memory.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define STORED	     1
#define LEAVES	     20 /* page of the chunk */
#define SOFT_OFFLINE "/sys/devices/system/memory/soft_offline_page"

/* Busy pages, such as those on a processor's own list of new ones, are tried again. */
#define while_busy(call) insist(call, error_ == EBUSY || error_ == EAGAIN || error_ == EIO)

static int offline_mapped(void *page)
{
	int error;

	needs_system();
	error = while_busy(madvise(page, pages(1), MADV_SOFT_OFFLINE) ? errno : 0);
	if (error == EINVAL || error == EPERM || error == EOPNOTSUPP)
		row_not_applicable("no soft offlining here (MADV_SOFT_OFFLINE): %s",
				   strerror(error));
	return error;
}

static void assert_intact(off_t off, int flags)
{
	assert_target(off, memory_chunk_size(), STORED);
	assert_memory(memory_map(off, flags), memory_chunk_size(), off, STORED);
}

ROW_EACH(M14, soft_offline_mapped, "a mapped page that leaves its frame keeps its contents",
	 memory_kinds)
{
	const struct memory_kind *kind = &memory_kinds[_i];
	off_t off = memory_chunk(kind->folios, STORED);
	unsigned char *map = memory_map(off, kind->flags);
	uint64_t frame;

	assert_memory(map, memory_chunk_size(), off, STORED);
	frame = frame_of(map + pages(LEAVES));
	assert_done(offline_mapped(map + pages(LEAVES)));
	assert_memory(map, memory_chunk_size(), off, STORED);
	assert_different_page(frame_of(map + pages(LEAVES)), frame);
	assert_intact(off, MAP_SHARED);
	assert_intact(off, MAP_PRIVATE);
}

ROW_EACH(M14, soft_offline_unmapped, "a page that nobody maps keeps its contents too", folios)
{
	off_t off = memory_chunk(&folios[_i], STORED);
	unsigned char *map = memory_map(off, MAP_SHARED);
	char address[32];
	uint64_t frame;
	int error;

	needs_system();
	assert_memory(map, memory_chunk_size(), off, STORED);
	frame = frame_of(map + pages(LEAVES));
	unmap(map, memory_chunk_size());
	snprintf(address, sizeof(address), "%#" PRIx64, frame * pages(1));
	error = while_busy(write_text(SOFT_OFFLINE, address));
	if (error == ENOENT || error == EACCES || error == EPERM || error == EOPNOTSUPP)
		row_not_applicable(SOFT_OFFLINE ": %s", strerror(error));
	ck_assert_msg(!error, SOFT_OFFLINE ": %s", strerror(error));
	assert_intact(off, MAP_SHARED);
	map = memory_map(off, MAP_SHARED);
	assert_memory(map, memory_chunk_size(), off, STORED);
	assert_different_page(frame_of(map + pages(LEAVES)), frame);
}
