// SPDX-License-Identifier: GPL-2.0-only
/* Memory errors: contract M14. Each operation takes a page from the machine for good. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "newer.h"
#include "ops.h"
#include "result.h"

static unsigned char bytes[4096 * 4];

/* A signal may report the lost page before madvise() returns. */
static void advise(const struct world *w, unsigned char *at, int advice)
{
	volatile int ret = 0;

	if (GUARD_BEGIN()) {
		ret = madvise(at, page_size, advice);
		GUARD_END();
	}
	if (guard.signo)
		say_signal("advice", world_at(w));
	else
		say_ret("advice", ret);
}

/* sysfs takes the physical address of a page, which is not mapped by then. */
static void offline(struct world *w, unsigned char *at, const char *path)
{
	uint64_t frame = frame_of(at);
	char text[32];

	if (!frame) {
		say("frame", "none");
		return;
	}
	snprintf(text, sizeof(text), "%#llx", (unsigned long long)frame * page_size);
	munmap(w->map->at, w->map->pages * page_size);
	say_ret("offline", write_file(path, text));
}

static void after_splice(const struct world *w, off_t offset)
{
	int ends[2];
	ssize_t got;

	if (pipe2(ends, O_NONBLOCK))
		return;
	say_ret("splice", splice(w->fd, &offset, ends[1], NULL, 2 * page_size, SPLICE_F_NONBLOCK));
	got = read(ends[0], bytes, sizeof(bytes));
	if (say_ret("read", got))
		say_bytes("bytes", bytes, got, -1);
	close(ends[0]);
	close(ends[1]);
}

static void after_fork(const struct world *w, unsigned char *at)
{
	pid_t child = fork();

	if (!child) {
		guarded_store(at, 1);
		say_signal("child", world_at(w));
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* The program uses the lost page. */
static void afterwards(struct world *w, unsigned char *at, long what)
{
	off_t offset = world_offset(w) + (at - world_at(w));
	struct iovec mine = {bytes, sizeof(bytes)}, theirs = {world_at(w), sizeof(bytes)};

	memset(bytes, 0x71, sizeof(bytes));
	switch (what) {
	case 1:
		say_ret("pwrite", pwrite(w->fd, bytes, page_size, offset));
		break;
	case 2:
		say_ret("pwrite", pwrite(w->fd, bytes, 10, offset + 5));
		break;
	case 3:
		after_splice(w, world_offset(w));
		break;
	case 4:
		say_ret("punch", object_punch(w, offset, page_size));
		break;
	case 5:
		after_fork(w, at);
		break;
	case 6:
		say_ret("readv", process_vm_readv(getpid(), &mine, 1, &theirs, 1, 0));
		say_ret("writev", process_vm_writev(getpid(), &mine, 1, &theirs, 1, 0));
		break;
	case 7:
		say_ret("mlock", mlock(world_at(w), world_bytes(w)));
		break;
	case 8:
		say_ret("populate", madvise(world_at(w), world_bytes(w), MADV_POPULATE_READ));
		break;
	case 9:
		say_ret("dontneed", madvise(world_at(w), world_bytes(w), MADV_DONTNEED));
		break;
	case 10:
		guarded_store(at + 9, 0x72);
		say_signal("store", world_at(w));
		guarded_store(at + page_size + 9, 0x72);
		say_signal("neighbour", world_at(w));
		break;
	case 11:
		say_ret("resize", object_resize(w, 1));
		say_ret("back", object_resize(w, w->pages));
		break;
	case 12:
		say_ret("pread", pread(w->fd, bytes, sizeof(bytes), world_offset(w)));
		break;
	case 13:
		say_ret("msync", msync(world_at(w), world_bytes(w), MS_SYNC));
		break;
	case 14:
		say_ret("populate", madvise(world_at(w), world_bytes(w), MADV_POPULATE_WRITE));
		break;
	}
}

/*
 * arg: how (0 MADV_HWPOISON, 1 MADV_SOFT_OFFLINE, 2 hard and 3 soft by sysfs, of a page that is not
 * mapped), which page of the range, and what comes afterwards.
 */
void op_poison(struct world *w, const long *arg)
{
	unsigned char *at = world_at(w) + arg[1] * page_size;

	switch (arg[0]) {
	case 0:
		advise(w, at, MADV_HWPOISON);
		break;
	case 1:
		advise(w, at, MADV_SOFT_OFFLINE_);
		break;
	case 2:
		offline(w, at, "/sys/devices/system/memory/hard_offline_page");
		break;
	case 3:
		offline(w, at, "/sys/devices/system/memory/soft_offline_page");
		break;
	}
	afterwards(w, at, arg[2]);
}
