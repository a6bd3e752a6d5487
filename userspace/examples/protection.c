// SPDX-License-Identifier: GPL-2.0-only
/* Each page has access rights, and no call gives more than the descriptor has. */
#include "lesson.h"

int main(int argc, char **argv)
{
	char *p, *q, *mine, text[32] = "";
	int fd, ro;

	lesson(argc, argv, 1, "a mapping allows what its protection says, and nothing else");
	DO(fd = open(path, O_RDWR));
	DO(pwrite(fd, "guarded", 8, 0));
	DO(p = mmap(NULL, page, PROT_NONE, MAP_SHARED, fd, 0));
	show_maps(p, page);
	LOAD(*p, SEGV_ACCERR, "PROT_NONE: no load");
	STORE(*p, SEGV_ACCERR, "PROT_NONE: no store");

	DO(mprotect(p, page, PROT_READ));
	show_maps(p, page);
	LOAD(*p, WORKS, "PROT_READ: a load");
	expect_text(p, "guarded", "the load returns the file's contents");
	STORE(*p, SEGV_ACCERR, "PROT_READ: no store");

	DO(mprotect(p, page, PROT_WRITE)); /* most CPUs cannot write only: loads may work */
	STORE(*p, WORKS, "PROT_WRITE: a store");
	DO(mprotect(p, page, PROT_READ | PROT_WRITE));
	show_maps(p, page);
	LOAD(*p, WORKS, "PROT_READ | PROT_WRITE: a load");
	STORE(*p, WORKS, "PROT_READ | PROT_WRITE: a store");
	DO(mprotect(p, page, PROT_NONE));
	LOAD(*p, SEGV_ACCERR, "PROT_NONE again: no load");
	DO(pread(fd, text, sizeof(text), 0));
	expect_text(text, "!uarded", "the contents stay while the mapping is closed");

	DO(ro = open(path, O_RDONLY));
	REFUSED(EACCES, "a read-only descriptor gives no shared writable mapping",
		mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
	DO(q = mmap(NULL, page, PROT_READ, MAP_SHARED, ro, 0));
	LOAD(*q, WORKS, "a readable mapping of it works");
	REFUSED(EACCES, "mprotect cannot upgrade it", mprotect(q, page, PROT_READ | PROT_WRITE));
	STORE(*q, SEGV_ACCERR, "a store to it is still caught");
	DO(mine = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0));
	STORE(*mine, WORKS, "a private mapping of it may be written");
	expect_other(frame(mine), frame(q), "the store went into a copy, not into the file");
	return held();
}
