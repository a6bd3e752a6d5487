// SPDX-License-Identifier: GPL-2.0-only
/* C8: nodes that are made and destroyed by name, at any time (docs/abi/sysfs). */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/access.h"
#include "support/control.h"
#include "support/created.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/system.h"
#include "support/target.h"

#define MAKE   "/sys/class/mmapdemo/new_node"
#define DELETE "/sys/class/mmapdemo/delete_node"
#define NAME   "mmapdemo-of-a.row_1"
#define NODE   "/dev/" NAME

/* The most bytes of a node's name. */
#define LONGEST 60

static void destroy(const void *name)
{
	write_text(DELETE, name);
}

static void needs_nodes(void)
{
	needs_system();
	control_open_kind(0);
	if (access(MAKE, W_OK))
		row_not_applicable("only root makes nodes by name");
}

/* The errno of making one, which goes when the test ends; name is static. */
static int make_node(const char *name, const char *words)
{
	char line[512];
	int error;

	needs_nodes();
	snprintf(line, sizeof(line), "%s %s\n", name, words);
	error = write_text(MAKE, line);
	if (!error)
		after_test(destroy, name);
	return error;
}

static int open_node(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "open(%s): %s", node, strerror(errno));
	return fd;
}

static const struct strategy {
	const char *name;
	bool contents;
} strategies[] = {
	{"pagecache", true}, {"anon", false}, {"fault", true},	   {"insert", true},
	{"vmalloc", true},   {"pfn", true},   {"pfn-fault", true}, {"dma", true},
};

ROW_EACH(C8, named_strategy, "a node is made with its strategy and size, and has memory of its own",
	 strategies)
{
	const struct strategy *strategy = &strategies[_i];
	struct mmapdemo_info info;
	char words[64];
	unsigned char *map;
	int fd;

	snprintf(words, sizeof(words), "size=%zu strategy=%s", pages(4), strategy->name);
	ck_assert_int_eq(make_node(NAME, words), 0);
	fd = open_node(NODE);
	info = info_of(fd);
	ck_assert_str_eq(info.strategy, strategy->name);
	ck_assert_uint_eq(info.bytes, pages(4));
	ck_assert_uint_eq(info.opens, 1);
	map = map_file(fd, pages(4), RW, MAP_SHARED);
	assert_zero(map, pages(4));
	memset(map, 'n', pages(4));
	if (strategy->contents) {
		char byte = 0;

		ck_assert_int_eq(pread(fd, &byte, 1, pages(3)), 1);
		ck_assert_int_eq(byte, 'n');
	}
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
}

static void assert_owned(uid_t uid, gid_t gid, mode_t mode)
{
	struct stat stat_of;

	ck_assert_int_eq(stat(NODE, &stat_of), 0);
	ck_assert_uint_eq(stat_of.st_uid, uid);
	ck_assert_uint_eq(stat_of.st_gid, gid);
	ck_assert_int_eq(stat_of.st_mode, S_IFCHR | mode);
}

ROW(C8, named_owner, "a node has the owner, the group and the mode that were asked for")
{
	ck_assert_int_eq(make_node(NAME, "size=64K uid=12 gid=34 mode=0640"), 0);
	assert_owned(12, 34, 0640);
}

ROW(C8, named_default, "a node without settings has the module's default ones")
{
	ck_assert_int_eq(make_node(NAME, ""), 0);
	assert_owned(0, 0, 0600);
	ck_assert_uint_eq(info_of(open_node(NODE)).bytes, 16UL << 20);
	ck_assert_str_eq(info_of(open_node(NODE)).strategy, "pagecache");
}

ROW(C8, named_memory, "prealloc=1 holds all memory at once, huge=never has small folios only")
{
	struct mmapdemo_info info;

	ck_assert_int_eq(make_node(NAME, "size=4M prealloc=1 huge=never node=0"), 0);
	info = info_of(open_node(NODE));
	ck_assert_uint_eq(info.resident, 4UL << 20);
	ck_assert_uint_eq(info.huge_folios, 0);
	ck_assert(!(info.features & MMAPDEMO_FEATURE_HUGE));
}

ROW_EACH(C8, named_destroyed,
	 "a process that has a destroyed node open or mapped keeps the buffer; a new node of the "
	 "name has another",
	 strategies)
{
	const struct strategy *strategy = &strategies[_i];
	unsigned char *map, *other;
	struct stat stat_of;
	char words[64];
	int fd;

	snprintf(words, sizeof(words), "size=%zu strategy=%s", pages(4), strategy->name);

	ck_assert_int_eq(make_node(NAME, words), 0);
	fd = open_node(NODE);
	map = map_file(fd, pages(1), RW, MAP_SHARED);
	assert_works(try_write(map, 'k'));
	ck_assert_int_eq(write_text(DELETE, NAME "\n"), 0);
	ck_assert_int_eq(stat(NODE, &stat_of), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(access("/sys/class/mmapdemo/" NAME, F_OK), -1);
	ck_assert_int_eq(access("/sys/kernel/debug/mmapdemo/" NAME, F_OK), -1);
	ck_assert_int_eq(map[0], 'k');
	ck_assert_uint_eq(info_of(fd).opens, 1);
	ck_assert_int_eq(map_file(fd, pages(1), RW, MAP_SHARED)[0], strategy->contents ? 'k' : 0);

	ck_assert_int_eq(make_node(NAME, words), 0);
	other = map_file(open_node(NODE), pages(1), RW, MAP_SHARED);
	ck_assert_int_eq(other[0], 0);
	assert_works(try_write(other, 'o'));
	ck_assert_int_eq(map[0], 'k');
}

ROW(C8, named_stale, "a node made by mknod is ENXIO once the buffer's own node has gone")
{
	char stale[] = "/tmp/mmapdemo-row.XXXXXX";
	struct stat stat_of;
	int error;

	ck_assert_int_eq(make_node(NAME, "size=64K"), 0);
	ck_assert_int_eq(stat(NODE, &stat_of), 0);
	ck_assert_int_eq(write_text(DELETE, NAME), 0);
	ck_assert_ptr_nonnull(mkdtemp(stale));
	ck_assert_int_eq(chdir(stale), 0);
	ck_assert_int_eq(mknod("node", S_IFCHR | 0600, stat_of.st_rdev), 0);
	error = open("node", O_RDWR | O_CLOEXEC) < 0 ? errno : 0;
	unlink("node");
	rmdir(stale);
	ck_assert_int_eq(error, ENXIO);
}

static const struct refusal {
	const char *name, *node, *words;
	int error;
} refusals[] = {
	{"slash", "mmapdemo-a/b", "", EINVAL},
	{"dots", "..", "", EINVAL},
	{"other-prefix", "null", "", EINVAL},
	{"bare-prefix", "mmapdemo-", "", EINVAL},
	{"control-character", "mmapdemo-a\tb", "", EINVAL},
	{"no-ascii", "mmapdemo-\303\244", "", EINVAL},
	{"empty", "", "", EINVAL},
	{"300-bytes", "mmapdemo-%0300d", "", ENAMETOOLONG},
	{"longer-by-one", "mmapdemo-%052d", "", ENAMETOOLONG},
	{"odd-size", NAME, "size=3", EINVAL},
	{"no-size", NAME, "size=0", EINVAL},
	{"absurd-size", NAME, "size=16777215T", EINVAL},
	{"more-than-memory", NAME, "size=%s0K", ENOMEM},
	{"bad-mode", NAME, "mode=0777", EINVAL},
	{"bad-owner", NAME, "uid=-1", EINVAL},
	{"no-owner", NAME, "uid=4294967295", EINVAL},
	{"bad-group", NAME, "gid=wheel", EINVAL},
	{"bad-strategy", NAME, "strategy=file", EINVAL},
	{"bad-node", NAME, "node=77", EINVAL},
	{"unknown-word", NAME, "colour=red", EINVAL},
	{"no-value", NAME, "size", EINVAL},
	{"second-word", NAME, "size=64K size=x", EINVAL},
	{"bad-prealloc", NAME, "prealloc=x", EINVAL},
	{"two-lines", NAME, "size=64K\nmmapdemo-b size=64K", EINVAL},
	{"memory-of-the-machine", NAME, "prealloc=1 huge=never size=%sK", ENOMEM},
};

/* KiB of all memory that the machine has: a part of it is in use. */
static void all_memory(char text[32])
{
	snprintf(text, 32, "%llu",
		 (unsigned long long)sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) >> 10));
}

/* The storm has a node that comes and goes. */
static int nodes(void)
{
	DIR *folder = opendir("/sys/class/mmapdemo");
	struct dirent *entry;
	int count = 0;

	ck_assert_ptr_nonnull(folder);
	while ((entry = readdir(folder)))
		count += strcmp(entry->d_name, "mmapdemo-storm") != 0;
	closedir(folder);
	return count;
}

ROW_EACH(C8, named_refused, "an invalid name or setting is refused, and no node is made", refusals)
{
	const struct refusal *refusal = &refusals[_i];
	static char name[400];
	char words[128], memory[32];
	int before;

	needs_nodes();
	before = nodes();
	all_memory(memory);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(name, sizeof(name), refusal->node, 7);
	snprintf(words, sizeof(words), refusal->words, memory);
#pragma GCC diagnostic pop
	assert_errno(make_node(name, words), refusal->error);
	ck_assert_int_eq(nodes(), before);
	/* The name is free. */
	ck_assert_int_eq(make_node(NAME, "size=64K"), 0);
}

ROW(C8, named_longest, "a name of 60 bytes is accepted")
{
	static char name[LONGEST + 1];

	snprintf(name, sizeof(name), "mmapdemo-%0*d", LONGEST - (int)strlen("mmapdemo-"), 7);
	ck_assert_int_eq(make_node(name, "size=64K"), 0);
}

ROW_EACH(C8, named_twice,
	 "a name in use is EEXIST, and its node stays; destroying an unused name is ENOENT",
	 strategies)
{
	char words[64], line[128];
	int fd;

	snprintf(words, sizeof(words), "size=%zu strategy=%s", pages(4), strategies[_i].name);
	snprintf(line, sizeof(line), NAME " %s", words);
	ck_assert_int_eq(make_node(NAME, words), 0);
	fd = open_node(NODE);
	assert_errno(write_text(MAKE, line), EEXIST);
	ck_assert_uint_eq(info_of(open_node(NODE)).opens, 2);
	close(fd);
	ck_assert_int_eq(write_text(DELETE, NAME), 0);
	assert_errno(write_text(DELETE, NAME), ENOENT);
	assert_errno(write_text(DELETE, "\n"), ENOENT);
}

#define MANY 1000

static void destroy_many(const void *unused)
{
	char name[64];

	(void)unused;
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "mmapdemo-many-%d", i);
		write_text(DELETE, name);
	}
}

ROW(C8, named_many, "1,000 nodes at once work, each with its own contents", .timeout = 120)
{
	char line[64], node[64];
	int got;

	ck_assert_int_eq(make_node(NAME, "size=64K"), 0);
	after_test(destroy_many, NULL);
	for (int i = 0; i < MANY; i++) {
		snprintf(line, sizeof(line), "mmapdemo-many-%d size=64K", i);
		ck_assert_msg(!write_text(MAKE, line), "the %dth: %s", i, strerror(errno));
		snprintf(node, sizeof(node), "/dev/mmapdemo-many-%d", i);
		got = open_node(node);
		ck_assert_int_eq(pwrite(got, &i, sizeof(i), 0), sizeof(i));
		close(got);
	}
	for (int i = 0; i < MANY; i++) {
		int fd;

		snprintf(node, sizeof(node), "/dev/mmapdemo-many-%d", i);
		fd = open_node(node);
		ck_assert_int_eq(pread(fd, &got, sizeof(got), 0), sizeof(got));
		ck_assert_int_eq(got, i);
		close(fd);
	}
}

ROW(C8, named_by_root, "only a process that may write sysfs makes and destroys nodes")
{
	ck_assert_int_eq(make_node(NAME, "size=64K"), 0);
	ck_assert_int_eq(setresuid(-1, 12345, -1), 0);
	ck_assert_int_eq(open(MAKE, O_WRONLY), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(open(DELETE, O_WRONLY), -1);
	ck_assert_int_eq(errno, EACCES);
}

#define OFTEN 20

/* An open that is too late finds no node; one in time has a buffer that works. */
ROW(C8, named_race, "a node can be destroyed while another process opens and uses it",
    .timeout = 60)
{
	struct peer child;
	int opened = 0, missed = 0;

	ck_assert_int_eq(make_node(NAME, "size=64K"), 0);
	if (fork_child(&child)) {
		for (;;) {
			ck_assert_int_eq(write_text(DELETE, NAME), 0);
			ck_assert_int_eq(write_text(MAKE, NAME " size=64K"), 0);
		}
	}
	/* Until both happened often enough, or the time is up. */
	while (opened < OFTEN || missed < OFTEN) {
		int fd = open(NODE, O_RDWR | O_CLOEXEC);
		unsigned char *map;

		if (fd < 0) {
			ck_assert_msg(errno == ENOENT || errno == ENXIO, "%s", strerror(errno));
			missed++;
			continue;
		}
		opened++;
		map = map_file(fd, pages(1), RW, MAP_SHARED);
		assert_works(try_write(map, 'r'));
		unmap(map, pages(1));
		close(fd);
	}
	kill_child(&child);
}
