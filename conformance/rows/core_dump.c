// SPDX-License-Identifier: GPL-2.0-only
/* M7: the contents of the mapping in a core dump. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define MAPPED 4 /* pages of the target from page 1 on */
#define STORED 1

/* core(5), bits of /proc/PID/coredump_filter */
#define ANON_PRIVATE (1 << 0)
#define ANON_SHARED  (1 << 1)
#define FILE_PRIVATE (1 << 2)
#define FILE_SHARED  (1 << 3)
#define DEFAULT	     0x33
#define ALL	     0x7f

/*
 * fs/coredump.c, vma_dump_size(): a shared mapping counts by its file, which is anonymous when it
 * has no name left. A private one counts as a file's, or as anonymous once it has copies, and then
 * with all its pages.
 */
static const struct variant {
	const char *name;
	int flags;
	bool stored, dontdump;
	unsigned int filter;
	bool held;
} variants[] = {
	{"shared-asked-for", MAP_SHARED, true, false, FILE_SHARED, true},
	{"shared-not-asked-for", MAP_SHARED, true, false, ALL & ~FILE_SHARED, false},
	{"shared-by-default", MAP_SHARED, true, false, DEFAULT, false},
	{"shared-dontdump", MAP_SHARED, true, true, ALL, false},
	{"private-asked-for", MAP_PRIVATE, false, false, FILE_PRIVATE, true},
	{"private-not-asked-for", MAP_PRIVATE, false, false, ALL & ~FILE_PRIVATE, false},
	{"private-by-default", MAP_PRIVATE, false, false, DEFAULT, false},
	{"private-dontdump", MAP_PRIVATE, false, true, ALL, false},
	{"copies-as-file", MAP_PRIVATE, true, false, FILE_PRIVATE, true},
	{"copies-as-anonymous", MAP_PRIVATE, true, false, ANON_PRIVATE, true},
	{"copies-not-asked-for", MAP_PRIVATE, true, false, ALL & ~(ANON_PRIVATE | FILE_PRIVATE),
	 false},
	{"copies-by-default", MAP_PRIVATE, true, false, DEFAULT, true},
	{"copies-dontdump", MAP_PRIVATE, true, true, ALL, false},
};

struct core {
	char folder[64];
	char file[128];
	FILE *stream;
};

static void remove_folder(const void *what)
{
	const struct core *core = what;

	unlink(core->file);
	rmdir(core->folder);
}

/* Core files of this test's children go into a folder of its own. */
static void expect_core(struct core *core)
{
	char pattern[128];

	needs_system();
	snprintf(core->folder, sizeof(core->folder), "/tmp/mmapdemo-core-XXXXXX");
	ck_assert_msg(mkdtemp(core->folder), "mkdtemp: %s", strerror(errno));
	snprintf(core->file, sizeof(core->file), "%s/core", core->folder);
	after_test(remove_folder, core);
	snprintf(pattern, sizeof(pattern), "%s", core->file);
	set_for_test("/proc/sys/kernel/core_uses_pid", "0");
	set_for_test("/proc/sys/kernel/core_pattern", pattern);
}

static void open_core(struct core *core, struct peer *child)
{
	int status;

	ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGQUIT,
		      "the child did not end as told, but with wait status %#x", status);
	ck_assert_msg(WCOREDUMP(status), "the kernel dumped no core");
	core->stream = fopen(core->file, "re");
	ck_assert_msg(core->stream, "%s: %s", core->file, strerror(errno));
}

_Noreturn static void dump_core(unsigned int filter)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	char text[32];

	snprintf(text, sizeof(text), "%#x", filter);
	ck_assert_int_eq(write_text("/proc/self/coredump_filter", text), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_CORE, &unlimited), 0);
	/* The process that started the tests may ignore the signal. */
	signal(SIGQUIT, SIG_DFL);
	raise(SIGQUIT);
	ck_abort_msg("SIGQUIT did not end the process");
}

/* The program header of the mapping that begins there; the dump names each, held or not. */
static ElfW(Phdr) find_segment(struct core *core, const void *start)
{
	ElfW(Phdr) segment;
	ElfW(Ehdr) header;

	ck_assert_uint_eq(fread(&header, sizeof(header), 1, core->stream), 1);
	ck_assert_int_eq(memcmp(header.e_ident, ELFMAG, SELFMAG), 0);
	ck_assert_int_eq(header.e_type, ET_CORE);
	ck_assert_int_eq(fseek(core->stream, header.e_phoff, SEEK_SET), 0);
	for (int i = 0; i < header.e_phnum; i++) {
		ck_assert_uint_eq(fread(&segment, sizeof(segment), 1, core->stream), 1);
		if (segment.p_type == PT_LOAD && segment.p_vaddr == (uintptr_t)start)
			return segment;
	}
	ck_abort_msg("the core has no segment for %p", start);
}

static void read_core(struct core *core, const ElfW(Phdr) * segment, void *bytes, size_t len)
{
	ck_assert_uint_le(len, segment->p_filesz);
	ck_assert_int_eq(fseek(core->stream, segment->p_offset, SEEK_SET), 0);
	ck_assert_uint_eq(fread(bytes, 1, len, core->stream), len);
}

/* The same bits have other places for memory of hugetlbfs, and for files without a name. */
static unsigned int filter_for_target(unsigned int filter)
{
	int fd = target_open(O_RDONLY);
	struct stat stat;

	ck_assert_int_eq(fstat(fd, &stat), 0);
	close(fd);
	if (target.page > (size_t)sysconf(_SC_PAGESIZE))
		row_not_applicable("core dumps have bits of their own for huge pages");
	if (stat.st_nlink == 0 && (filter == FILE_SHARED || filter == (ALL & ~FILE_SHARED)))
		filter ^= FILE_SHARED | ANON_SHARED;
	else if (stat.st_nlink == 0 && filter == DEFAULT)
		filter &= ~ANON_SHARED;
	return filter;
}

ROW_EACH(M7, core_dump,
	 "coredump_filter decides whether a core dump holds the mapping, as the process saw it",
	 variants)
{
	const struct variant *v = &variants[_i];
	unsigned int filter = filter_for_target(v->filter);
	unsigned char bytes[4096];
	ElfW(Phdr) segment;
	struct peer other;
	struct core core;
	void *map;

	expect_core(&core);
	/* Page 2 may be stored to; no other page is accessed. */
	if (fork_child(&other)) {
		unsigned char *mine = target_map_rw(MAPPED, v->flags, pages(1));

		if (v->stored)
			pattern_fill(mine + pages(1), pages(1), pages(2), STORED);
		if (v->dontdump)
			ck_assert_int_eq(madvise(mine, pages(MAPPED), MADV_DONTDUMP), 0);
		tell(&other, (uintptr_t)mine);
		dump_core(filter);
	}
	map = (void *)(uintptr_t)hear(&other);
	open_core(&core, &other);
	segment = find_segment(&core, map);
	ck_assert_uint_eq(segment.p_memsz, pages(MAPPED));
	ck_assert_uint_eq(segment.p_flags, PF_R | PF_W);
	ck_assert_uint_eq(segment.p_filesz, v->held ? pages(MAPPED) : 0);
	if (!v->held)
		return;

	for (size_t done = 0; done < pages(MAPPED); done += sizeof(bytes)) {
		bool stored = v->stored && done >= pages(1) && done < pages(2);

		read_core(&core, &segment, bytes, sizeof(bytes));
		assert_memory(bytes, sizeof(bytes), pages(1) + done, stored ? STORED : ORIGINAL);
		segment.p_offset += sizeof(bytes);
		segment.p_filesz -= sizeof(bytes);
	}
	assert_target(pages(2), pages(1), v->stored && v->flags == MAP_SHARED ? STORED : ORIGINAL);
}

ROW_EACH(M7, core_dump_past_end, "pages past the target's end are zero in a core dump", kinds)
{
	unsigned char *bytes = mmap(NULL, pages(4), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int filter = kinds[_i].flags == MAP_SHARED ? FILE_SHARED : FILE_PRIVATE;
	ElfW(Phdr) segment;
	struct peer other;
	struct core core;
	void *map;

	needs_end();
	filter = filter_for_target(filter);
	expect_core(&core);
	if (fork_child(&other)) {
		tell(&other, (uintptr_t)target_map_rw(4, kinds[_i].flags, target.size - pages(2)));
		dump_core(filter);
	}
	map = (void *)(uintptr_t)hear(&other);
	open_core(&core, &other);
	segment = find_segment(&core, map);
	ck_assert_uint_eq(segment.p_filesz, pages(4));
	read_core(&core, &segment, bytes, pages(4));
	assert_memory(bytes, pages(2), target.size - pages(2), ORIGINAL);
	assert_zero(bytes + pages(2), pages(2));
}
