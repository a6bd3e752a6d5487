// SPDX-License-Identifier: GPL-2.0-only
/* Operations of the owner of a slice on it, at random. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mmapdemo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bytes.h"
#include "operations.h"
#include "support/contents.h"

const char *const way_names[WAYS] = {
	"nothing", "pwrite", "store",	   "FILL",	   "PUNCH",	    "pread",
	"load",	   "SUM",    "fresh load", "private load", "private store",
};

#define WINDOW_OPERATIONS 500

/*
 * Offsets are of a class each: the first bytes of a page, its last ones, across
 * two pages, across two huge pages, the window's first and last bytes, anywhere.
 */
static size_t any_offset(struct slice *slice)
{
	size_t page = slice->page, huge = 512 * page, length = slice->window_length;
	size_t at = random_below(slice, length);
	/* Offsets in the page, or huge page, which may begin before the slice's first byte. */
	size_t in_page = (slice->start + slice->window + at) % page;
	size_t in_huge = (slice->start + slice->window + at) % huge;
	size_t little = random_below(slice, 16);

	switch (random_below(slice, 7)) {
	case 0:
		return at > in_page ? at - in_page : 0;
	case 1:
		return at + page - in_page < length + little ? at + page - in_page - little - 1 : 0;
	case 2:
		return at > in_page + 1 ? at - in_page - 1 : 0;
	case 3:
		return at > in_huge + little ? at - in_huge - little : at;
	case 4:
		return 0;
	case 5:
		return length > little ? length - 1 - little : 0;
	default:
		return at;
	}
}

static struct part any_part(struct slice *slice)
{
	static const size_t most[] = {
		1, 8, 8, 8, 8, 8, 8, 8, 8, 64, 64, 64, 64, 512, 5000, LONGEST,
	};
	struct part part;

	part.length = 1 + random_below(slice, most[random_below(slice, ARRAY_SIZE(most))]);
	part.at = any_offset(slice);
	if (part.length > slice->window_length - part.at)
		part.length = slice->window_length - part.at;
	part.at += slice->window;
	return part;
}

void make_bytes(struct slice *slice, unsigned char *bytes, size_t length)
{
	contents_pattern(bytes, length, 0, random_below(slice, UINT64_MAX));
}

/* The part holds these bytes now, or zeros. */
static void changed(struct slice *slice, const struct part *part, const void *bytes, enum way by)
{
	if (bytes)
		memcpy(slice->shadow + part->at, bytes, part->length);
	else
		memset(slice->shadow + part->at, 0, part->length);
	memset(slice->by + part->at, by, part->length);
}

static void do_pwrite(struct slice *slice, struct part part)
{
	unsigned char bytes[LONGEST];
	ssize_t done;

	make_bytes(slice, bytes, part.length);
	done = pwrite(slice->fd, bytes, part.length, slice->start + part.at);
	if (done != (ssize_t)part.length)
		err(1, "pwrite of %zu bytes: %zd", part.length, done);
	changed(slice, &part, bytes, PWRITE);
}

static void do_store(struct slice *slice, struct part part)
{
	unsigned char bytes[LONGEST];

	make_bytes(slice, bytes, part.length);
	memcpy(slice->map + part.at, bytes, part.length);
	changed(slice, &part, bytes, STORE);
}

static void do_fill(struct slice *slice, struct part part)
{
	struct mmapdemo_fill fill = {
		.size = sizeof(fill),
		.offset = slice->start + part.at,
		.length = part.length,
		.seed = random_below(slice, UINT64_MAX),
	};
	unsigned char bytes[LONGEST];

	if (slice->is_file) {
		do_pwrite(slice, part);
		return;
	}
	if (ioctl(slice->fd, MMAPDEMO_IOCTL_FILL, &fill))
		err(1, "FILL");
	contents_pattern(bytes, part.length, fill.offset, fill.seed);
	changed(slice, &part, bytes, FILL);
}

/* EBUSY: a huge page is in use just now; nothing is punched then. */
static void do_punch(struct slice *slice, struct part part)
{
	struct mmapdemo_punch punch = {
		.size = sizeof(punch),
		.offset = slice->start + part.at,
		.length = part.length,
	};

	if (slice->is_file ? fallocate(slice->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				       punch.offset, punch.length)
			   : ioctl(slice->fd, MMAPDEMO_IOCTL_PUNCH, &punch)) {
		if (errno != EBUSY)
			err(1, "PUNCH");
		return;
	}
	changed(slice, &part, NULL, PUNCH);
}

/*
 * The next operations are in a part of the slice alone, as short as a page or as
 * long as the slice. Nothing else of the slice has memory then: who moves pages at
 * random meets these, and huge pages come back.
 */
static void next_window(struct slice *slice)
{
	size_t length[] = {slice->page, slice->page, 8 * slice->page, slice->length};
	struct part all = {.length = slice->length};

	compare_part(slice, slice->window, slice->window_length);
	slice->window_length = length[random_below(slice, ARRAY_SIZE(length))];
	slice->window = random_below(slice, slice->length - slice->window_length + 1);
	slice->punches = random_below(slice, 2);
	do_punch(slice, all);
}

void do_pread(struct slice *slice, struct part part)
{
	unsigned char bytes[LONGEST];
	ssize_t done = pread(slice->fd, bytes, part.length, slice->start + part.at);

	if (done != (ssize_t)part.length)
		err(1, "pread of %zu bytes: %zd", part.length, done);
	if (!compare(slice, part.at, bytes, part.length, PREAD))
		accept_all(slice);
}

static void do_load(struct slice *slice, struct part part)
{
	if (!compare(slice, part.at, slice->map + part.at, part.length, LOAD))
		accept_all(slice);
}

static void do_sum(struct slice *slice, struct part part)
{
	struct mmapdemo_sum sum = {
		.size = sizeof(sum),
		.offset = slice->start + part.at,
		.length = part.length,
	};
	uint32_t expected = contents_crc(0, slice->shadow + part.at, part.length);
	struct loss loss = {
		.offset = sum.offset,
		.by = slice->by[part.at],
		.read_by = SUM,
	};

	if (slice->is_file) {
		do_pread(slice, part);
		return;
	}
	if (ioctl(slice->fd, MMAPDEMO_IOCTL_SUM, &sum))
		err(1, "SUM");
	if (sum.crc32c == expected)
		return;
	loss.expected = expected;
	loss.seen = sum.crc32c;
	record_loss(slice, &loss);
	accept_all(slice);
}

static const struct operation {
	enum way way;
	unsigned int weight;
	void (*run)(struct slice *slice, struct part part);
} operations[] = {
	{PWRITE, 30, do_pwrite}, {STORE, 15, do_store},		 {FILL, 10, do_fill},
	{PUNCH, 4, do_punch},	 {PREAD, 30, do_pread},		 {LOAD, 15, do_load},
	{SUM, 10, do_sum},	 {FRESH_LOAD, 4, do_fresh_load}, {PRIVATE_STORE, 1, do_fork},
};

void operate(struct slice *slice)
{
	unsigned int all = 0, nth;
	const struct operation *operation = operations;
	struct part part;

	if (slice->operation++ % WINDOW_OPERATIONS == 0)
		next_window(slice);
	part = any_part(slice);
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		all += operations[i].weight;
	nth = random_below(slice, all);
	for (; nth >= operation->weight; operation++)
		nth -= operation->weight;
	if (operation->way == PUNCH && !slice->punches)
		operation = operations;
	operation->run(slice, part);
	slice->result->operations[operation->way]++;
	/* Bytes just changed are read back, most of the time. */
	if (operation->way <= PUNCH && random_below(slice, 4)) {
		do_pread(slice, part);
		slice->result->operations[PREAD]++;
	}
}
