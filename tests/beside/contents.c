// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contents as text: "0-31:pattern 32-47:zero 48:EIO". A page that is neither as it was written at
 * first nor zero has a hash; an access that fails has the errno or the signal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "guard.h"
#include "object.h"
#include "result.h"

struct runs {
	char text[24 << 10];
	size_t length;
	char last[96];
	size_t from;
	size_t next;
};

static void runs_flush(struct runs *runs)
{
	size_t room = sizeof(runs->text) - runs->length;

	if (runs->next == runs->from)
		return;
	runs->length += snprintf(runs->text + runs->length, room, "%s%zu", runs->length ? " " : "",
				 runs->from);
	room = sizeof(runs->text) - runs->length;
	if (runs->next - runs->from > 1)
		runs->length += snprintf(runs->text + runs->length, room, "-%zu", runs->next - 1);
	room = sizeof(runs->text) - runs->length;
	runs->length += snprintf(runs->text + runs->length, room, ":%s", runs->last);
	if (runs->length >= sizeof(runs->text) - 200)
		runs->length = sizeof(runs->text) - 200;
	runs->from = runs->next;
}

static void runs_add(struct runs *runs, const char *state)
{
	if (strcmp(runs->last, state) != 0) {
		runs_flush(runs);
		snprintf(runs->last, sizeof(runs->last), "%s", state);
	}
	runs->next++;
}

static uint32_t hash(const unsigned char *bytes, size_t length)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3;
	return sum ^ sum >> 32;
}

static bool all_zero(const unsigned char *bytes, size_t length)
{
	return !length || (!bytes[0] && !memcmp(bytes, bytes + 1, length - 1));
}

/* Of bytes that would be at this offset of the object, -1 for none. */
static const char *state_of(const unsigned char *bytes, size_t length, long offset)
{
	static char text[32];

	if (offset >= 0 && offset + length <= OBJECT_PAGES_MAX * page_size &&
	    !memcmp(bytes, object_pattern() + offset, length))
		return "pattern";
	if (all_zero(bytes, length))
		return "zero";
	snprintf(text, sizeof(text), "%08x", hash(bytes, length));
	return text;
}

void say_bytes(const char *key, const void *bytes, size_t length, long offset)
{
	struct runs runs = {0};

	for (size_t at = 0; at < length; at += page_size) {
		size_t part = length - at < page_size ? length - at : page_size;

		runs_add(&runs, state_of((const unsigned char *)bytes + at, part,
					 offset < 0 ? -1 : offset + (long)at));
	}
	runs_flush(&runs);
	say(key, "%s", runs.text);
}

/* A signal's address is told only where it is not that of the page. */
void say_pages(const char *key, const unsigned char *at, size_t pages, size_t first)
{
	static unsigned char copy[64 << 10];
	struct runs runs = {0};
	char text[96];

	for (size_t i = 0; i < pages; i++) {
		const unsigned char *page = at + i * page_size;

		if (guarded_copy(copy, page, page_size))
			runs_add(&runs, state_of(copy, page_size, (first + i) * page_size));
		else if (guard.addr >= page && guard.addr < page + page_size) {
			snprintf(text, sizeof(text), "SIG%s/%d,lsb=%d", sigabbrev_np(guard.signo),
				 guard.code, guard.lsb);
			runs_add(&runs, text);
		} else {
			runs_add(&runs, guard_text(page));
		}
	}
	runs_flush(&runs);
	say(key, "%s", runs.text);
}

void say_file(const char *key, int fd, size_t pages)
{
	static unsigned char copy[64 << 10];
	struct runs runs = {0};
	char text[96];

	for (size_t i = 0; i < pages; i++) {
		ssize_t got = pread(fd, copy, page_size, i * page_size);

		if (got == (ssize_t)page_size) {
			runs_add(&runs, state_of(copy, page_size, i * page_size));
			continue;
		}
		if (got < 0)
			snprintf(text, sizeof(text), "%s", errno_name(errno));
		else
			snprintf(text, sizeof(text), "%zd", got);
		runs_add(&runs, text);
	}
	runs_flush(&runs);
	say(key, "%s", runs.text);
}
