// SPDX-License-Identifier: GPL-2.0-only
/* several: each of the devices has memory of its own, and no others exist. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "check.h"

#define DEVICES 4

int main(int argc, char **argv)
{
	volatile char *map[DEVICES];
	struct stat stat_of;
	char node[64];
	int i, fd, own = 0;
	off_t size;

	if (argc != 3)
		errx(2, "usage: several NODE MODULE");
	for (i = 0; i < DEVICES; i++) {
		snprintf(node, sizeof(node), "/dev/%s%d", argv[2], i);
		map[i] = map_node(node, PAGE);
		map[i][0] = 'a' + i;
	}
	for (i = 0; i < DEVICES; i++)
		own += map[i][0] == 'a' + i;
	verdict("several.each-has-its-own", "devices that kept their byte", DEVICES, own);

	fd = open_node(argv[1], O_RDWR);
	size = lseek(fd, 0, SEEK_END);
	map[0] = map_fd(fd, size + PAGE, PROT_READ, MAP_SHARED);
	verdict("several.end-is-sigbus", "load", -SIGBUS, load(map[0] + size));
	if (fstat(fd, &stat_of))
		err(2, "fstat");
	close(fd);

	/* A node for a minor that the driver did not register. */
	if (mknod("/tmp/other", S_IFCHR | 0600,
		  makedev(major(stat_of.st_rdev), minor(stat_of.st_rdev) + DEVICES)))
		err(2, "mknod");
	verdict("several.no-other-minor", "errno of open", ENXIO,
		open("/tmp/other", O_RDWR) < 0 ? errno : 0);
	unlink("/tmp/other");
	return end_of_checks();
}
