// SPDX-License-Identifier: GPL-2.0-only
/* C8: CREATE gives a descriptor of a fresh buffer, which lives as long as somebody uses it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/control.h"
#include "support/created.h"
#include "support/pass.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/system.h"
#include "support/target.h"

ROW_EACH(C8, fresh, "a created buffer has the size asked for, reads as zeros, and holds no memory",
	 makers)
{
	int fd = make_file(&makers[_i], pages(3));
	unsigned char bytes[3];

	ck_assert_int_eq(size_of(fd), pages(3));
	ck_assert_int_eq(allocated(fd), 0);
	ck_assert_int_eq(pread(fd, bytes, 3, pages(1)), 3);
	assert_zero(bytes, 3);
	ck_assert_int_eq(allocated(fd), 0);
	assert_zero(map_file(fd, pages(3), PROT_READ, MAP_SHARED), pages(3));
}

ROW_EACH(C8, not_the_others, "two buffers of one name are different, and neither is the device",
	 makers)
{
	int one = make_file(&makers[_i], pages(1)), other = make_file(&makers[_i], pages(1));
	char byte = 0;

	ck_assert_int_eq(pwrite(one, "1", 1, 0), 1);
	ck_assert_int_eq(pwrite(other, "2", 1, 0), 1);
	ck_assert_int_eq(pread(one, &byte, 1, 0), 1);
	ck_assert_int_eq(byte, '1');
	assert_target(0, pages(TEST_PAGES), ORIGINAL);
}

static void assert_link(int fd, const char *expected)
{
	char path[64], link[512] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ck_assert_int_gt(readlink(path, link, sizeof(link) - 1), 0);
	ck_assert_str_eq(link, expected);
}

static const struct named {
	const char *name, *given, *shown;
} named[] = {
	{"plain", "ring", "/mmapdemo:ring (deleted)"},
	{"empty", "", "/mmapdemo: (deleted)"},
	{"null", NULL, "/mmapdemo: (deleted)"},
	{"slashes", "../a/b", "/mmapdemo:../a/b (deleted)"},
	{"dots", "..", "/mmapdemo:.. (deleted)"},
	{"utf-8", "\xc3\xa4", "/mmapdemo:\xc3\xa4 (deleted)"},
};

ROW_EACH(C8, name, "/proc/PID/fd and maps show its name, which is no path", named)
{
	int device = control_open();
	int fd = create_on(device, pages(1), named[_i].given);
	char line[1024], wanted[128];
	bool found = false;
	FILE *maps;

	ck_assert_int_ge(fd, 0);
	assert_link(fd, named[_i].shown);
	map_file(fd, pages(1), PROT_READ, MAP_SHARED);
	snprintf(wanted, sizeof(wanted), " %s\n", named[_i].shown);
	maps = fopen("/proc/self/maps", "re");
	while (fgets(line, sizeof(line), maps))
		found |= !!strstr(line, wanted);
	fclose(maps);
	ck_assert(found);
}

ROW_EACH(C8, closed_on_exec, "its descriptor is closed by exec, until fcntl says otherwise", makers)
{
	int fd = make_file(&makers[_i], 0);

	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR);
}

/* The module is in use while the file of `fd` lives, by whatever. */
static int references(void)
{
	FILE *file = fopen("/sys/module/mmapdemo/refcnt", "re");
	int count = -1;

	if (!file)
		row_not_applicable("the module is not loaded");
	ck_assert(fscanf(file, "%d", &count) == 1);
	fclose(file);
	return count;
}

static void assert_busy(void)
{
	ck_assert_int_gt(references(), 0);
	ck_assert_int_eq(syscall(SYS_delete_module, "mmapdemo", O_NONBLOCK), -1);
	ck_assert_int_eq(errno, EWOULDBLOCK);
}

enum user { DESCRIPTOR, MAPPING, PATH, PRIVATE_MAPPING };

static const char *const users[] = {"descriptor", "mapping", "path", "private-mapping"};

ROW_EACH(C8, last_user,
	 "users keep the buffer and the module after the device is closed, and its last user frees "
	 "it",
	 users)
{
	size_t len = 8 << 20;
	int before = references();
	int fd = make_file(&makers[0], len), path = -1;
	unsigned char *map = NULL;
	unsigned int since = 0;
	uint64_t cached;

	ck_assert_int_eq(fallocate(fd, 0, 0, len), 0);
	ck_assert_int_eq(pwrite(fd, "x", 1, pages(1)), 1);
	cached = vmstat("nr_file_pages");
	if (_i == MAPPING || _i == PRIVATE_MAPPING)
		map = map_file(fd, len, PROT_READ, _i == MAPPING ? MAP_SHARED : MAP_PRIVATE);
	if (_i == PATH) {
		path = reopen(fd, O_PATH);
		ck_assert_int_ge(path, 0);
	}
	if (_i != DESCRIPTOR)
		close(fd);
	assert_busy();
	ck_assert_uint_gt(vmstat("nr_file_pages") + len / 2 / pages(1), cached);

	if (path >= 0) {
		fd = reopen(path, O_RDONLY);
		ck_assert_int_ge(fd, 0);
		close(path);
	}
	if (map) {
		ck_assert_int_eq(map[pages(1)], 'x');
		unmap(map, len);
	} else {
		char byte;

		ck_assert_int_eq(pread(fd, &byte, 1, pages(1)), 1);
		ck_assert_int_eq(byte, 'x');
		close(fd);
	}
	/* Code that inspects this process, as migration does, may be the last user. */
	while (references() != before && weather_wait(&since))
		;
	ck_assert_int_eq(references(), before);
	ck_assert_uint_lt(vmstat("nr_file_pages"), cached - len / 2 / pages(1));
}

ROW_EACH(C8, passed_on, "SCM_RIGHTS passes it to a process that has not opened the device", makers)
{
	struct peer child;
	int ends[2], fd;
	unsigned char *map;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	if (fork_child(&child)) {
		fd = receive_descriptor(ends[1]);
		ck_assert_int_ge(fd, 0);
		map = map_file(fd, pages(2), RW, MAP_SHARED);
		ck_assert_int_eq(map[0], 's');
		map[pages(1)] = 'r';
		child_done();
	}
	fd = make_file(&makers[_i], pages(2));
	map = map_file(fd, pages(2), RW, MAP_SHARED);
	map[0] = 's';
	ck_assert_int_eq(pass_descriptor(ends[0], fd), 0);
	close(fd);
	await_exit(&child);
	ck_assert_int_eq(map[pages(1)], 'r');
}

/* Sent and never received: the kernel's garbage collector of sockets finds it. */
ROW(C8, lost_in_a_socket, "a buffer whose descriptor is left in a closed socket is freed")
{
	int before = references();
	int fd = make_file(&makers[0], pages(1));
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(pass_descriptor(ends[0], fd), 0);
	close(fd);
	assert_busy();
	close(ends[0]);
	close(ends[1]);
	for (unsigned int since = 0; references() != before;)
		ck_assert(weather_wait(&since));
}

ROW(C8, reopened, "its owner can open it anew through /proc, as far as its mode allows")
{
	int fd = make_file(&makers[0], pages(1));
	int again = reopen(fd, O_RDONLY);
	char byte = 0;

	ck_assert_int_ge(again, 0);
	ck_assert_int_eq(pwrite(fd, "a", 1, 0), 1);
	ck_assert_int_eq(pread(again, &byte, 1, 0), 1);
	ck_assert_int_eq(byte, 'a');
	ck_assert_int_eq(pwrite(again, "b", 1, 0), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(mmap_errno(NULL, pages(1), RW, MAP_SHARED, again, 0), EACCES);
	ck_assert_int_eq(info_of(fd).opens, 2);
	close(again);
	ck_assert_int_eq(info_of(fd).opens, 1);
	ck_assert_int_eq(setresuid(-1, 12345, -1), 0);
	ck_assert_int_eq(reopen(fd, O_RDONLY), -EACCES);
}
