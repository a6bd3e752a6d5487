// SPDX-License-Identifier: GPL-2.0-only
/* MAP_PRIVATE maps the file's own page until the first store, and a copy from then on. */
#include "lesson.h"

int main(int argc, char **argv)
{
	char *shared, *mine, *later, text[32] = "", after[32] = "";
	uint64_t before;
	int fd;

	lesson(argc, argv, 1, "only the process that stores through MAP_PRIVATE sees the store");
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "the original", 13, 0));
	DO(shared = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0));
	SHOW(shared);
	DO(mine = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	SHOW(mine);
	expect_text(mine, "the original", "a private mapping begins with the file's contents");
	expect_same(frame(mine), frame(shared), "it has the file's frame, without a copy");

	before = frame(mine);
	DO(strcpy(mine, "a private copy"));
	SHOW(mine);
	SHOW(shared);
	expect_other(frame(mine), before, "the store gave the mapping its own frame");
	expect_same(frame(shared), before, "the file keeps its frame");
	expect_text(mine, "a private copy", "the mapping shows the store");
	expect_text(shared, "the original", "another mapping does not show the store");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "the original", "pread does not return the store");

	DO(later = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0));
	SHOW(later);
	expect_same(frame(later), before, "a new private mapping has the file's frame");
	expect_text(later, "the original", "a new private mapping shows the original");
	DO(munmap(mine, page));
	DO(pread(fd, after, sizeof(after), 0));
	expect_text(after, "the original", "munmap drops the copy");
	return held();
}
