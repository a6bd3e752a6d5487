// SPDX-License-Identifier: GPL-2.0-only
/* C2: pages that a device could write to are not freed, and then nothing else changes either. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/memory.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"
#include "support/weather.h"

#define STORED 1
#define PINNED 3  /* page of the chunk */
#define AFTER  20 /* another, behind it */

/* The commands that free pages of the chunk, or try to. */
static const struct taking {
	const char *name;
	const struct folios *folios;
	bool shrinks;
	int page; /* of the chunk: the new end, or the page to be punched */
	bool busy;
} takings[] = {
	{"shrink,page-goes", &folios[1], true, 1, true},
	{"shrink,page-stays", &folios[1], true, AFTER, false},
	{"shrink,huge-goes", &folios[0], true, 0, true},
	{"shrink,huge-is-cut", &folios[0], true, AFTER, true},
	{"punch,page-goes", &folios[1], false, PINNED, true},
	{"punch,page-stays", &folios[1], false, AFTER, false},
	/* A huge folio that cannot be split stays, and the page in it is zeroed. */
	{"punch,huge-is-cut", &folios[0], false, AFTER, false},
};

static int take(int fd, off_t off, const struct taking *taking)
{
	off += pages(taking->page);
	return taking->shrinks ? resize(fd, off) : punch(fd, off, pages(1));
}

static void assert_taken(const unsigned char *map, off_t off, const struct taking *taking)
{
	const unsigned char *at = map + pages(taking->page);

	assert_memory(map, pages(taking->page), off, STORED);
	if (taking->shrinks)
		assert_bus_error(try_read(at), at);
	else
		assert_zero(at, pages(1));
}

ROW_EACH(C2, pinned, "EBUSY while a page that would go, or its huge folio, is pinned", takings)
{
	const struct taking *taking = &takings[_i];
	int fd = control_open();
	off_t off = make_chunk(fd, taking->folios, STORED);
	unsigned char *map = target_map_rw(chunk_size(fd) / target.page, MAP_SHARED, off);
	struct mmapdemo_info before, now;
	int pinner = pin_page(map + pages(PINNED));
	uint64_t frame = frame_of(map + pages(PINNED));

	before = info_of(fd);
	if (!taking->busy) {
		assert_done(take(fd, off, taking));
		assert_taken(map, off, taking);
		assert_memory(map + pages(PINNED), pages(1), off + pages(PINNED), STORED);
		assert_same_page(frame_of(map + pages(PINNED)), frame);
		return;
	}
	assert_errno(take(fd, off, taking), EBUSY);
	assert_memory(map, chunk_size(fd), off, STORED);
	assert_same_page(frame_of(map + pages(PINNED)), frame);
	now = info_of(fd);
	now.faults_read = before.faults_read;
	now.faults_huge = before.faults_huge;
	if (now.huge_folios != before.huge_folios && weather_explains(false))
		now.huge_folios = before.huge_folios;
	ck_assert_mem_eq(&now, &before, sizeof(now));
	assert_target(off, chunk_size(fd), STORED);

	close(pinner);
	assert_done(in_the_end(take(fd, off, taking)));
	assert_taken(map, off, taking);
}

ROW_EACH(C2, pinned_zeroed_in_part, "a part of a pinned page can be zeroed, and the page stays",
	 folios)
{
	int fd = control_open();
	off_t off = make_chunk(fd, &folios[_i], STORED);
	unsigned char *map = target_map_rw(chunk_size(fd) / target.page, MAP_SHARED, off);
	unsigned char *page = map + pages(PINNED);
	uint64_t frame;

	pin_page(page);
	frame = frame_of(page);
	assert_done(punch(fd, off + pages(PINNED) + 10, 20));
	assert_memory(page, 10, off + pages(PINNED), STORED);
	assert_same_page(frame_of(page), frame);
	assert_zero(page + 10, 20);
	assert_memory(page + 30, pages(1) - 30, off + pages(PINNED) + 30, STORED);
}

/* A page in a pipe has another reference, but is not pinned. */
ROW_EACH(C2, in_a_pipe,
	 "a page in a pipe may be freed, and the pipe keeps it; no new size cuts its huge folio",
	 takings)
{
	const struct taking *taking = &takings[_i];
	int fd = control_open();
	off_t off = make_chunk(fd, taking->folios, STORED);
	unsigned char *map = target_map_rw(chunk_size(fd) / target.page, MAP_SHARED, off);
	bool cuts = taking->folios->huge && taking->page && taking->shrinks;
	struct iovec page = {map + pages(PINNED), pages(1)};
	unsigned char *seen = malloc(pages(1));
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(vmsplice(ends[1], &page, 1, 0), pages(1));
	assert_errno(take(fd, off, taking), cuts ? EBUSY : 0);
	if (cuts)
		assert_memory(map, chunk_size(fd), off, STORED);
	ck_assert_int_eq(read(ends[0], seen, pages(1)), pages(1));
	assert_memory(seen, pages(1), off + pages(PINNED), STORED);
	if (cuts)
		assert_done(in_the_end(take(fd, off, taking)));
	assert_taken(map, off, taking);
}
