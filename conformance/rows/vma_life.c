// SPDX-License-Identifier: GPL-2.0-only
/*
 * V1 and V2: the module counts live VMAs exactly, and notices the end of the last one. V3: it
 * cannot be unloaded meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/agent.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

/* Pages of the target from page 1 on, between guards: nothing to merge with. */
static unsigned char *map_apart(int count, int flags)
{
	unsigned char *area = reserve(count + 2);
	int fd = target_open(O_RDWR);
	unsigned char *map = target_map_at(area + pages(1), pages(count), RW, flags, fd, pages(1));

	close(fd);
	return map;
}

/* The VMAs before the test begins; the tests need the device for themselves. */
static uint64_t vmas_before(void)
{
	uint64_t before = counter("vmas");

	assert_vmas(before);
	return before;
}

ROW_EACH(V1, mmap, "each mmap adds to the count, and each munmap subtracts from it", kinds)
{
	uint64_t before = vmas_before();
	unsigned char *maps[5];

	for (int i = 0; i < 5; i++) {
		maps[i] = map_apart(2, kinds[_i].flags);
		assert_vmas(before + 1 + i);
	}
	for (int i = 0; i < 5; i++) {
		unmap(maps[i], pages(2));
		assert_vmas(before + 4 - i);
	}
}

ROW(V1, failed_mmap, "an mmap that fails counts for nothing")
{
	uint64_t before = vmas_before();
	uint64_t closes = counter("last_closes");
	int fd = target_open(O_RDONLY);

	ck_assert_int_ne(mmap_errno(NULL, pages(1), RW, MAP_SHARED, fd, 0), 0);
	ck_assert_int_ne(
		mmap_errno(NULL, pages(2), PROT_READ, MAP_SHARED, fd, (1ULL << 63) - target.page),
		0);
	assert_vmas(before);
	ck_assert_uint_eq(counter("last_closes"), closes);
}

ROW_EACH(V1, merge, "neighbours that the kernel merges into one VMA count as one", kinds)
{
	uint64_t before = vmas_before();
	unsigned char *area = reserve(4);
	int fd = target_open(O_RDWR);

	/* The kernel decides whether it merges them, and /proc shows it. */
	for (int i = 0; i < 2; i++)
		target_map_at(area + pages(1 + i), pages(1), RW, kinds[_i].flags, fd, pages(i));
	ck_assert_uint_eq(counter("vmas"), vmas_in_maps());
	ck_assert_uint_ge(counter("vmas"), before + 1);
	unmap(area + pages(1), pages(2));
	assert_vmas(before);
}

ROW_EACH(V1, fork,
	 "fork adds every VMA that the child inherits, and the child's exit subtracts them", kinds)
{
	uint64_t before = vmas_before();
	struct peer other;

	for (int i = 0; i < 3; i++)
		map_apart(2, kinds[_i].flags);
	if (fork_child(&other)) {
		child_stays(&other);
	}
	await_turn(&other);
	assert_vmas(before + 6);
	release_child(&other);
	assert_vmas(before + 3);
}

ROW(V1, dontfork, "a mapping with MADV_DONTFORK is not counted for the child")
{
	uint64_t before = vmas_before();
	unsigned char *map = map_apart(2, MAP_SHARED);
	struct peer other;

	map_apart(2, MAP_SHARED);
	ck_assert_int_eq(madvise(map, pages(2), MADV_DONTFORK), 0);
	if (fork_child(&other)) {
		assert_vmas(before + 3);
		child_done();
	}
	await_exit(&other);
	assert_vmas(before + 2);
}

ROW_EACH(V1, split_by_munmap, "a hole in the middle makes two VMAs of one", kinds)
{
	uint64_t before = vmas_before();
	unsigned char *map = map_apart(5, kinds[_i].flags);

	unmap(map + pages(2), pages(1));
	assert_vmas(before + 2);
	unmap(map, pages(2));
	assert_vmas(before + 1);
	unmap(map + pages(3), pages(2));
	assert_vmas(before);
}

ROW_EACH(V1, split_by_mprotect, "mprotect of the middle makes three VMAs of one", kinds)
{
	uint64_t before = vmas_before();
	unsigned char *map = map_apart(3, kinds[_i].flags);

	ck_assert_int_eq(mprotect(map + pages(1), pages(1), PROT_READ), 0);
	assert_vmas(before + 3);
	/* They may grow together again. */
	ck_assert_int_eq(mprotect(map + pages(1), pages(1), RW), 0);
	ck_assert_uint_eq(counter("vmas"), vmas_in_maps());
	unmap(map, pages(3));
	assert_vmas(before);
}

static const struct part {
	const char *name;
	int first, count;
} parts[] = {
	{"head", 0, 2},
	{"tail", 3, 2},
};

ROW_EACH(V1, partial_unmap, "a shortened mapping still counts as one", parts)
{
	uint64_t before = vmas_before();
	unsigned char *map = map_apart(5, MAP_SHARED);

	unmap(map + pages(parts[_i].first), pages(parts[_i].count));
	assert_vmas(before + 1);
	unmap(map, pages(5));
	assert_vmas(before);
}

ROW_EACH(V1, fixed_over, "MAP_FIXED over a mapping subtracts the VMAs that it replaces", kinds)
{
	uint64_t before = vmas_before();
	unsigned char *map = map_apart(3, MAP_SHARED);
	int fd = target_open(O_RDWR);

	target_map_at(map, pages(3), RW, kinds[_i].flags, fd, pages(8));
	assert_vmas(before + 1);
	target_map_at(map + pages(1), pages(1), RW, kinds[_i].flags, fd, 0);
	assert_vmas(before + 3);
	target_map_at(map, pages(3), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_vmas(before);
}

/* mremap of pages of a mapping of four, to so many pages elsewhere or in place. */
static const struct move {
	const char *name;
	int first, count, new_count, flags, vmas;
} moves[] = {
	{"all", 0, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 1},
	{"middle", 1, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 3},
	{"head", 0, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, 2},
	{"longer", 0, 4, 6, MREMAP_MAYMOVE | MREMAP_FIXED, 1},
	{"shorter", 0, 4, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 1},
	{"shorter-in-place", 0, 4, 2, 0, 1},
};

ROW_EACH(V1, mremap, "a move keeps the count, plus one for each part that stays", moves)
{
	const struct move *move = &moves[_i];
	uint64_t before = vmas_before();
	unsigned char *map = map_apart(4, MAP_SHARED);
	unsigned char *place = reserve(8);
	unsigned char *moved;
	uint64_t frame;

	assert_memory(map, pages(4), pages(1), ORIGINAL);
	frame = frame_of(map + pages(move->first));
	moved = mremap(map + pages(move->first), pages(move->count), pages(move->new_count),
		       move->flags, place + pages(1));
	ck_assert_msg(moved != MAP_FAILED, "mremap: %m");
	assert_vmas(before + move->vmas);
	assert_same_page(frame_of(moved), frame);
	assert_memory(moved, pages(1), pages(1 + move->first), ORIGINAL);

	unmap(map, pages(4));
	unmap(moved, pages(move->new_count));
	assert_vmas(before);
}

ROW(V1, mremap_dontunmap, "MREMAP_DONTUNMAP makes two VMAs of one")
{
	uint64_t before = vmas_before();
	unsigned char *map = map_apart(2, MAP_SHARED);
	unsigned char *place = reserve(4);

	ck_assert_ptr_eq(mremap(map, pages(2), pages(2),
				MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, place + pages(1)),
			 place + pages(1));
	assert_vmas(before + 2);
}

ROW(V1, exec, "exec subtracts the process's mappings")
{
	uint64_t before = vmas_before();
	struct agent agent;
	struct peer other;

	map_apart(2, MAP_SHARED);
	if (fork_child(&other)) {
		map_apart(2, MAP_PRIVATE);
		pass_turn(&other);
		await_turn(&other);
		agent_exec(&other);
	}
	await_turn(&other);
	assert_vmas(before + 3);
	pass_turn(&other);
	agent_adopt(&agent, &other);
	assert_vmas(before + 1);
	agent_map(&agent, pages(1), MAP_SHARED, 0);
	assert_vmas(before + 2);
	agent_stop(&agent);
	assert_vmas(before + 1);
}

static const char *const endings[] = {"exit", "killed"};
enum { EXITS, KILLED };

ROW_EACH(V1, end_of_process, "a process that ends with mappings leaves none counted", endings)
{
	uint64_t before = vmas_before();
	struct peer other;

	if (fork_child(&other)) {
		unsigned char *map = map_apart(5, MAP_SHARED);

		map_apart(2, MAP_PRIVATE)[0] = 1;
		unmap(map + pages(2), pages(1));
		child_stays(&other);
	}
	await_turn(&other);
	assert_vmas(before + 3);
	if (_i == KILLED) {
		kill_child(&other);
	} else {
		release_child(&other);
	}
	assert_vmas(before);
}

/*
 * Children that map, split and unmap while others are still being forked; all
 * alive at once, counted, and then all gone at once.
 */
#define BOMB 200

struct bomb {
	int ready[2]; /* each child that is ready writes a byte */
	int gate[2];  /* all read from it, and its closing releases them */
};

/* Leaves three VMAs besides the inherited one. */
static void bomb_child(const struct bomb *bomb)
{
	unsigned char *map;
	char byte = 0;

	close(bomb->gate[1]);
	for (int i = 0; i < 5; i++)
		unmap(map_apart(3, MAP_SHARED), pages(3));
	map = map_apart(3, MAP_PRIVATE);
	map[0] = 1;
	unmap(map + pages(1), pages(1));
	map_apart(1, MAP_SHARED)[0] = 1;

	/* All close it, so that the parent learns at once that a child failed to write. */
	ck_assert_int_eq(write(bomb->ready[1], &byte, 1), 1);
	close(bomb->ready[1]);
	ck_assert_int_eq(read(bomb->gate[0], &byte, 1), 0);
	child_done();
}

ROW_EACH(V1, fork_bomb, "the VMAs of 200 children at once are all counted, and none is left over",
	 endings, .timeout = 180)
{
	uint64_t before = vmas_before();
	uint64_t peak = counter("vmas_peak");
	uint64_t all = before + 1 + BOMB * 4;
	pid_t pids[BOMB];
	struct bomb bomb;
	int status;
	char byte;

	map_apart(2, MAP_SHARED);
	ck_assert_int_eq(pipe(bomb.ready), 0);
	ck_assert_int_eq(pipe(bomb.gate), 0);
	for (int i = 0; i < BOMB; i++) {
		pids[i] = fork();
		ck_assert_msg(pids[i] >= 0, "fork: %m");
		if (!pids[i])
			bomb_child(&bomb);
	}
	close(bomb.ready[1]);
	for (int i = 0; i < BOMB; i++)
		ck_assert_int_eq(read(bomb.ready[0], &byte, 1), 1);
	assert_vmas(all);
	/* No child ever had more VMAs than now. */
	ck_assert_uint_eq(counter("vmas_peak"), peak > all ? peak : all);

	for (int i = 0; _i == KILLED && i < BOMB; i++)
		kill(pids[i], SIGKILL);
	close(bomb.gate[1]);
	for (int i = 0; i < BOMB; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, _i == KILLED ? SIGKILL : 0);
	}
	assert_vmas(before + 1);
}

ROW(V1, peak, "the peak is the most VMAs at one time, and stays")
{
	uint64_t before = vmas_before();
	uint64_t peak = counter("vmas_peak");
	uint64_t more = peak + 3 - before;
	unsigned char **maps = calloc(more, sizeof(*maps));

	ck_assert_ptr_nonnull(maps);
	ck_assert_uint_ge(peak, before);
	for (uint64_t i = 0; i < more; i++) {
		maps[i] = map_apart(1, MAP_SHARED);
		ck_assert_uint_eq(counter("vmas_peak"),
				  before + i + 1 > peak ? before + i + 1 : peak);
	}
	for (uint64_t i = 0; i < more; i++)
		unmap(maps[i], pages(1));
	ck_assert_uint_eq(counter("vmas_peak"), peak + 3);
	assert_vmas(before);
	free(maps);
}

ROW(V1, opens, "a file counts as open until its last descriptor and mapping are gone")
{
	uint64_t before = counter("opens");
	struct peer other;
	int fd, copy;
	void *map;

	fd = target_open(O_RDWR);
	ck_assert_uint_eq(counter("opens"), before + 1);
	copy = dup(fd);
	ck_assert_uint_eq(counter("opens"), before + 1);
	map = target_map(pages(1), RW, MAP_SHARED, fd, 0);
	close(fd);
	close(copy);
	ck_assert_uint_eq(counter("opens"), before + 1);
	if (fork_child(&other)) {
		target_open(O_RDONLY);
		ck_assert_uint_eq(counter("opens"), before + 2);
		unmap(map, pages(1));
		child_done();
	}
	await_exit(&other);
	ck_assert_uint_eq(counter("opens"), before + 1);
	unmap(map, pages(1));
	ck_assert_uint_eq(counter("opens"), before);
}

/* last_closes while nothing is mapped: from here on only the test changes it. */
static uint64_t closes_before(void)
{
	ck_assert_msg(vmas_before() == 0, "somebody else has the device mapped");
	return counter("last_closes");
}

ROW_EACH(V2, once_at_the_last_munmap,
	 "only the end of the last of several mappings is the last close", kinds)
{
	uint64_t closes = closes_before();
	unsigned char *maps[4];

	for (int i = 0; i < 4; i++)
		maps[i] = map_apart(2, kinds[_i].flags);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(counter("last_closes"), closes);
		unmap(maps[(i + 2) % 4], pages(2));
	}
	ck_assert_uint_eq(counter("last_closes"), closes + 1);
}

ROW(V2, again_each_time, "a new mapping has a last close again")
{
	uint64_t closes = closes_before();

	for (int i = 1; i <= 3; i++) {
		unmap(map_apart(1, MAP_SHARED), pages(1));
		ck_assert_uint_eq(counter("last_closes"), closes + i);
	}
}

ROW(V2, not_by_parts, "unmapping or moving parts is no last close until nothing is left")
{
	uint64_t closes = closes_before();
	unsigned char *map = map_apart(5, MAP_SHARED);
	unsigned char *place = reserve(4);

	unmap(map, pages(1));
	unmap(map + pages(2), pages(1));
	unmap(map + pages(1), pages(1));
	ck_assert_uint_eq(counter("last_closes"), closes);
	ck_assert_ptr_eq(mremap(map + pages(3), pages(2), pages(2), MREMAP_MAYMOVE | MREMAP_FIXED,
				place + pages(1)),
			 place + pages(1));
	ck_assert_uint_eq(counter("last_closes"), closes);
	unmap(place + pages(1), pages(2));
	ck_assert_uint_eq(counter("last_closes"), closes + 1);
}

ROW(V2, not_by_close, "closing descriptors, mapped or not, is no last close")
{
	uint64_t closes = closes_before();
	unsigned char *map;
	int fd = target_open(O_RDWR);

	close(fd);
	map = map_apart(1, MAP_SHARED); /* closes its descriptor */
	ck_assert_uint_eq(counter("last_closes"), closes);
	unmap(map, pages(1));
	ck_assert_uint_eq(counter("last_closes"), closes + 1);
}

static const char *const child_endings[] = {"munmap", "exit", "killed", "exec"};
enum { CHILD_UNMAPS, CHILD_EXITS, CHILD_KILLED, CHILD_EXECS };

ROW_EACH(V2, when_the_last_process_goes, "the end of the last process's mapping is the last close",
	 child_endings)
{
	uint64_t closes = closes_before();
	unsigned char *map = map_apart(2, MAP_SHARED);
	struct agent agent;
	struct peer other;

	if (fork_child(&other)) {
		await_turn(&other);
		if (_i == CHILD_UNMAPS)
			unmap(map, pages(2));
		else if (_i == CHILD_EXECS)
			agent_exec(&other);
		else if (_i == CHILD_EXITS)
			child_done();
		child_stays(&other);
	}
	unmap(map, pages(2));
	assert_vmas(1);
	ck_assert_uint_eq(counter("last_closes"), closes);

	pass_turn(&other);
	switch (_i) {
	case CHILD_UNMAPS:
		await_turn(&other);
		ck_assert_uint_eq(counter("last_closes"), closes + 1);
		release_child(&other);
		break;
	case CHILD_EXITS:
		await_exit(&other);
		break;
	case CHILD_KILLED:
		await_turn(&other);
		kill_child(&other);
		break;
	case CHILD_EXECS:
		agent_adopt(&agent, &other);
		ck_assert_uint_eq(counter("last_closes"), closes + 1);
		agent_stop(&agent);
		break;
	}
	assert_vmas(0);
	ck_assert_uint_eq(counter("last_closes"), closes + 1);
}

/* rmmod is refused: EBUSY says the command, which looks first; the call itself, EWOULDBLOCK. */
static void assert_cannot_unload(void)
{
	int references = 0;
	FILE *file;

	counter("vmas"); /* not applicable to targets of other modules */
	/* Checked first, because later tests need the module. */
	file = fopen("/sys/module/mmapdemo/refcnt", "re");
	ck_assert(file && fscanf(file, "%d", &references) == 1);
	fclose(file);
	ck_assert_msg(references > 0, "nothing holds the module: its reference count is 0");
	errno = 0;
	ck_assert_int_eq(syscall(SYS_delete_module, "mmapdemo", O_NONBLOCK), -1);
	ck_assert_int_eq(errno, EWOULDBLOCK);
}

/* Everything still works after the refusal, for existing users and for new ones. */
static void assert_works_as_before(unsigned char *map)
{
	assert_memory(map, pages(2), pages(1), ORIGINAL);
	pattern_fill(map, pages(2), pages(1), 1);
	assert_target(pages(1), pages(2), 1);
	assert_memory(target_map_ro(2, MAP_SHARED, pages(1)), pages(2), pages(1), 1);
}

ROW(V3, busy_while_open, "the module cannot be unloaded while a descriptor is open")
{
	int fd = target_open(O_RDWR);

	assert_cannot_unload();
	assert_works_as_before(target_map(pages(2), RW, MAP_SHARED, fd, pages(1)));
}

ROW_EACH(V3, busy_while_mapped,
	 "the module cannot be unloaded while there is a mapping, even if its descriptor is closed",
	 kinds)
{
	unsigned char *map = target_map_rw(2, kinds[_i].flags, pages(1));

	assert_cannot_unload();
	assert_works_as_before(
		kinds[_i].flags == MAP_SHARED ? map : target_map_rw(2, MAP_SHARED, pages(1)));
}

ROW(V3, busy_by_another_process,
    "the module cannot be unloaded while only another process has a mapping")
{
	unsigned char *map = target_map_rw(2, MAP_SHARED, pages(1));
	struct peer other;

	if (fork_child(&other)) {
		pass_turn(&other);
		await_turn(&other);
		assert_works_as_before(map);
		child_done();
	}
	await_turn(&other);
	unmap(map, pages(2));
	assert_cannot_unload();
	release_child(&other);
}
