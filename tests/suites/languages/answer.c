// SPDX-License-Identifier: GPL-2.0-only
/*
 * answer FILE GREETING: the other process. It looks in a mapping of its own for the greeting at
 * 0 and for zeros at 4096, stores an answer at 8192, and wakes the waiting process.
 */
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/mmapdemo.h>

int main(int argc, char **argv)
{
	struct mmapdemo_kick kick = {.size = sizeof(kick)};
	char *memory;
	int fd;

	if (argc != 3)
		errx(2, "usage: answer FILE GREETING");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);
	memory = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		err(1, "mmap");
	if (strcmp(memory, argv[2]))
		errx(1, "at 0: expected '%s', saw '%.99s'", argv[2], memory);
	if (memory[4096])
		errx(1, "at 4096 is a store to a private mapping: '%.99s'", memory + 4096);
	strcpy(memory + 8192, "hello from another process");
	if (ioctl(fd, MMAPDEMO_IOCTL_KICK, &kick))
		err(1, "KICK");
	return 0;
}
