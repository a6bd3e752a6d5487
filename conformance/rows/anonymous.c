// SPDX-License-Identifier: GPL-2.0-only
/* S2: mappings with no file behind them, which are independent of the target. */
#include <stdlib.h>
#include <string.h>

#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"

static const struct kind {
	const char *name;
	int flags;
} kinds[] = {
	{"private", MAP_PRIVATE | MAP_ANONYMOUS},
	{"shared", MAP_SHARED | MAP_ANONYMOUS},
};

static unsigned char *map_anonymous(const struct kind *kind, size_t count)
{
	void *map = mmap(NULL, pages(count), PROT_READ | PROT_WRITE, kind->flags, -1, 0);

	ck_assert_msg(map != MAP_FAILED, "mmap(MAP_ANONYMOUS): %m");
	return map;
}

ROW_EACH(S2, zero_filled, "anonymous memory is zero, where read first and where written first",
	 kinds)
{
	unsigned char *map = map_anonymous(&kinds[_i], 4);

	assert_zero(map, pages(2));
	map[pages(2)] = 1;
	assert_zero(map + pages(2) + 1, pages(2) - 1);
}

ROW_EACH(S2, pages_of_its_own, "each anonymous page that is written is a page of its own", kinds)
{
	unsigned char *shared = target_map_rw(2, MAP_SHARED, 0);
	unsigned char *map = map_anonymous(&kinds[_i], 2);

	assert_memory(shared, pages(2), 0, ORIGINAL);
	map[0] = 'a';
	map[pages(1)] = 'b';
	assert_different_page(frame_of(map), frame_of(map + pages(1)));
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++)
			assert_different_page(frame_of(map + pages(i)),
					      frame_of(shared + pages(j)));
}

ROW_EACH(S2, never_in_target, "a store to anonymous memory is not seen through the target", kinds)
{
	unsigned char *shared = target_map_rw(4, MAP_SHARED, 0);
	unsigned char *map = map_anonymous(&kinds[_i], 4);

	pattern_fill(map, pages(4), 0, 1);
	assert_target(0, pages(4), ORIGINAL);
	assert_memory(shared, pages(4), 0, ORIGINAL);
	unmap(map, pages(4));
	assert_target(0, pages(4), ORIGINAL);
}

ROW_EACH(S2, target_never_in_it, "a write to the target is not seen in anonymous memory", kinds)
{
	unsigned char *map = map_anonymous(&kinds[_i], 2);

	pattern_fill(map, pages(1), 0, 1);
	target_write_pattern(0, pages(2), 2);
	assert_memory(map, pages(1), 0, 1);
	assert_zero(map + pages(1), pages(1));
}

ROW_EACH(S2, not_a_mapping_of_target, "an anonymous mapping does not count as one of the target's",
	 kinds)
{
	uint64_t before = target.module ? counter("vmas") : 0;
	unsigned char *map = map_anonymous(&kinds[_i], 2);
	char id[64] = "";

	map[0] = 1;
	ck_assert(read_maps_id(map, id, sizeof(id)));
	ck_assert_str_ne(id, target.maps_id);
	if (target.module)
		ck_assert_uint_eq(counter("vmas"), before);
}

ROW_EACH(S2, fd_is_not_looked_at, "MAP_ANONYMOUS maps no file, even where a descriptor is given",
	 kinds)
{
	int fd = target_open(O_RDWR);
	unsigned char *map =
		target_map(pages(2), PROT_READ | PROT_WRITE, kinds[_i].flags, fd, pages(1));

	assert_zero(map, pages(2));
	pattern_fill(map, pages(2), 0, 1);
	assert_target(0, pages(4), ORIGINAL);
}

ROW_EACH(S2, over_fork, "a child inherits the memory, and sees shared stores, but no private ones",
	 kinds)
{
	bool shared = kinds[_i].flags & MAP_SHARED;
	unsigned char *map = map_anonymous(&kinds[_i], 1);
	struct peer other;
	uint64_t frame;

	map[0] = 'p';
	frame = frame_of(map);
	if (fork_child(&other)) {
		ck_assert_uint_eq(map[0], 'p');
		assert_same_page(frame_of(map), frame);
		map[0] = 'c';
		if (shared)
			assert_same_page(frame_of(map), frame);
		else
			assert_different_page(frame_of(map), frame);
		child_done();
	}
	await_exit(&other);
	ck_assert_uint_eq(map[0], shared ? 'c' : 'p');
	assert_same_page(frame_of(map), frame);
}

ROW(S2, malloc_is_anonymous, "malloc's memory is the same thing: no file, and mmap's zeros")
{
	size_t len = 64 << 20; /* above the sizes that malloc takes from its heap */
	unsigned char *memory = malloc(len);
	char id[64] = "";

	ck_assert_ptr_nonnull(memory);
	ck_assert(read_maps_id(memory, id, sizeof(id)));
	ck_assert_str_eq(id, "00:00 0");
	assert_zero(memory, pages(4));
	memset(memory, 'm', pages(4));
	assert_target(0, pages(4), ORIGINAL);
	free(memory);
}
