// SPDX-License-Identifier: GPL-2.0-only
/* M4: msync, fsync and fdatasync succeed, and nothing is lost. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/row.h"
#include "support/target.h"

static const struct msync_flags {
	const char *name;
	int flags;
} msync_flags[] = {
	{"async", MS_ASYNC},
	{"sync", MS_SYNC},
	{"invalidate", MS_INVALIDATE},
	{"async,invalidate", MS_ASYNC | MS_INVALIDATE},
	{"sync,invalidate", MS_SYNC | MS_INVALIDATE},
	{"none", 0},
};

#define assert_msync(addr, len, flags) \
	ck_assert_msg(!msync(addr, len, flags), "msync(%#x): %m", flags)

static void assert_msync_refused(void *addr, size_t len, int flags, int expected)
{
	errno = 0;
	ck_assert_int_eq(msync(addr, len, flags), -1);
	ck_assert_int_eq(errno, expected);
}

ROW_EACH(M4, msync_shared, "msync of a shared mapping is 0, and the data stays", msync_flags)
{
	unsigned char *map = target_map_rw(4, MAP_SHARED, pages(1));
	uint64_t frame;

	pattern_fill(map, pages(4), pages(1), 1);
	frame = frame_of(map);
	assert_msync(map, pages(4), msync_flags[_i].flags);
	assert_memory(map, pages(4), pages(1), 1);
	assert_target(pages(1), pages(4), 1);
	assert_same_page(frame_of(map), frame);

	/* Later stores work as before. */
	pattern_fill(map, pages(4), pages(1), 2);
	assert_target(pages(1), pages(4), 2);
}

ROW_EACH(M4, msync_private, "msync of a private mapping is 0; its copies stay private", msync_flags)
{
	unsigned char *map = target_map_rw(4, MAP_PRIVATE, pages(1));
	uint64_t frame;

	pattern_fill(map, pages(2), pages(1), 1);
	frame = frame_of(map);
	assert_msync(map, pages(4), msync_flags[_i].flags);
	assert_memory(map, pages(2), pages(1), 1);
	assert_memory(map + pages(2), pages(2), pages(3), ORIGINAL);
	assert_same_page(frame_of(map), frame);
	assert_target(pages(1), pages(4), ORIGINAL);
}

ROW_EACH(M4, msync_read_only, "msync of memory that was not or cannot be written is 0", msync_flags)
{
	unsigned char *map = target_map_ro(4, MAP_SHARED, pages(1));

	assert_msync(map, pages(4), msync_flags[_i].flags);
	assert_memory(map, pages(4), pages(1), ORIGINAL);
	assert_msync(map, pages(4), msync_flags[_i].flags);
}

ROW_EACH(M4, msync_part, "msync of a part, of an odd length and of nothing is 0", msync_flags)
{
	unsigned char *map = target_map_rw(4, MAP_SHARED, pages(1));

	pattern_fill(map, pages(4), pages(1), 1);
	assert_msync(map + pages(1), pages(1), msync_flags[_i].flags);
	assert_msync(map + pages(2), pages(1) + 1, msync_flags[_i].flags);
	assert_msync(map, 0, msync_flags[_i].flags);
	assert_memory(map, pages(4), pages(1), 1);
	assert_target(pages(1), pages(4), 1);
}

ROW_EACH(M4, msync_past_end, "msync of a mapping that reaches past the end is 0", msync_flags)
{
	unsigned char *map = target_map_rw(3, MAP_SHARED, last_page());

	needs_end();
	pattern_fill(map, pages(1), last_page(), 1);
	assert_msync(map, pages(3), msync_flags[_i].flags);
	assert_target(last_page(), pages(1), 1);
}

ROW(M4, msync_both_ways, "MS_ASYNC with MS_SYNC is EINVAL")
{
	assert_msync_refused(target_map_rw(1, MAP_SHARED, 0), pages(1), MS_ASYNC | MS_SYNC, EINVAL);
}

ROW(M4, msync_unknown_flag, "an unknown flag is EINVAL")
{
	assert_msync_refused(target_map_rw(1, MAP_SHARED, 0), pages(1), MS_SYNC | 1 << 8, EINVAL);
}

ROW(M4, msync_unaligned, "an address inside a page is EINVAL")
{
	unsigned char *map = target_map_rw(1, MAP_SHARED, 0);

	assert_msync_refused(map + 1, 1, MS_SYNC, EINVAL);
}

ROW_EACH(M4, msync_hole, "a range with a hole is ENOMEM; the data stays", msync_flags)
{
	unsigned char *map = target_map_rw(3, MAP_SHARED, pages(1));

	pattern_fill(map, pages(3), pages(1), 1);
	unmap(map + pages(1), pages(1));
	assert_msync_refused(map, pages(3), msync_flags[_i].flags, ENOMEM);
	assert_target(pages(1), pages(3), 1);
}

ROW(M4, msync_locked_invalidate, "MS_INVALIDATE of locked pages is EBUSY; MS_SYNC alone is 0")
{
	unsigned char *map = target_map_rw(1, MAP_SHARED | MAP_LOCKED, pages(1));

	pattern_fill(map, pages(1), pages(1), 1);
	assert_msync_refused(map, pages(1), MS_SYNC | MS_INVALIDATE, EBUSY);
	assert_msync(map, pages(1), MS_SYNC);
	assert_target(pages(1), pages(1), 1);
}

/* The two calls, on each kind of descriptor. */
static const struct sync_call {
	const char *name;
	int (*call)(int fd);
	int open_flags;
} sync_calls[] = {
	{"fsync,read-write", fsync, O_RDWR},	      {"fsync,read-only", fsync, O_RDONLY},
	{"fsync,write-only", fsync, O_WRONLY},	      {"fdatasync,read-write", fdatasync, O_RDWR},
	{"fdatasync,read-only", fdatasync, O_RDONLY}, {"fdatasync,write-only", fdatasync, O_WRONLY},
};

ROW_EACH(M4, fsync, "fsync and fdatasync are 0; stored and written data stays", sync_calls)
{
	int fd = target_open(sync_calls[_i].open_flags);
	unsigned char *private = target_map_rw(1, MAP_PRIVATE, pages(1));
	unsigned char *map = target_map_rw(2, MAP_SHARED, pages(1));
	uint64_t frame;

	pattern_fill(private, pages(1), pages(1), 3);
	pattern_fill(map, pages(2), pages(1), 1);
	target_write_pattern(pages(3), pages(2), 2);
	frame = frame_of(map);

	ck_assert_msg(!sync_calls[_i].call(fd), "%s: %m", sync_calls[_i].name);

	assert_memory(map, pages(2), pages(1), 1);
	assert_same_page(frame_of(map), frame);
	assert_target(pages(1), pages(2), 1);
	assert_target(pages(3), pages(2), 2);
	assert_memory(private, pages(1), pages(1), 3);
}
