// SPDX-License-Identifier: GPL-2.0-only
/* M17: newer calls about files, other processes and sockets, compared with a memfd. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "support/access.h"
#include "support/memory.h"
#include "support/patience.h"
#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/target.h"

#define NR_PIDFD_OPEN	   434
#define NR_PROCESS_MADVISE 440
#define NR_FUTEX_WAITV	   449
#define SET_MDWE	   65 /* PR_SET_MDWE */
#define REFUSE_EXEC_GAIN   1
#ifndef MADV_COLD
#define MADV_COLD    20
#define MADV_PAGEOUT 21
#endif

#define STORED 1

static const struct advice {
	const char *name;
	int advice, flags;
} advices[] = {
	{"cold-shared", MADV_COLD, MAP_SHARED},
	{"cold-private", MADV_COLD, MAP_PRIVATE},
	{"pageout-shared", MADV_PAGEOUT, MAP_SHARED},
	{"pageout-private", MADV_PAGEOUT, MAP_PRIVATE},
};

ROW_EACH(M17, process_madvise, "process_madvise() on another process's mapping loses nothing",
	 advices)
{
	const struct advice *v = &advices[_i];
	struct peer child;
	struct iovec range = {.iov_len = pages(MEMORY_SOME)};
	long done;
	int pidfd;

	needs_page_cache();
	if (fork_child(&child)) {
		unsigned char *map = memory_map_some(v->flags);

		pattern_fill(map, pages(MEMORY_SOME), pages(1), STORED);
		tell(&child, (uintptr_t)map);
		await_turn(&child);
		assert_memory(map, pages(MEMORY_SOME), pages(1), STORED);
		child_done();
	}
	range.iov_base = (void *)(uintptr_t)hear(&child);
	pidfd = syscall(NR_PIDFD_OPEN, child.pid, 0);
	ck_assert_int_ge(pidfd, 0);
	done = syscall(NR_PROCESS_MADVISE, pidfd, &range, 1UL, v->advice, 0);
	if (done < 0 && (errno == ENOSYS || errno == EPERM))
		row_not_applicable("process_madvise: %s", strerror(errno));
	ck_assert_int_eq(done, pages(MEMORY_SOME));
	release_child(&child);
	assert_target(pages(1), pages(MEMORY_SOME), v->flags == MAP_SHARED ? STORED : ORIGINAL);
}

struct waiter {
	uint64_t value, address;
	uint32_t flags, reserved;
};

ROW(M17, futex_waitv, "a process waits for many futexes at once, and another process wakes one")
{
	unsigned char *map = memory_map_some(MAP_SHARED);
	struct peer child;
	unsigned int since = 0;
	int woken = 0;

	memset(map, 0, pages(MEMORY_SOME));
	if (fork_child(&child)) {
		unsigned char *own = memory_map_some(MAP_SHARED);
		struct timespec until = {.tv_sec = 1 << 30};
		struct waiter waiters[] = {
			{0, (uintptr_t)own + 64, FUTEX_32, 0},
			{0, (uintptr_t)own + pages(3) + 4, FUTEX_32, 0},
		};
		long index = syscall(NR_FUTEX_WAITV, waiters, 2, 0, &until, CLOCK_MONOTONIC);

		if (index < 0 && errno == ENOSYS)
			index = 100;
		ck_assert_int_eq(index == 100 ? 1 : index, 1);
		tell(&child, index);
		child_done();
	}
	/* The child may not sleep yet. */
	while (!woken && weather_wait(&since)) {
		struct pollfd has_said = {.fd = child.from, .events = POLLIN};

		if (poll(&has_said, 1, 0) == 1)
			break;
		woken = syscall(SYS_futex, map + pages(3) + 4, FUTEX_WAKE, 1, NULL, NULL, 0);
		ck_assert_int_ge(woken, 0);
	}
	if (hear(&child) == 100)
		row_not_applicable("this kernel has no futex_waitv() (it came with 5.16)");
	ck_assert_int_eq(woken, 1);
	await_exit(&child);
}

#define SENT 65521 /* bytes: over many pages, and no whole number of them */

/* A TCP connection of this process with itself. */
static void connect_ends(int ends[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ge(listener, 0);
	if (bind(listener, (struct sockaddr *)&address, len))
		row_not_applicable("no loopback network: %s", strerror(errno));
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(ends[0], (struct sockaddr *)&address, len))
		row_not_applicable("no loopback network: %s", strerror(errno));
	ends[1] = accept(listener, NULL, NULL);
	ck_assert_int_ge(ends[1], 0);
	close(listener);
}

static void receive(int fd, unsigned char *bytes, size_t len)
{
	while (len) {
		ssize_t got = recv(fd, bytes, len, 0);

		ck_assert_int_gt(got, 0);
		bytes += got;
		len -= got;
	}
}

ROW_EACH(M17, zerocopy,
	 "MSG_ZEROCOPY sends the mapping's bytes, and reports when it has released them", kinds)
{
	size_t count = SENT / target.page + 1;
	unsigned char *map, *bytes = malloc(SENT), control[128];
	struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
	int ends[2], one = 1, fd = target_open(O_RDWR);
	struct pollfd told;

	needs_page_cache();
	if (count > TEST_PAGES)
		row_not_applicable("the tests use fewer pages than that of the target");
	map = target_map(pages(count), RW, kinds[_i].flags, fd, 0);
	pattern_fill(map, SENT, 0, STORED);
	connect_ends(ends);
	if (setsockopt(ends[0], SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		row_not_applicable("SO_ZEROCOPY: %s", strerror(errno));
	ck_assert_int_eq(send(ends[0], map, SENT, MSG_ZEROCOPY), SENT);
	receive(ends[1], bytes, SENT);
	assert_memory(bytes, SENT, 0, STORED);
	told = (struct pollfd){.fd = ends[0]};
	ck_assert_int_eq(poll(&told, 1, 10000 * busy_factor()), 1);
	ck_assert_int_eq(recvmsg(ends[0], &message, MSG_ERRQUEUE), 0);
	assert_memory(map, SENT, 0, STORED);
}

ROW_EACH(M17, mdwe, "memory that must not become executable cannot", kinds)
{
	unsigned char *map;
	int fd;

	needs_page_cache();
	target_allow_exec();
	fd = target_open(O_RDWR);
	map = target_map(pages(MEMORY_SOME), RW, kinds[_i].flags, fd, pages(1));
	if (prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0))
		row_not_applicable("this kernel has no PR_SET_MDWE (it came with 6.3)");
	ck_assert_int_eq(mprotect(map, pages(1), PROT_READ | PROT_EXEC), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(mmap_errno(NULL, pages(1), RW | PROT_EXEC, kinds[_i].flags, fd, 0),
			 EACCES);
	ck_assert_int_eq(mmap_errno(NULL, pages(1), PROT_READ | PROT_EXEC, kinds[_i].flags, fd, 0),
			 0);
	assert_memory(map, pages(MEMORY_SOME), pages(1), ORIGINAL);
}

static int direct_open(const char *path, int *fd)
{
	*fd = open(path, O_RDWR | O_CLOEXEC | O_DIRECT);
	return *fd < 0 ? errno : 0;
}

static int set_direct(int fd)
{
	return fcntl(fd, F_SETFL, O_DIRECT) ? errno : 0;
}

/* tmpfs takes O_DIRECT from 6.6 on, and means nothing by it. */
ROW(M17, o_direct,
    "O_DIRECT is accepted or refused as for a memfd of this kernel, and transfers work")
{
	int memfd = memfd_create("oracle", MFD_CLOEXEC), fd = target_open(O_RDWR);
	int direct, oracle, opened;
	unsigned char *bytes = malloc(pages(4));
	char path[64];

	needs_page_cache();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	assert_errno(direct_open(target.path, &direct), direct_open(path, &oracle));
	/* The descriptor that memfd_create() returns was not opened, and refuses. */
	opened = open(path, O_RDWR | O_CLOEXEC);
	assert_errno(set_direct(fd), set_direct(opened));
	if (direct < 0) {
		free(bytes);
		return;
	}
	/* Aligned, and not. */
	for (size_t skip = 0; skip < 600; skip += 512 + 13) {
		ck_assert_int_eq(pread(direct, bytes, pages(3), pages(1) + skip), pages(3));
		assert_memory(bytes, pages(3), pages(1) + skip, ORIGINAL);
	}
	pattern_fill(bytes, pages(3), pages(1) + 13, STORED);
	ck_assert_int_eq(pwrite(direct, bytes, pages(3), pages(1) + 13), pages(3));
	assert_target(pages(1) + 13, pages(3), STORED);
	assert_target(pages(1), 13, ORIGINAL);
	assert_memory(target_map_ro(4, MAP_SHARED, pages(1)) + 13, pages(3), pages(1) + 13, STORED);
	free(bytes);
}

ROW_EACH(M17, map_files, "/proc/PID/map_files leads to the target itself", kinds)
{
	unsigned char *map = memory_map_some(kinds[_i].flags), *again;
	char path[96], link[256] = "", own[256] = "", self[64];
	int fd = target_open(O_RDWR), found;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)(uintptr_t)map,
		 (unsigned long)((uintptr_t)map + pages(MEMORY_SOME)));
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	ck_assert_int_gt(readlink(self, own, sizeof(own) - 1), 0);
	if (readlink(path, link, sizeof(link) - 1) < 0 && (errno == EPERM || errno == ENOENT))
		row_not_applicable("%s: %s", path, strerror(errno));
	ck_assert_str_eq(link, own);
	found = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_msg(found >= 0, "%s: %s", path, strerror(errno));
	again = target_map(pages(MEMORY_SOME), RW, MAP_SHARED, found, pages(1));
	assert_memory(again, pages(MEMORY_SOME), pages(1), ORIGINAL);
	(void)*(volatile unsigned char *)map;
	assert_same_page(frame_of(again), frame_of(map));
}
