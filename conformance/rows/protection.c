// SPDX-License-Identifier: GPL-2.0-only
/* S10: the accesses that a mapping's protection and descriptor allow. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "support/access.h"
#include "support/physics.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define R PROT_READ
#define W PROT_WRITE
#define X PROT_EXEC

static const struct prot {
	const char *name;
	int prot;
} prots[] = {
	{"none", PROT_NONE}, {"r", R},	    {"w", W},	   {"x", X},
	{"rw", R | W},	     {"rx", R | X}, {"wx", W | X}, {"rwx", R | W | X},
};

/* Page 2 begins with code; its last byte is for stores. */
#define CODE_VALUE 42

static void write_code(void)
{
	unsigned char code[16];
	size_t len = code_returning(CODE_VALUE, code);
	int fd;

	target_allow_exec();
	fd = target_open(O_RDWR);
	target_write(fd, code, len, pages(2));
	close(fd);
}

struct accesses {
	struct access read, write, exec;
};

static struct accesses try_all(unsigned char *map)
{
	return (struct accesses){
		.exec = try_exec(map),
		.read = try_read(map),
		.write = try_write(map + target.page - 1, 's'),
	};
}

/*
 * Machines differ in what a right implies (on x86 writable memory is readable), and in the
 * signal's code if a key forbids the access, so that the test tries the same on memory that is
 * certainly correct. Only a read may be allowed in addition; and to execute, on a machine of 32
 * bits whose processor executes all that it reads.
 */
static struct accesses ask_anonymous(int prot)
{
	unsigned char *memory =
		target_map_at(reserve(1), pages(1), R | W, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct accesses a;

	code_returning(CODE_VALUE, memory);
	ck_assert_int_eq(mprotect(memory, pages(1), prot), 0);
	a = try_all(memory);
	if (!kernel_of_32_bits() || (prot & X) || !prot)
		ck_assert_int_eq(a.exec.signo, prot & X ? 0 : SIGSEGV);
	ck_assert_int_eq(a.write.signo, prot & W ? 0 : SIGSEGV);
	if (prot & R)
		ck_assert_int_eq(a.read.signo, 0);
	else if (!prot)
		ck_assert_int_eq(a.read.signo, SIGSEGV);
	return a;
}

static void assert_alike(struct access seen, struct access wanted, unsigned char *addr)
{
	access_expect_(seen, wanted.signo, wanted.code, wanted.signo ? addr : NULL, __FILE__,
		       __LINE__);
}

static void assert_protection(unsigned char *map, int prot)
{
	struct accesses wanted = ask_anonymous(prot);
	struct accesses seen = try_all(map);

	assert_alike(seen.read, wanted.read, map);
	assert_alike(seen.exec, wanted.exec, map);
	if (!seen.exec.signo)
		ck_assert_uint_eq(seen.exec.value, CODE_VALUE);
	assert_alike(seen.write, wanted.write, map + target.page - 1);
}

/* A forbidden store changed nothing; an allowed one is where it should be. */
static void assert_stored(int prot, int flags)
{
	bool reaches = (prot & W) && flags == MAP_SHARED;
	off_t off = pages(3) - 1;

	ck_assert_uint_eq(target_read_byte(off), reaches ? 's' : pattern_byte(off, ORIGINAL));
}

static void check_mmap(int prot, int flags)
{
	int fd;

	write_code();
	fd = target_open_to_map(O_RDWR);
	assert_protection(target_map(pages(1), prot, flags, fd, pages(2)), prot);
	assert_stored(prot, flags);
}

ROW_EACH(S10, mmap_shared, "a shared mapping allows the accesses in prot, and others are SIGSEGV",
	 prots)
{
	check_mmap(prots[_i].prot, MAP_SHARED);
}

ROW_EACH(S10, mmap_private, "a private mapping allows the accesses in prot, and others are SIGSEGV",
	 prots)
{
	check_mmap(prots[_i].prot, MAP_PRIVATE);
}

/* From all rights down, then from none up. */
static void check_mprotect(int prot, int flags)
{
	unsigned char *map;
	int fd;

	write_code();
	fd = target_open_to_map(O_RDWR);
	map = target_map(pages(1), R | W | X, flags, fd, pages(2));
	ck_assert_uint_eq(map[0], target_read_byte(pages(2)));

	ck_assert_int_eq(mprotect(map, pages(1), prot), 0);
	assert_protection(map, prot);
	assert_stored(prot, flags);

	ck_assert_int_eq(mprotect(map, pages(1), PROT_NONE), 0);
	assert_forbidden(try_read(map), map);
	ck_assert_int_eq(mprotect(map, pages(1), prot), 0);
	assert_protection(map, prot);
	assert_stored(prot, flags);
}

ROW_EACH(S10, mprotect_shared, "mprotect removes rights of a shared mapping, and adds them", prots)
{
	check_mprotect(prots[_i].prot, MAP_SHARED);
}

ROW_EACH(S10, mprotect_private, "mprotect removes rights of a private mapping, and adds them",
	 prots)
{
	check_mprotect(prots[_i].prot, MAP_PRIVATE);
}

ROW_EACH(S10, mprotect_keeps_pages, "mprotect to PROT_NONE and back keeps pages and contents",
	 kinds)
{
	unsigned char *map = target_map_rw(2, kinds[_i].flags, pages(1));
	uint64_t frame;

	pattern_fill(map, pages(2), pages(1), 1);
	frame = frame_of(map);
	ck_assert_int_eq(mprotect(map, pages(2), PROT_NONE), 0);
	assert_forbidden(try_read(map), map);
	assert_forbidden(try_write(map, 1), map);
	ck_assert_int_eq(mprotect(map, pages(2), R | W), 0);
	assert_memory(map, pages(2), pages(1), 1);
	assert_same_page(frame_of(map), frame);
}

ROW_EACH(S10, mprotect_of_a_part, "mprotect of pages in the middle changes these alone", kinds)
{
	unsigned char *map = target_map_rw(4, kinds[_i].flags, 0);
	unsigned char *middle = map + pages(1);

	pattern_fill(map, pages(4), 0, 1);
	ck_assert_int_eq(mprotect(middle, pages(2), R), 0);
	assert_works(try_write(map, map[0]));
	assert_works(try_write(map + pages(3), map[pages(3)]));
	for (int i = 1; i < 3; i++)
		assert_forbidden(try_write(map + pages(i), 1), map + pages(i));
	assert_memory(map, pages(4), 0, 1);

	ck_assert_int_eq(mprotect(middle, pages(2), R | W), 0);
	pattern_fill(map, pages(4), 0, 2);
	assert_memory(map, pages(4), 0, 2);
	assert_target(0, pages(4), kinds[_i].flags == MAP_SHARED ? 2 : ORIGINAL);
}

ROW_EACH(S10, read_then_write, "a page read first and made writable later takes stores", kinds)
{
	int fd = target_open_to_map(O_RDWR);
	unsigned char *map = target_map(pages(1), R, kinds[_i].flags, fd, pages(1));

	assert_memory(map, pages(1), pages(1), ORIGINAL);
	assert_forbidden(try_write(map, 1), map);
	ck_assert_int_eq(mprotect(map, pages(1), R | W), 0);
	pattern_fill(map, pages(1), pages(1), 1);
	assert_target(pages(1), pages(1), kinds[_i].flags == MAP_SHARED ? 1 : ORIGINAL);
}

static const struct prot writable[] = {
	{"w", W},
	{"rw", R | W},
	{"rwx", R | W | X},
};

ROW_EACH(S10, read_only_refuses_shared_write,
	 "a shared mapping with PROT_WRITE of an O_RDONLY file is EACCES", writable)
{
	int fd = target_open(O_RDONLY);

	ck_assert_int_eq(mmap_errno(NULL, pages(1), writable[_i].prot, MAP_SHARED, fd, 0), EACCES);
}

ROW_EACH(S10, read_only_cannot_be_upgraded,
	 "mprotect cannot make a shared mapping of an O_RDONLY file writable", writable)
{
	unsigned char *map = target_map_ro(1, MAP_SHARED, 0);

	needs_file();
	ck_assert(!smaps_has_flag(map, "mw"));
	ck_assert_int_eq(mprotect(map, pages(1), writable[_i].prot), -1);
	ck_assert_int_eq(errno, EACCES);
	assert_memory(map, pages(1), 0, ORIGINAL);
	assert_forbidden(try_write(map, 1), map);
	assert_target(0, pages(1), ORIGINAL);
}

ROW(S10, read_only_private_upgrades, "a private mapping of an O_RDONLY file may become writable")
{
	unsigned char *map = target_map_ro(1, MAP_PRIVATE, 0);

	assert_forbidden(try_write(map, 1), map);
	ck_assert_int_eq(mprotect(map, pages(1), R | W), 0);
	pattern_fill(map, pages(1), 0, 1);
	assert_memory(map, pages(1), 0, 1);
	assert_target(0, pages(1), ORIGINAL);
}

ROW_EACH(S10, write_only_refused,
	 "a mapping of an O_WRONLY file is EACCES, whatever the protection", prots)
{
	int fd;

	target_allow_exec();
	fd = target_open(O_WRONLY);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		ck_assert_int_eq(mmap_errno(NULL, pages(1), prots[_i].prot, kinds[i].flags, fd, 0),
				 EACCES);
}

ROW_EACH(S10, stored_code_runs, "code stored through a mapping runs when mapped executable", kinds)
{
	unsigned char *map = target_map_rw(1, MAP_SHARED, pages(4));
	struct access run;
	void *text;
	int fd;

	needs_file();
	target_allow_exec();
	code_returning(99, map);
	fd = target_open(O_RDONLY);
	text = target_map(pages(1), R | X, kinds[_i].flags, fd, pages(4));
	run = try_exec(text);
	assert_works(run);
	ck_assert_uint_eq(run.value, 99);
}

ROW(S10, private_code_runs, "code in a private copy runs, and is not in the target")
{
	unsigned char *map;
	struct access run;

	target_allow_exec();
	map = target_map_rw(1, MAP_PRIVATE, pages(4));
	code_returning(77, map);
	ck_assert_int_eq(mprotect(map, pages(1), R | X), 0);
	run = try_exec(map);
	assert_works(run);
	ck_assert_uint_eq(run.value, 77);
	assert_target(pages(4), pages(1), ORIGINAL);
}
