// SPDX-License-Identifier: GPL-2.0-only
/* MAP_SHARED: processes that map the same page of a file have the same page of memory. */
#include "lesson.h"

static int gate[2];

/* This process inherits no mapping, because it is forked before the first one maps. */
static int other_process(void)
{
	uint64_t frame_of_a;
	char *b;
	int fd;

	close(gate[1]);
	if (read(gate[0], &frame_of_a, sizeof(frame_of_a)) != sizeof(frame_of_a))
		return 2;
	DO(fd = open(path, O_RDWR));
	DO(b = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	SHOW(b);
	expect_text(b, "stored through a", "the other process sees the first one's store");
	expect_same(frame(b), frame_of_a, "both processes map the same frame");
	DO(strcpy(b, "stored through b"));
	return 0;
}

int main(int argc, char **argv)
{
	char text[32] = "", *a;
	uint64_t frame_of_a;
	pid_t other;
	int fd;

	lesson(argc, argv, 1, "all processes that map or read see a store through MAP_SHARED");
	if (pipe(gate))
		stop(2, "pipe: %s", strerror(errno));
	other = fork();
	if (other == 0)
		return other_process();

	DO(fd = open(path, O_RDWR));
	DO(a = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	DO(strcpy(a, "stored through a"));
	SHOW(a);
	frame_of_a = frame(a);
	DO(write(gate[1], &frame_of_a, sizeof(frame_of_a))); /* lets the other process go */
	join(other);
	SHOW(a);
	expect_text(a, "stored through b", "the first process sees the other one's store");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "stored through b",
		    "pread sees it, too, because the mapping is the file");
	DO(pwrite(fd, "written to fd", 14, 0));
	expect_text(a, "written to fd", "the mapping shows what pwrite wrote");
	DO(munmap(a, page));
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "written to fd", "the store outlives the mapping");
	return held();
}
