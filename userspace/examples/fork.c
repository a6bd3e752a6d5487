// SPDX-License-Identifier: GPL-2.0-only
/* fork() copies mappings, and no memory. A later store to a private page copies it. */
#include "lesson.h"

static char *shared, *mine;
static uint64_t shared_frame, mine_frame; /* the parent's, before the fork */

static int child_process(void)
{
	SHOW(shared);
	SHOW(mine);
	expect_same(frame(shared), shared_frame, "the child has the parent's shared frame");
	expect_same(frame(mine), mine_frame, "the child has the parent's private frame");
	expect_vmas(4, "the fork has doubled the VMAs");
	DO(strcpy(shared, "the child's"));
	DO(strcpy(mine, "the child's"));
	SHOW(shared);
	SHOW(mine);
	expect_same(frame(shared), shared_frame, "the shared store went into the same frame");
	expect_other(frame(mine), mine_frame, "the private store went into a copy");
	return 0;
}

int main(int argc, char **argv)
{
	char text[32] = "";
	pid_t child;
	int fd;

	lesson(argc, argv, 1, "after fork() a shared page stays one, a private page is copied");
	DO(fd = open(path, O_RDWR));
	DO(shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	DO(mine = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	DO(strcpy(shared, "the parent's"));
	DO(strcpy(mine, "the parent's"));
	SHOW(shared);
	SHOW(mine);
	expect_vmas(2, "two mappings, two VMAs");
	shared_frame = frame(shared);
	mine_frame = frame(mine);

	DO(child = fork());
	if (child == 0)
		return child_process();
	join(child);
	SHOW(shared);
	SHOW(mine);
	expect_text(shared, "the child's", "the parent sees the child's shared store");
	expect_text(mine, "the parent's", "the parent does not see the child's private store");
	expect_same(frame(mine), mine_frame, "the parent still has its private frame");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "the child's", "pread sees the child's shared store");
	expect_vmas(2, "the child's VMAs are gone with the child");
	return held();
}
