// SPDX-License-Identifier: GPL-2.0-only
/* Private mappings: S6, and S5 with fork. A store copies the page. */
#include <unistd.h>

#include "support/agent.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"

/* The parent's last access to the page before it forked. */
static const char *const before_fork[] = {"read", "written"};
enum { READ, WRITTEN };

/* Two pages of the target, as the parent has them before fork. */
static unsigned char *map_before_fork(int before)
{
	unsigned char *map = target_map_rw(2, MAP_PRIVATE, some_page());

	if (before == WRITTEN)
		pattern_fill(map, pages(2), some_page(), WRITTEN);
	assert_memory(map, pages(2), some_page(), before);
	return map;
}

ROW_EACH(S5, same_pages_before, "after fork, parent and child have the same pages", before_fork)
{
	unsigned char *map = map_before_fork(_i);
	uint64_t frame = frame_of(map);
	struct peer other;

	if (fork_child(&other)) {
		assert_memory(map, pages(2), some_page(), _i);
		assert_same_page(frame_of(map), frame);
		child_done();
	}
	await_exit(&other);
	assert_same_page(frame_of(map), frame);
}

ROW_EACH(S5, child_store_copies,
	 "a store by the child gives it another page; the parent's page and contents stay",
	 before_fork)
{
	unsigned char *map = map_before_fork(_i);
	uint64_t frame = frame_of(map), neighbour = frame_of(map + pages(1));
	struct peer other;

	if (fork_child(&other)) {
		map[3] = ~map[3];
		assert_different_page(frame_of(map), frame);
		/* The copy is of all the page, and of no other page. */
		assert_memory(map, 3, some_page(), _i);
		assert_memory(map + 4, pages(2) - 4, some_page() + 4, _i);
		assert_same_page(frame_of(map + pages(1)), neighbour);
		child_stays(&other);
	}
	await_turn(&other);
	assert_memory(map, pages(2), some_page(), _i);
	assert_same_page(frame_of(map), frame);
	release_child(&other);

	assert_memory(map, pages(2), some_page(), _i);
	assert_target(some_page(), pages(2), ORIGINAL);
}

ROW_EACH(S5, parent_store_copies,
	 "a store by the parent gives it another page; the child's page and contents stay",
	 before_fork)
{
	unsigned char *map = map_before_fork(_i);
	uint64_t frame = frame_of(map);
	struct peer other;

	if (fork_child(&other)) {
		assert_memory(map, pages(2), some_page(), _i);
		pass_turn(&other);
		await_turn(&other);
		assert_memory(map, pages(2), some_page(), _i);
		assert_same_page(frame_of(map), frame);
		child_done();
	}
	await_turn(&other);
	map[3] = ~map[3];
	assert_different_page(frame_of(map), frame);
	assert_memory(map, 3, some_page(), _i);
	release_child(&other);
	assert_target(some_page(), pages(2), ORIGINAL);
}

ROW_EACH(S5, grandchild_store_copies,
	 "a store by a grandchild changes neither its parent's nor its grandparent's page",
	 before_fork)
{
	unsigned char *map = map_before_fork(_i);
	uint64_t frame = frame_of(map);
	struct peer child, grandchild;

	if (fork_child(&child)) {
		if (fork_child(&grandchild)) {
			assert_memory(map, pages(2), some_page(), _i);
			assert_same_page(frame_of(map), frame);
			map[3] = ~map[3];
			assert_different_page(frame_of(map), frame);
			child_stays(&grandchild);
		}
		await_turn(&grandchild);
		assert_memory(map, pages(2), some_page(), _i);
		assert_same_page(frame_of(map), frame);
		pass_turn(&child);
		await_turn(&child);
		release_child(&grandchild);
		child_done();
	}
	await_turn(&child);
	assert_memory(map, pages(2), some_page(), _i);
	assert_same_page(frame_of(map), frame);
	release_child(&child);
	assert_target(some_page(), pages(2), ORIGINAL);
}

ROW_EACH(S5, three_stores_three_pages,
	 "stores by parent, child and grandchild make three pages with three contents", before_fork)
{
	unsigned char *map = map_before_fork(_i);
	struct peer child, grandchild;
	uint64_t child_frame;

	if (fork_child(&child)) {
		if (fork_child(&grandchild)) {
			map[3] = 'g';
			tell(&grandchild, frame_of(map));
			await_turn(&grandchild);
			ck_assert_uint_eq(map[3], 'g');
			child_done();
		}
		map[3] = 'c';
		tell(&child, frame_of(map));
		tell(&child, hear(&grandchild));
		await_turn(&child);
		ck_assert_uint_eq(map[3], 'c');
		release_child(&grandchild);
		child_done();
	}
	map[3] = 'p';
	child_frame = hear(&child);
	assert_different_page(child_frame, frame_of(map));
	{
		uint64_t grandchild_frame = hear(&child);

		assert_different_page(grandchild_frame, frame_of(map));
		assert_different_page(grandchild_frame, child_frame);
	}
	release_child(&child);
	ck_assert_uint_eq(map[3], 'p');
	assert_target(some_page(), pages(2), ORIGINAL);
}

/* The ways to copy the page, and the rights for them. */
static const struct way {
	const char *name;
	int open_flags;
	int read_first;
} ways[] = {
	{"written-at-once", O_RDWR, 0},
	{"read-first", O_RDWR, 1},
	{"read-only-descriptor", O_RDONLY, 0},
	{"read-only-descriptor,read-first", O_RDONLY, 1},
};

/* A private mapping of two pages, both still the target's. */
static unsigned char *map_private(const struct way *way)
{
	int fd = target_open_to_map(way->open_flags);
	unsigned char *map =
		target_map(pages(2), PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, some_page());

	close(fd);
	if (way->read_first)
		assert_memory(map, pages(2), some_page(), ORIGINAL);
	return map;
}

ROW_EACH(S6, store_stays_private, "a private store reaches neither the target nor any mapping",
	 ways)
{
	unsigned char *shared = target_map_rw(2, MAP_SHARED, some_page());
	unsigned char *other = target_map_rw(2, MAP_PRIVATE, some_page());
	unsigned char *map = map_private(&ways[_i]);
	struct agent agent;

	agent_start(&agent);
	agent_map(&agent, pages(2), MAP_SHARED, some_page());

	pattern_fill(map, pages(2), some_page(), 1);

	assert_memory(map, pages(2), some_page(), 1);
	assert_target(some_page(), pages(2), ORIGINAL);
	assert_memory(shared, pages(2), some_page(), ORIGINAL);
	assert_memory(other, pages(2), some_page(), ORIGINAL);
	ck_assert_uint_eq(agent_load(&agent, 0), pattern_byte(some_page(), ORIGINAL));

	assert_different_page(frame_of(map), frame_of(shared));
	assert_same_page(frame_of(other), frame_of(shared));
	assert_same_page(agent_frame(&agent, 0), frame_of(shared));

	agent_map(&agent, pages(2), MAP_PRIVATE, some_page());
	ck_assert_uint_eq(agent_load(&agent, 0), pattern_byte(some_page(), ORIGINAL));
	agent_stop(&agent);
}

ROW_EACH(S6, only_the_stored_page_is_copied, "a store copies its page whole, and no other page",
	 ways)
{
	unsigned char *shared = target_map_rw(2, MAP_SHARED, some_page());
	unsigned char *map = map_private(&ways[_i]);

	needs_file();
	assert_memory(shared, pages(2), some_page(), ORIGINAL);
	/* An exclusive or would load the byte first, and a load maps the page. */
	map[target.page - 1] = ~pattern_byte(some_page() + target.page - 1, ORIGINAL);

	assert_memory(map, target.page - 1, some_page(), ORIGINAL);
	assert_memory(map + pages(1), pages(1), some_page() + pages(1), ORIGINAL);
	assert_different_page(frame_of(map), frame_of(shared));
	assert_same_page(frame_of(map + pages(1)), frame_of(shared + pages(1)));
}

ROW_EACH(S6, copy_stands, "a copied page does not follow writes to the target", ways)
{
	unsigned char *shared = target_map_rw(2, MAP_SHARED, some_page());
	unsigned char *map = map_private(&ways[_i]);
	uint64_t frame;

	pattern_fill(map, pages(2), some_page(), 1);
	frame = frame_of(map);

	target_write_pattern(some_page(), pages(2), 2);
	assert_memory(map, pages(2), some_page(), 1);
	pattern_fill(shared, pages(2), some_page(), 3);
	assert_memory(map, pages(2), some_page(), 1);
	assert_same_page(frame_of(map), frame);
	assert_target(some_page(), pages(2), 3);
}

ROW_EACH(S6, gone_after_munmap, "a private store is gone after munmap", ways)
{
	unsigned char *map = map_private(&ways[_i]);

	pattern_fill(map, pages(2), some_page(), 1);
	unmap(map, pages(2));

	assert_target(some_page(), pages(2), ORIGINAL);
	map = map_private(&ways[_i]);
	assert_memory(map, pages(2), some_page(), ORIGINAL);
}

ROW_EACH(S6, gone_after_process, "a private store is gone after its process", agent_endings)
{
	unsigned char *shared = target_map_rw(2, MAP_SHARED, some_page());
	struct peer other;

	if (fork_child(&other)) {
		unsigned char *map = map_private(&ways[0]);

		pattern_fill(map, pages(2), some_page(), 1);
		assert_target(some_page(), pages(2), ORIGINAL);
		agent_await_end(&other, _i);
	}
	agent_end(&other, _i);
	assert_target(some_page(), pages(2), ORIGINAL);
	assert_memory(shared, pages(2), some_page(), ORIGINAL);
}

ROW(S6, hidden_across_fork, "a private store by a child never reaches the target")
{
	unsigned char *shared = target_map_rw(2, MAP_SHARED, some_page());
	unsigned char *map = map_private(&ways[0]);
	struct peer other;

	pattern_fill(map, pages(1), some_page(), 1);
	if (fork_child(&other)) {
		pattern_fill(map, pages(2), some_page(), 2);
		child_stays(&other);
	}
	await_turn(&other);
	assert_memory(map, pages(1), some_page(), 1);
	assert_memory(map + pages(1), pages(1), some_page() + pages(1), ORIGINAL);
	assert_memory(shared, pages(2), some_page(), ORIGINAL);
	assert_target(some_page(), pages(2), ORIGINAL);
	release_child(&other);
	assert_target(some_page(), pages(2), ORIGINAL);
}
