// SPDX-License-Identifier: GPL-2.0-only
/* Is a byte what its owner wrote last? */
#define _GNU_SOURCE
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"

void record_loss(struct slice *slice, const struct loss *loss)
{
	struct result *result = slice->result;

	result->lost++;
	result->lost_by[loss->by]++;
	if (!atomic_exchange(&result->reported, true)) {
		result->first = *loss;
		result->first.operation = slice->operation;
	}
	if (!slice->keep_going)
		result->stop = true;
}

bool compare(struct slice *slice, size_t at, const void *bytes, size_t length, enum way read_by)
{
	const unsigned char *seen = bytes;
	struct loss loss = {.read_by = read_by};
	size_t i = 0;

	if (!memcmp(slice->shadow + at, bytes, length))
		return true;
	/* The device may have changed back since memcmp() read a mapping of it. */
	while (i < length - 1 && slice->shadow[at + i] == seen[i])
		i++;
	loss.offset = slice->start + at + i;
	loss.expected = slice->shadow[at + i];
	loss.seen = seen[i];
	loss.by = slice->by[at + i];
	record_loss(slice, &loss);
	return false;
}

#define PIECE 65536

static void read_piece(struct slice *slice, size_t at, unsigned char *bytes, size_t length)
{
	ssize_t got = pread(slice->fd, bytes, length, slice->start + at);

	if (got != (ssize_t)length)
		err(1, "pread of %zu bytes at %#jx: %zd", length, (intmax_t)(slice->start + at),
		    got);
}

void compare_part(struct slice *slice, size_t from, size_t count)
{
	static unsigned char bytes[PIECE];
	size_t end = from + count;
	bool good = true;

	for (size_t at = from, length; at < end; at += length) {
		length = end - at < PIECE ? end - at : PIECE;
		read_piece(slice, at, bytes, length);
		good &= compare(slice, at, bytes, length, PREAD);
		good &= compare(slice, at, slice->map + at, length, LOAD);
	}
	slice->result->operations[PREAD]++;
	slice->result->operations[LOAD]++;
	if (!good)
		accept_all(slice);
}

void accept_all(struct slice *slice)
{
	for (size_t at = 0, length; at < slice->length; at += length) {
		length = slice->length - at < PIECE ? slice->length - at : PIECE;
		read_piece(slice, at, slice->shadow + at, length);
	}
}
