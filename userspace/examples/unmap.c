// SPDX-License-Identifier: GPL-2.0-only
/* munmap() removes any whole pages of a mapping: its head, its tail or its middle. */
#include "lesson.h"

int main(int argc, char **argv)
{
	char *p;
	int fd;

	lesson(argc, argv, 7, "munmap() shrinks a mapping, splits it in two, and removes it");
	DO(fd = open(path, O_RDWR));
	DO(p = mmap(NULL, 7 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	expect_count(show_maps(p, 7 * page), 1, "seven pages, one mapping:          [0123456]");
	for (int i = 0; i < 7; i++)
		sprintf(p + i * page, "page %d", i);
	DO(close(fd));
	expect_text(p + 6 * page, "page 6", "the mapping outlives close(fd)");

	DO(munmap(p, page));
	expect_count(show_maps(p, 7 * page), 1, "the head is cut off:                [123456]");
	LOAD(p[0], SEGV_MAPERR, "the head cannot be read any more");
	DO(munmap(p + 6 * page, page));
	expect_count(show_maps(p, 7 * page), 1, "the tail is cut off:                [12345]");
	STORE(p[6 * page], SEGV_MAPERR, "the tail cannot be written any more");
	expect_vmas(1, "so far it is one VMA");

	DO(munmap(p + 3 * page, page));
	expect_count(show_maps(p, 7 * page), 2, "a hole makes two mappings of one:   [12] [45]");
	LOAD(p[3 * page], SEGV_MAPERR, "there is nothing in the hole");
	expect_vmas(2, "now there are two VMAs");
	expect_text(p + 1 * page, "page 1", "page 1 is intact");
	expect_text(p + 2 * page, "page 2", "page 2, beside the hole, is intact");
	expect_text(p + 4 * page, "page 4", "page 4, on its other side, is intact");
	expect_text(p + 5 * page, "page 5", "page 5 is intact");

	DO(munmap(p + 4 * page, 2 * page));
	expect_count(show_maps(p, 7 * page), 1, "the two go one by one:              [12]");
	expect_text(p + 1 * page, "page 1", "the other part is intact");
	DO(munmap(p, 7 * page));
	expect_count(show_maps(p, 7 * page), 0, "one munmap may cover holes, too");
	LOAD(p[page], SEGV_MAPERR, "nothing is left to read");
	expect_vmas(0, "no VMA is left");

	DO(munmap(p, 7 * page));
	expect_count(show_maps(p, 7 * page), 0,
		     "munmap of a range without a mapping works, and does nothing");
	REFUSED(EINVAL, "an address inside a page is refused", munmap(p + 1, page));
	return held();
}
