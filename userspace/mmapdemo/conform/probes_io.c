// SPDX-License-Identifier: GPL-2.0-only
/* The behaviour of read() and write(), and their end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "probe.h"

/* A transfer longer than a page shows how much one call transfers. */
#define TRANSFER (8 << 10)

static void probe_reads(void)
{
	char *bytes = malloc(TRANSFER);
	ssize_t got;
	int fd;

	if (!facts->may_read)
		cannot_ask("--no-read is given");
	fd = probe_open(facts->open_flags | O_NONBLOCK);
	errno = 0;
	got = probe_pread(fd, bytes, TRANSFER, 0);
	facts->positions = got >= 0 || errno != ESPIPE;
	if (got < 0 && errno == ESPIPE)
		got = probe_read(fd, bytes, TRANSFER);
	facts->reads = got > 0 || (got < 0 && errno == EAGAIN);
	if (got < 0 && errno != EAGAIN)
		note("none", "read() says %s", errno_word(errno));
	else if (!got)
		note("empty", "pread(%d bytes at 0) returns 0", TRANSFER);
	else if (got > 0 && got < TRANSFER && (!facts->size || got < facts->size))
		note("short", "pread(%d bytes at 0) returns %zd", TRANSFER, got);
}

/* Bytes past the end do not belong to the target, and a write there may hit other memory. */
static void probe_read_beyond(void)
{
	int fd = probe_open(facts->open_flags | O_NONBLOCK);
	unsigned char byte;
	ssize_t got;

	if (!facts->reads || !facts->positions || facts->size_from != SIZE_SAID || facts->regular)
		cannot_ask("it has no read() at an offset, or does not say its size");
	got = probe_pread(fd, &byte, 1, facts->size);
	if (got == 1)
		found("beyond", "the size is %#jx, and pread(1 byte at %#jx) returns 1",
		      (intmax_t)facts->size, (intmax_t)facts->size);
}

static void probe_write_beyond(void)
{
	int fd = probe_open(O_RDWR | O_NONBLOCK);
	unsigned char byte = 0;
	off_t end;

	if (!facts->writes || !facts->positions || facts->size_from != SIZE_SAID || facts->regular)
		cannot_ask("it has no write() at an offset, or no fixed size");
	if (probe_pwrite(fd, &byte, 1, facts->size) != 1)
		return;
	end = lseek(fd, 0, SEEK_END);
	if (end <= facts->size)
		found("beyond", "the size is %#jx, and pwrite(1 byte at %#jx) returns 1",
		      (intmax_t)facts->size, (intmax_t)facts->size);
	/* It grows, and has whole pages afterwards, too. */
	while (end % (off_t)facts->page && probe_pwrite(fd, &byte, 1, end) == 1)
		end++;
}

/* Without --write, read(2) comes last: it may take data away that later tests would miss. */
const struct probe read_probes[] = {
	{"D.reads", "read() reads it", 0, probe_reads},
	{"D.read-beyond", "read() ends at the end", 0, probe_read_beyond},
	{},
};

/* The last of all that store: it may make the target larger. */
const struct probe end_probes[] = {
	{"D.write-beyond", "write() ends at the end", NEEDS_WRITE | NEEDS_SIZE, probe_write_beyond},
	{},
};
