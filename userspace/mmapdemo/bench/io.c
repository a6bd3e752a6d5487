// SPDX-License-Identifier: GPL-2.0-only
/* The works that read and write. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "io.h"

/* Transfers in pieces, from and to one resident buffer. */
static int64_t transfer(const struct bench_job *job, bool writing)
{
	size_t chunk = job->chunk ? job->chunk : job->size;
	char *buffer = malloc(chunk);
	int64_t begin, end;

	if (!buffer)
		bench_fail("malloc: %s", strerror(errno));
	memset(buffer, 1, chunk);
	begin = clock_now();
	for (size_t done = 0; done < job->size;) {
		size_t left = job->size - done;
		size_t bytes = left < chunk ? left : chunk;
		off_t at = job->offset + done;
		ssize_t got = writing ? pwrite(job->subject->fd, buffer, bytes, at)
				      : pread(job->subject->fd, buffer, bytes, at);

		if (got <= 0)
			bench_fail("%s: %s", writing ? "pwrite" : "pread",
				   got ? strerror(errno) : "no bytes");
		done += got;
	}
	end = clock_now();
	free(buffer);
	return end - begin;
}

int64_t bench_read(const struct bench_job *job)
{
	return transfer(job, false);
}

int64_t bench_write(const struct bench_job *job)
{
	return transfer(job, true);
}
