// SPDX-License-Identifier: GPL-2.0-only
/* Operations of the owner of a slice with mappings of its own, and with children. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bytes.h"
#include "operations.h"

/* A mapping of the part, of its own; `map` is where its pages begin. */
static unsigned char *map_part(struct slice *slice, const struct part *part, int flags, void **map,
			       size_t *length)
{
	off_t offset = slice->start + part->at;
	size_t before = offset % slice->page;

	*length = before + part->length;
	*map = mmap(NULL, *length, PROT_READ | PROT_WRITE, flags, slice->fd, offset - before);
	if (*map == MAP_FAILED)
		err(1, "mmap");
	return (unsigned char *)*map + before;
}

void do_fresh_load(struct slice *slice, struct part part)
{
	size_t length;
	void *map;
	bool good = compare(slice, part.at, map_part(slice, &part, MAP_SHARED, &map, &length),
			    part.length, FRESH_LOAD);

	munmap(map, length);
	if (!good)
		accept_all(slice);
}

/*
 * A child of a process with a private mapping: half of the part it copies by its
 * own stores, which must stay its own, and the other half it shares.
 */
_Noreturn static void child(struct slice *slice, const struct part *part, unsigned char *private)
{
	unsigned char copies[LONGEST];
	size_t half = part->length / 2;
	bool good;

	make_bytes(slice, copies, half);
	good = compare(slice, part->at, private, part->length, PRIVATE_LOAD);
	memcpy(private, copies, half);
	for (int i = 0; i < 50 && good; i++) {
		struct loss loss = {
			.offset = slice->start + part->at,
			.by = PRIVATE_STORE,
			.read_by = PRIVATE_LOAD,
		};

		good = compare(slice, part->at + half, private + half, part->length - half,
			       PRIVATE_LOAD);
		for (size_t at = 0; at < half && good; at++) {
			if (private[at] == copies[at])
				continue;
			loss.offset += at;
			loss.expected = copies[at];
			loss.seen = private[at];
			record_loss(slice, &loss);
			good = false;
		}
	}
	_exit(0);
}

void do_fork(struct slice *slice, struct part part)
{
	unsigned char *private;
	size_t length;
	void *map;
	int status;
	pid_t pid;

	private = map_part(slice, &part, MAP_PRIVATE, &map, &length);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid)
		child(slice, &part, private);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "waitpid");
	if (status)
		errx(1, "the child ended with status %#x", status);
	/* Its stores are neither in the parent's private mapping nor in the device. */
	if (!compare(slice, part.at, private, part.length, PRIVATE_LOAD))
		accept_all(slice);
	munmap(map, length);
	do_pread(slice, part);
}
