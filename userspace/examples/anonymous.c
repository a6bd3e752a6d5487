// SPDX-License-Identifier: GPL-2.0-only
/* MAP_ANONYMOUS gives memory with no file behind it, which malloc() uses, too. */
#include "lesson.h"

int main(int argc, char **argv)
{
	char *device, *mine, *shared, text[32] = "";
	pid_t child;
	int fd;

	lesson(argc, argv, 1, "MAP_ANONYMOUS is zeroed memory that no file ever sees");
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "the device's", 13, 0));
	DO(device = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0));
	DO(mine = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	DO(shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	show_maps(device, page);
	show_maps(mine, page);
	show_maps(shared, page); /* a nameless file in memory, which the kernel shows as deleted */
	expect_vmas(1, "only one VMA is the device's");
	expect_zeros(mine, page, "the private page is all zeros");
	expect_zeros(shared, page, "the shared page is all zeros");

	DO(strcpy(mine, "the parent's"));
	DO(strcpy(shared, "the parent's"));
	SHOW(device);
	SHOW(mine);
	SHOW(shared);
	expect_other(frame(mine), frame(device), "the private page is not the device's frame");
	expect_other(frame(shared), frame(device), "the shared page is not the device's frame");
	expect_other(frame(shared), frame(mine), "private and shared are two frames");

	DO(child = fork());
	if (child == 0) {
		DO(strcpy(mine, "the child's"));
		DO(strcpy(shared, "the child's"));
		SHOW(mine);
		SHOW(shared);
		return 0;
	}
	join(child);
	SHOW(mine);
	SHOW(shared);
	expect_text(mine, "the parent's", "the child's private store is not seen by the parent");
	expect_text(shared, "the child's", "the child's shared store is seen by the parent");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "the device's", "no store reached the device");
	return held();
}
