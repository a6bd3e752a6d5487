// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named nodes and created buffers come and go beside the command. The storm makes them itself, so
 * that the counts of the command's device do not change, but the module's reference count does.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

#include "storm.h"
#include "support/pass.h"

#define CLASS "/sys/class/mmapdemo/"
#define NAME  "mmapdemo-storm"
#define BYTES (3 << 20) /* a huge folio, and small ones */

static const char *prepare_nodes(void)
{
	if (access(CLASS "new_node", W_OK))
		return "no " CLASS "new_node";
	settings_keep_gone(CLASS NAME, CLASS "delete_node", NAME);
	return NULL;
}

static unsigned char *map_of(int fd)
{
	unsigned char *map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		err(1, "mmap of a buffer");
	return map;
}

/* The descriptor, after it was in a socket and nowhere else. */
static int passed(int fd)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		err(1, "socketpair");
	if (pass_descriptor(ends[0], fd))
		err(1, "sendmsg");
	close(fd);
	fd = receive_descriptor(ends[1]);
	if (fd < 0)
		err(1, "recvmsg");
	close(ends[0]);
	close(ends[1]);
	return fd;
}

static void store(unsigned char *map, unsigned int byte)
{
	for (size_t at = 0; at < BYTES; at += 4096)
		map[at] = byte + at / 4096;
}

static void check(const unsigned char *map, unsigned int byte, const char *what)
{
	for (size_t at = 0; at < BYTES; at += 4096)
		if (map[at] != (unsigned char)(byte + at / 4096))
			errx(1, "byte %zu of %s is %#x, and %#x was stored", at, what, map[at],
			     (unsigned char)(byte + at / 4096));
}

/*
 * Stores to the node and to a created buffer, destroys the node, and compares both. The mappings
 * keep the memory until they are unmapped.
 */
static void use(int node, unsigned int byte)
{
	struct mmapdemo_create create = {.size = sizeof(create), .bytes = BYTES};
	int created = ioctl(node, MMAPDEMO_IOCTL_CREATE, &create);
	unsigned char *maps[2];

	if (created < 0)
		err(1, "CREATE");
	created = passed(created);
	maps[0] = map_of(node);
	maps[1] = map_of(created);
	close(created);
	close(node);
	store(maps[0], byte);
	store(maps[1], byte + 1);
	if (write_text(CLASS "delete_node", NAME))
		errx(1, "a node cannot be destroyed");
	check(maps[0], byte, "a node that was destroyed");
	check(maps[1], byte + 1, "a created buffer");
	munmap(maps[0], BYTES);
	munmap(maps[1], BYTES);
}

static void round_nodes(struct tally *tally)
{
	int error = write_text(CLASS "new_node", NAME " size=3M");
	int node = error ? -1 : open("/dev/" NAME, O_RDWR | O_CLOEXEC);

	if (!error && node < 0)
		err(1, "/dev/" NAME);
	if (!error)
		use(node, random_below(256));
	tally_round(tally, !error, error);
}

const struct disturbance storm_nodes = {
	.name = "nodes",
	.says = "a named node and a created buffer are made, used and destroyed",
	.unit = "times",
	.pause = 100,
	.needs = CLASS "new_node",
	.prepare = prepare_nodes,
	.round = round_nodes,
};
