// SPDX-License-Identifier: GPL-2.0-only
/* Shared mappings: S1 (one memory with the file), S3, S4 and S7 (one memory with each other). */
#include <unistd.h>

#include "support/agent.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"

/* Where in the target; what is negative counts from the end. */
static const struct place {
	const char *name;
	int page;
	int byte;
	size_t len;
} places[] = {
	{"first-byte", 0, 0, 1},
	{"inside-a-page", 2, 101, 300},
	{"page-crossing", 3, -5, 11},
	{"last-byte", -1, -1, 1},
};

/* A shared mapping of the place's pages and, where there is one, the page before. */
struct window {
	unsigned char *map;
	unsigned char *at;     /* the place in it */
	off_t start, off, end; /* of the mapping, the place, the mapping's end */
};

static struct window map_window(const struct place *place)
{
	off_t page = place->page < 0 ? last_page() : (off_t)pages(place->page);
	struct window window;
	size_t count;

	window.off = page + place->byte + (place->byte < 0 ? (off_t)target.page : 0);
	window.start = page ? page - target.page : 0;
	count = (window.off + place->len - window.start + target.page - 1) / target.page;
	window.end = window.start + pages(count);
	window.map = target_map_rw(count, MAP_SHARED, window.start);
	window.at = window.map + (window.off - window.start);
	return window;
}

ROW_EACH(S1, store_is_read_back, "pread returns what was stored through a shared mapping", places)
{
	const struct place *place = &places[_i];
	struct window w = map_window(place);
	off_t after = w.off + place->len;

	needs_read();
	pattern_fill(w.at, place->len, w.off, 1);

	assert_target(w.off, place->len, 1);
	assert_target(w.start, w.off - w.start, ORIGINAL);
	assert_target(after, w.end - after, ORIGINAL);
}

ROW_EACH(S1, write_shows_in_touched_mapping, "pages that are already mapped show what pwrite wrote",
	 places)
{
	const struct place *place = &places[_i];
	struct window w = map_window(place);
	uint64_t frame;

	needs_write();
	assert_memory(w.map, w.end - w.start, w.start, ORIGINAL);
	frame = frame_of(w.at);

	target_write_pattern(w.off, place->len, 1);

	assert_memory(w.at, place->len, w.off, 1);
	assert_same_page(frame_of(w.at), frame);
	assert_memory(w.map, w.off - w.start, w.start, ORIGINAL);
}

ROW_EACH(S1, write_shows_on_first_touch,
	 "pages that were not accessed before show what pwrite wrote", places)
{
	const struct place *place = &places[_i];
	struct window w = map_window(place);
	off_t after = w.off + place->len;

	needs_write();
	target_write_pattern(w.off, place->len, 1);

	assert_memory(w.at, place->len, w.off, 1);
	assert_memory(w.map, w.off - w.start, w.start, ORIGINAL);
	assert_memory(w.at + place->len, w.end - after, after, ORIGINAL);
}

ROW(S1, read_into_own_mapping, "read and write work with the mapping itself as buffer")
{
	unsigned char *map = target_map_rw(4, MAP_SHARED, 0);
	int fd = target_open(O_RDWR);

	needs_read();
	needs_write();
	/* Pages without an access: the copy takes page faults on the same file that it copies. */
	ck_assert_int_eq(pread(fd, map, pages(2), pages(2)), pages(2));
	assert_memory(map, pages(2), pages(2), ORIGINAL);
	ck_assert_int_eq(pwrite(fd, map + pages(2), pages(1), pages(5)), pages(1));
	assert_memory(map + pages(2), pages(1), pages(2), ORIGINAL);
	ck_assert_int_eq(pwrite(fd, map + pages(3), pages(1), pages(3)), pages(1));
	assert_memory(map + pages(3), pages(1), pages(3), ORIGINAL);
	/* The page is not mapped either: the copy needs the page that it holds. */
	map = target_map_rw(1, MAP_SHARED, pages(3));
	ck_assert_int_eq(pwrite(fd, map, pages(1), pages(3)), pages(1));
	assert_memory(map, pages(1), pages(3), ORIGINAL);
}

ROW(S1, two_mappings_one_page, "two mappings of a page in one process are the same page")
{
	unsigned char *a = target_map_rw(4, MAP_SHARED, 0);
	unsigned char *b = target_map_rw(4, MAP_SHARED, pages(2));

	needs_file();
	a[pages(3)] = 'a';
	ck_assert_uint_eq(b[pages(1)], 'a');
	b[pages(1)] = 'b';
	ck_assert_uint_eq(a[pages(3)], 'b');
	assert_same_page(frame_of(a + pages(3)), frame_of(b + pages(1)));
	ck_assert_uint_eq(target_read_byte(pages(3)), 'b');
}

ROW(S1, pages_are_distinct, "each page of the target is a page of its own")
{
	unsigned char *map = target_map_rw(TEST_PAGES, MAP_SHARED, 0);

	assert_memory(map, pages(TEST_PAGES), 0, ORIGINAL);
	for (int i = 0; i < TEST_PAGES; i++)
		for (int j = 0; j < i; j++)
			assert_different_page(frame_of(map + pages(i)), frame_of(map + pages(j)));
}

ROW(S1, descriptors_agree, "a store through one descriptor's mapping is read by another's")
{
	int reader = target_open(O_RDONLY);
	unsigned char *map = target_map_rw(1, MAP_SHARED, pages(1));
	unsigned char byte;

	needs_read();
	map[7] = 's';
	ck_assert_int_eq(pread(reader, &byte, 1, pages(1) + 7), 1);
	ck_assert_uint_eq(byte, 's');
}

ROW(S1, read_only_mapping_follows, "a read-only shared mapping shows what others store")
{
	unsigned char *view = target_map_ro(1, MAP_SHARED, pages(1));
	unsigned char *map = target_map_rw(1, MAP_SHARED, pages(1));

	needs_file();
	assert_memory(view, pages(1), pages(1), ORIGINAL);
	pattern_fill(map, pages(1), pages(1), 1);
	assert_memory(view, pages(1), pages(1), 1);
	assert_same_page(frame_of(view), frame_of(map));
}

ROW(S3, same_pages, "unrelated processes that map a region have the same pages")
{
	unsigned char *map = target_map_rw(4, MAP_SHARED, 0);
	struct agent agent;

	agent_start(&agent);
	agent_map(&agent, pages(4), MAP_SHARED, 0);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(agent_load(&agent, pages(i)), map[pages(i)]);
		assert_same_page(agent_frame(&agent, pages(i)), frame_of(map + pages(i)));
	}
	agent_stop(&agent);
}

static const char *const first_touch[] = {"ours-first", "theirs-first"};

ROW_EACH(S3, stores_seen_both_ways, "unrelated processes see each other's stores", first_touch)
{
	unsigned char *map = target_map_rw(4, MAP_SHARED, pages(2));
	struct agent agent;

	/* The windows differ: the test's page 1 is the agent's page 3. */
	agent_start(&agent);
	agent_map(&agent, pages(4), MAP_SHARED, 0);
	for (int turn = 0; turn < 4; turn++) {
		unsigned char value = 'a' + turn;

		if ((turn + _i) % 2) {
			agent_store(&agent, pages(3), value);
			ck_assert_uint_eq(map[pages(1)], value);
		} else {
			map[pages(1)] = value;
			ck_assert_uint_eq(agent_load(&agent, pages(3)), value);
		}
		assert_same_page(agent_frame(&agent, pages(3)), frame_of(map + pages(1)));
	}
	agent_stop(&agent);
}

ROW(S3, store_survives_the_other,
    "a store by an unrelated process stays after the process has ended")
{
	unsigned char *map = target_map_rw(1, MAP_SHARED, 0);
	struct agent agent;
	uint64_t frame;

	agent_start(&agent);
	agent_map(&agent, pages(1), MAP_SHARED, 0);
	agent_store(&agent, 1, 'x');
	frame = agent_frame(&agent, 1);
	agent_stop(&agent);

	ck_assert_uint_eq(map[1], 'x');
	assert_same_page(frame_of(map), frame);
}

/* Whether the parent has the page in its page table when it forks. */
static const char *const before_fork[] = {"untouched", "touched"};

static unsigned char *map_before_fork(int touched)
{
	unsigned char *map = target_map_rw(2, MAP_SHARED, some_page());

	if (touched)
		assert_memory(map, pages(2), some_page(), ORIGINAL);
	return map;
}

ROW_EACH(S4, child_has_same_pages, "a child inherits the mapping with the same pages", before_fork)
{
	unsigned char *map = map_before_fork(_i);
	struct peer other;

	if (fork_child(&other)) {
		assert_memory(map, pages(2), some_page(), ORIGINAL);
		child_stays(&other);
	}
	assert_memory(map, pages(2), some_page(), ORIGINAL);
	await_turn(&other);
	assert_same_page(frame_of_pid(other.pid, map), frame_of(map));
	assert_same_page(frame_of_pid(other.pid, map + pages(1)), frame_of(map + pages(1)));
	release_child(&other);
}

ROW_EACH(S4, child_store_reaches_parent, "the parent sees the child's store, in the same page",
	 before_fork)
{
	unsigned char *map = map_before_fork(_i);
	struct peer other;

	if (fork_child(&other)) {
		map[9] = 'c';
		child_stays(&other);
	}
	await_turn(&other);
	ck_assert_uint_eq(map[9], 'c');
	assert_same_page(frame_of_pid(other.pid, map), frame_of(map));
	release_child(&other);
}

ROW_EACH(S4, parent_store_reaches_child, "the child sees the parent's store, in the same page",
	 before_fork)
{
	unsigned char *map = map_before_fork(_i);
	struct peer other;

	if (fork_child(&other)) {
		await_turn(&other);
		ck_assert_uint_eq(map[9], 'p');
		child_stays(&other);
	}
	map[9] = 'p';
	pass_turn(&other);
	await_turn(&other);
	assert_same_page(frame_of_pid(other.pid, map), frame_of(map));
	release_child(&other);
}

ROW(S4, grandchild_shares, "a grandchild, its parent and its grandparent share the page")
{
	unsigned char *map = map_before_fork(1);
	uint64_t frame = frame_of(map);
	struct peer child, grandchild;

	if (fork_child(&child)) {
		if (fork_child(&grandchild)) {
			map[0] = 'g';
			assert_same_page(frame_of(map), frame);
			child_done();
		}
		await_exit(&grandchild);
		ck_assert_uint_eq(map[0], 'g');
		map[1] = 'c';
		assert_same_page(frame_of(map), frame);
		child_done();
	}
	await_exit(&child);
	ck_assert_uint_eq(map[0], 'g');
	ck_assert_uint_eq(map[1], 'c');
	assert_same_page(frame_of(map), frame);
}

ROW(S7, visible_to_all_mappers, "a store is visible to every mapper and to readers")
{
	unsigned char *view = target_map_ro(1, MAP_SHARED, 0);
	unsigned char *map = target_map_rw(1, MAP_SHARED, 0);
	struct agent agents[2];
	struct peer other;

	for (int i = 0; i < 2; i++) {
		agent_start(&agents[i]);
		agent_map(&agents[i], pages(1), MAP_SHARED, 0);
		agent_load(&agents[i], 0);
	}
	if (fork_child(&other)) {
		await_turn(&other);
		tell(&other, map[5]);
		child_done();
	}

	map[5] = 's';

	pass_turn(&other);
	ck_assert_uint_eq(hear(&other), 's');
	await_exit(&other);
	ck_assert_uint_eq(view[5], 's');
	ck_assert_uint_eq(target_read_byte(5), 's');
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(agent_load(&agents[i], 5), 's');
		assert_same_page(agent_frame(&agents[i], 5), frame_of(map));
		agent_stop(&agents[i]);
	}
}

ROW(S7, outlives_mapping, "a store outlives the mapping: read sees it, and a new mapping")
{
	unsigned char *map = target_map_rw(2, MAP_SHARED, pages(1));
	uint64_t frame;

	pattern_fill(map, pages(2), pages(1), 1);
	frame = frame_of(map);
	unmap(map, pages(2));

	assert_target(pages(1), pages(2), 1);
	map = target_map_ro(2, MAP_SHARED, pages(1));
	assert_memory(map, pages(2), pages(1), 1);
	assert_same_page(frame_of(map), frame);
}

ROW_EACH(S7, outlives_process, "a store outlives the process that made it", agent_endings)
{
	struct peer other;

	if (fork_child(&other)) {
		unsigned char *map = target_map_rw(2, MAP_SHARED, pages(1));

		pattern_fill(map, pages(2), pages(1), 1);
		agent_await_end(&other, _i);
	}
	agent_end(&other, _i);
	assert_target(pages(1), pages(2), 1);
}
