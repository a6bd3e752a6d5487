// SPDX-License-Identifier: GPL-2.0-only
/* Files that no test may touch. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "examine.h"
#include "support/target_init.h"

/* Terminals and consoles, by their numbers: Documentation/admin-guide/devices.txt */
static bool is_terminal(dev_t device)
{
	unsigned int number = major(device);

	return number == 4 || number == 5 || (number >= 136 && number <= 143) || number == 204 ||
	       number == 229;
}

/* O_EXCL is EBUSY for a block device that the kernel uses: as a file system, in part, or for swap.
 */
static bool is_in_use(const char *path)
{
	int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
	bool busy = fd < 0 && errno == EBUSY;

	if (fd >= 0)
		close(fd);
	return busy;
}

void refuse_target(const char *path)
{
	struct stat stat_of;

	if (stat(path, &stat_of))
		refuse_to_open(path);
	switch (stat_of.st_mode & S_IFMT) {
	case S_IFDIR:
		errx(2, "%s: a directory cannot be mapped: name a device or a file in it", path);
	case S_IFIFO:
	case S_IFSOCK:
		errx(2, "%s: neither a device nor a file", path);
	case S_IFCHR:
		if (is_terminal(stat_of.st_rdev))
			errx(2, "%s: a terminal or console cannot be mapped, and is in use", path);
		break;
	case S_IFBLK:
		if (is_in_use(path))
			errx(2,
			     "%s: it is in use: a file system on it is mounted, or it is swapped "
			     "to",
			     path);
		break;
	}
}
