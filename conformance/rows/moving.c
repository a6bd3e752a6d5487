// SPDX-License-Identifier: GPL-2.0-only
/*
 * M15: a process moves pages from node to node and back while another works on them.
 *
 * A store that lands between the copy of a page and its replacement is lost unless the
 * page is locked for it, or migration is made to fail. The number of moves shows the
 * loss: with a module that changed contents without the folio's lock, MOVES of them lost
 * between 10 and 2000 writes, fills or punches on two emulated processors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/contents.h"
#include "support/memory.h"
#include "support/patience.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"

#define STORED	    1
#define WORKED	    64 /* byte of that page that is written and read */
#define MOVES	    1000
#define LEAST_MOVES 10
#define SECONDS	    1
#define COUNTED	    128 /* byte of it where the mover counts */
#define AT	    3	/* page of the chunk that is worked on */

/* Shared with the process that moves. */
struct mover {
	volatile bool over;
	volatile unsigned long moves;
	volatile uint64_t count; /* at least this is what the page holds, too */
};

struct work {
	int fd;
	off_t off;   /* of that page */
	int ends[2]; /* of a pipe */
	unsigned char *map, *bytes;
	const struct mover *mover;
};

static struct mover *mover_start(struct peer *child, off_t off)
{
	struct mover *mover = mmap(NULL, sizeof(*mover), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(mover, MAP_FAILED);
	if (fork_child(child)) {
		unsigned char *map = memory_map(off, MAP_SHARED);
		pid_t parent = getppid();

		for (int node = 1; !mover->over && getppid() == parent; node = !node) {
			/* The new frame held the page before, with a smaller count. */
			*(volatile uint64_t *)(map + pages(AT) + COUNTED) = mover->count + 1;
			mover->count++;
			mover->moves += move_to_node(map + pages(AT), node) == node;
		}
		child_done();
	}
	return mover;
}

/* Each does one step and returns whether everything was correct. */
static bool write_and_read(const struct work *work, uint64_t step)
{
	uint64_t seen = 0;

	return pwrite(work->fd, &step, sizeof(step), work->off + WORKED) == sizeof(step) &&
	       pread(work->fd, &seen, sizeof(seen), work->off + WORKED) == sizeof(seen) &&
	       seen == step;
}

static bool store_and_read(const struct work *work, uint64_t step)
{
	volatile uint64_t *at = (uint64_t *)(work->map + WORKED);
	uint64_t seen = 0;

	*at = step;
	return pread(work->fd, &seen, sizeof(seen), work->off + WORKED) == sizeof(seen) &&
	       seen == step && *at == step;
}

static bool write_and_load(const struct work *work, uint64_t step)
{
	return pwrite(work->fd, &step, sizeof(step), work->off + WORKED) == sizeof(step) &&
	       *(volatile uint64_t *)(work->map + WORKED) == step;
}

/* A copy of the page has the mover's count of now, or a later one, and is the pattern else. */
static bool is_current(const struct work *work, uint64_t count)
{
	uint64_t seen;

	memcpy(&seen, work->bytes + COUNTED, sizeof(seen));
	pattern_fill(work->bytes + COUNTED, sizeof(seen), work->off + COUNTED, STORED);
	return (seen >= count || !count) &&
	       pattern_mismatch(work->bytes, pages(1), work->off, STORED) < 0;
}

static bool read_all(const struct work *work, uint64_t step)
{
	uint64_t count = work->mover->count;

	(void)step;
	return pread(work->fd, work->bytes, pages(1), work->off) == (ssize_t)pages(1) &&
	       is_current(work, count);
}

static bool load_all(const struct work *work, uint64_t step)
{
	uint64_t count = work->mover->count;

	(void)step;
	memcpy(work->bytes, work->map, pages(1));
	return is_current(work, count);
}

/* By splice, which passes the page itself: a later read of it is not older either. */
static bool splice_all(const struct work *work, uint64_t step)
{
	uint64_t count = work->mover->count;
	loff_t off = work->off;

	(void)step;
	return splice(work->fd, &off, work->ends[1], NULL, pages(1), 0) == (ssize_t)pages(1) &&
	       read(work->ends[0], work->bytes, pages(1)) == (ssize_t)pages(1) &&
	       is_current(work, count);
}

static bool fill_and_sum(const struct work *work, uint64_t step)
{
	struct mmapdemo_sum sum = {.size = sizeof(sum), .offset = work->off + WORKED, .length = 8};

	contents_pattern(work->bytes, 8, work->off + WORKED, step);
	return !fill(work->fd, work->off + WORKED, 8, step) &&
	       !command(work->fd, MMAPDEMO_IOCTL_SUM, &sum) &&
	       sum.crc32c == contents_crc(0, work->bytes, 8);
}

static bool punch_in_part(const struct work *work, uint64_t step)
{
	uint64_t seen = 1;

	step |= 1;
	return pwrite(work->fd, &step, sizeof(step), work->off + WORKED) == sizeof(step) &&
	       !memory_free_part(work->fd, work->off + WORKED, sizeof(step)) &&
	       pread(work->fd, &seen, sizeof(seen), work->off + WORKED) == sizeof(seen) && !seen;
}

static bool wipe_and_read(const struct work *work, uint64_t step)
{
	uint64_t seen = 1;

	step |= 1;
	return pwrite(work->fd, &step, sizeof(step), work->off + WORKED) == sizeof(step) &&
	       !wipe(work->fd, MMAPDEMO_WIPE_NOW, 0) &&
	       pread(work->fd, &seen, sizeof(seen), work->off + WORKED) == sizeof(seen) && !seen;
}

/* WIPE takes as long as there is memory, so that all other memory is freed. */
static void leave_little(const struct work *work, off_t off)
{
	bool huge = is_compound(work->map);

	assert_done(in_the_end(resize(work->fd, off + memory_chunk_size())));
	assert_done(punch(work->fd, 0, off));
	if (!huge)
		assert_done(in_the_end(punch(work->fd, work->off + pages(1),
					     memory_chunk_size() - pages(AT + 1))));
}

static const struct job {
	const char *name;
	const struct folios *folios;
	bool (*step)(const struct work *work, uint64_t step);
	bool commands; /* of the device */
} jobs[] = {
	EACH_FOLIOS("write-read", write_and_read, false),
	EACH_FOLIOS("write-load", write_and_load, false),
	EACH_FOLIOS("store-read", store_and_read, false),
	EACH_FOLIOS("read", read_all, false),
	EACH_FOLIOS("load", load_all, false),
	EACH_FOLIOS("splice", splice_all, false),
	EACH_FOLIOS("punch-in-part", punch_in_part, false),
	EACH_FOLIOS("fill-sum", fill_and_sum, true),
	EACH_FOLIOS("wipe", wipe_and_read, true),
};

ROW_EACH(M15, nothing_is_lost, "accesses to a page that moves lose nothing, and see no other page",
	 jobs, .timeout = 60)
{
	const struct job *job = &jobs[_i];
	unsigned long steps = 0, wrong = 0;
	double begin = seconds_now();
	struct mover *mover;
	struct peer child;
	struct work work;
	off_t off;

	needs_two_nodes();
	work.fd = job->commands ? control_open() : target_open(O_RDWR);
	off = memory_chunk(job->folios, STORED);
	work.off = off + pages(AT);
	work.map = memory_map(off, MAP_SHARED) + pages(AT);
	work.bytes = malloc(pages(1));
	ck_assert_int_eq(pipe(work.ends), 0);
	if (job->step == wipe_and_read)
		leave_little(&work, off);
	work.mover = mover = mover_start(&child, off);
	/* A busy machine makes few moves in that time, so that the test waits for enough. */
	while (mover->moves < LEAST_MOVES ||
	       (mover->moves < MOVES && seconds_now() - begin < SECONDS))
		for (int i = 0; i < 100; i++)
			wrong += !job->step(&work, ++steps);
	mover->over = true;
	await_exit(&child);
	ck_assert_msg(!wrong, "%lu of %lu steps went wrong, beside %lu moves", wrong, steps,
		      mover->moves);
}
