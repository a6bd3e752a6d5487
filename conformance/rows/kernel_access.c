// SPDX-License-Identifier: GPL-2.0-only
/* M6: the kernel's access to the mapping's pages, for another process or a pipe. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/physics.h"
#include "support/process.h"
#include "support/row.h"
#include "support/system.h"
#include "support/target.h"

#define MAPPED 3 /* pages of the target from page 1 on */
#define OTHERS 1 /* patterns */
#define OURS   2

/* Where accesses take place: across the border of the first two pages. */
#define LEN (3 * sizeof(long))
#define AT  (pages(1) - LEN / 2)

/*
 * Another process's mapping. FOLL_FORCE, which debuggers use, allows a write to a private mapping
 * even if its owner may not write, but not to a shared one, because that would reach the file:
 * mm/gup.c, check_vma_flags().
 */
static const struct variant {
	const char *name;
	int flags, prot;
	bool write, force;
} variants[] = {
	{"shared-rw", MAP_SHARED, RW, true, true},
	{"shared-ro", MAP_SHARED, PROT_READ, false, false},
	{"private-rw", MAP_PRIVATE, RW, true, true},
	{"private-ro", MAP_PRIVATE, PROT_READ, false, true},
};

struct other {
	struct peer peer;
	unsigned char *map; /* in its address space */
	const struct variant *variant;
};

/* A stopped process with such a mapping, already accessed, which the test may trace. */
static void start_other(struct other *other, const struct variant *v)
{
	other->variant = v;
	if (fork_child(&other->peer)) {
		int fd = target_open(O_RDWR);
		unsigned char *map = target_map(pages(MAPPED), v->prot, v->flags, fd, pages(1));

		assert_memory(map, pages(MAPPED), pages(1), ORIGINAL);
		tell(&other->peer, (uintptr_t)map);
		ck_assert_int_eq(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
		raise(SIGSTOP);
		/* Continues after the test's write, and learns whether it failed. */
		assert_memory(map + AT, LEN, pages(1) + AT, hear(&other->peer));
		assert_memory(map, AT, pages(1), ORIGINAL);
		assert_memory(map + AT + LEN, pages(MAPPED) - AT - LEN, pages(1) + AT + LEN,
			      ORIGINAL);
		child_done();
	}
	other->map = (void *)(uintptr_t)hear(&other->peer);
	ck_assert_int_eq(waitpid(other->peer.pid, NULL, WUNTRACED), other->peer.pid);
}

/* After a write of pattern OURS, or one that was refused. */
static void end_other(struct other *other, bool written)
{
	unsigned char *view = target_map_ro(MAPPED, MAP_SHARED, pages(1));
	bool shared = other->variant->flags == MAP_SHARED;

	assert_target(pages(1) + AT, LEN, written && shared ? OURS : ORIGINAL);
	assert_target(pages(1), AT, ORIGINAL);
	ck_assert_uint_eq(view[pages(1)], target_read_byte(pages(2)));
	if (written && !shared)
		assert_different_page(frame_of_pid(other->peer.pid, other->map + pages(1)),
				      frame_of(view + pages(1)));
	else
		assert_same_page(frame_of_pid(other->peer.pid, other->map + pages(1)),
				 frame_of(view + pages(1)));
	ck_assert_int_eq(ptrace(PTRACE_CONT, other->peer.pid, NULL, NULL), 0);
	tell(&other->peer, written ? OURS : ORIGINAL);
	await_exit(&other->peer);
}

ROW_EACH(M6, ptrace_peek, "PTRACE_PEEKDATA sees what the other process sees", variants)
{
	struct other other;
	long words[LEN / sizeof(long)];

	start_other(&other, &variants[_i]);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		errno = 0;
		words[i] = ptrace(PTRACE_PEEKDATA, other.peer.pid,
				  other.map + AT + i * sizeof(long), NULL);
		if (words[i] == -1 && errno == EIO)
			row_unsupported("PTRACE_PEEKDATA: %s", strerror(errno));
		ck_assert_int_eq(errno, 0);
	}
	assert_memory(words, LEN, pages(1) + AT, ORIGINAL);
	end_other(&other, false);
}

ROW_EACH(M6, ptrace_poke, "PTRACE_POKEDATA writes as the process could, or into a private copy",
	 variants)
{
	bool forced = variants[_i].force;
	long words[LEN / sizeof(long)];
	struct other other;

	pattern_fill(words, LEN, pages(1) + AT, OURS);
	start_other(&other, &variants[_i]);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		errno = 0;
		ck_assert_int_eq(ptrace(PTRACE_POKEDATA, other.peer.pid,
					other.map + AT + i * sizeof(long), words[i]),
				 forced ? 0 : -1);
		ck_assert_int_eq(errno, forced ? 0 : EIO);
	}
	end_other(&other, forced);
}

static int open_memory(const struct other *other)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", other->peer.pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

ROW_EACH(M6, proc_mem_read, "/proc/PID/mem is read as the other process sees it", variants)
{
	struct other other;
	char bytes[LEN];
	ssize_t got;

	start_other(&other, &variants[_i]);
	got = pread(open_memory(&other), bytes, LEN, (uintptr_t)other.map + AT);
	if (got < 0 && errno == EIO)
		row_unsupported("/proc/PID/mem: %s", strerror(errno));
	ck_assert_int_eq(got, LEN);
	assert_memory(bytes, LEN, pages(1) + AT, ORIGINAL);
	end_other(&other, false);
}

/* A tracer may force, unless the kernel is set to refuse that: fs/proc/base.c, force_override */
ROW_EACH(M6, proc_mem_write, "a write to /proc/PID/mem works as PTRACE_POKEDATA does", variants)
{
	bool forced = variants[_i].force;
	struct other other;
	char bytes[LEN];
	ssize_t put;

	pattern_fill(bytes, LEN, pages(1) + AT, OURS);
	start_other(&other, &variants[_i]);
	put = pwrite(open_memory(&other), bytes, LEN, (uintptr_t)other.map + AT);
	if (put < 0 && forced && !variants[_i].write)
		row_not_applicable("this kernel is set not to force through /proc/PID/mem");
	ck_assert_int_eq(put, forced ? (ssize_t)LEN : -1);
	if (!forced)
		ck_assert_int_eq(errno, EIO);
	end_other(&other, forced);
}

ROW_EACH(M6, process_vm_readv, "process_vm_readv reads another process's mapping into the caller's",
	 variants)
{
	/* Pages of the target that this process has not mapped yet. */
	unsigned char *into = target_map_rw(1, MAP_SHARED, pages(8));
	struct iovec local = {into + 5, LEN};
	struct iovec remote = {.iov_len = LEN};
	struct other other;
	ssize_t got;

	start_other(&other, &variants[_i]);
	remote.iov_base = other.map + AT;
	got = process_vm_readv(other.peer.pid, &local, 1, &remote, 1, 0);
	if (got < 0 && errno == EFAULT)
		row_unsupported("process_vm_readv: %s", strerror(errno));
	ck_assert_int_eq(got, LEN);
	assert_memory(into + 5, LEN, pages(1) + AT, ORIGINAL);
	ck_assert_uint_eq(target_read_byte(pages(8) + 5), pattern_byte(pages(1) + AT, ORIGINAL));
	end_other(&other, false);
}

ROW_EACH(M6, process_vm_writev,
	 "process_vm_writev writes where the other process may, and is EFAULT elsewhere", variants)
{
	unsigned char *from = target_map_rw(1, MAP_SHARED, pages(8));
	bool write = variants[_i].write;
	struct iovec local = {from + 5, LEN};
	struct iovec remote = {.iov_len = LEN};
	struct other other;

	pattern_fill(from + 5, LEN, pages(1) + AT, OURS);
	start_other(&other, &variants[_i]);
	remote.iov_base = other.map + AT;
	ck_assert_int_eq(process_vm_writev(other.peer.pid, &local, 1, &remote, 1, 0),
			 write ? (ssize_t)LEN : -1);
	if (!write)
		ck_assert_int_eq(errno, EFAULT);
	end_other(&other, write);
}

ROW(M6, process_vm_past_end, "process_vm_readv stops at the target's end with a short count")
{
	unsigned char *map = target_map_rw(4, MAP_SHARED, target.size - pages(2));
	unsigned char *bytes = mmap(NULL, pages(4), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec local = {bytes, pages(4)};
	struct iovec remote = {map, pages(4)};

	needs_end();
	ck_assert_int_eq(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), pages(2));
	assert_memory(bytes, pages(2), target.size - pages(2), ORIGINAL);
	remote = (struct iovec){map + pages(2), pages(1)};
	ck_assert_int_eq(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), -1);
	ck_assert_int_eq(errno, EFAULT);
}

struct ends {
	int out, in;
};

static struct ends make_pipe(void)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	/* Pages, however large, must fit. */
	if (fcntl(fds[1], F_SETPIPE_SZ, pages(MAPPED)) < 0)
		row_not_applicable("a pipe for %d pages of %zu bytes: %s", MAPPED, target.page,
				   strerror(errno));
	return (struct ends){.out = fds[0], .in = fds[1]};
}

static void read_pattern(int fd, int seed)
{
	unsigned char bytes[4096];

	for (size_t done = 0; done < pages(MAPPED); done += sizeof(bytes)) {
		ck_assert_int_eq(read(fd, bytes, sizeof(bytes)), sizeof(bytes));
		assert_memory(bytes, sizeof(bytes), pages(1) + done, seed);
	}
}

static void vmsplice_all(int fd, unsigned char *map, unsigned int flags)
{
	struct iovec whole = {map, pages(MAPPED)};
	ssize_t put = vmsplice(fd, &whole, 1, flags);

	if (put < 0 && errno == EFAULT)
		row_unsupported("vmsplice: %s", strerror(errno));
	ck_assert_int_eq(put, pages(MAPPED));
}

/* The pipe has the pages themselves, and no copy: fs/splice.c, vmsplice_to_pipe(). */
ROW(M6, vmsplice_shared,
    "vmsplice puts the pages themselves into the pipe, which shows a later store")
{
	unsigned char *map = target_map_rw(MAPPED, MAP_SHARED, pages(1));
	struct ends ends = make_pipe();

	vmsplice_all(ends.in, map, 0);
	pattern_fill(map, pages(MAPPED), pages(1), OURS);
	read_pattern(ends.out, OURS);
	assert_target(pages(1), pages(MAPPED), OURS);
}

ROW(M6, vmsplice_private,
    "a later store to a private mapping makes a copy, and the pipe keeps the old page")
{
	unsigned char *map = target_map_rw(MAPPED, MAP_PRIVATE, pages(1));
	struct ends ends = make_pipe();

	vmsplice_all(ends.in, map, 0);
	pattern_fill(map, pages(MAPPED), pages(1), OURS);
	read_pattern(ends.out, ORIGINAL);
	assert_memory(map, pages(MAPPED), pages(1), OURS);
	assert_target(pages(1), pages(MAPPED), ORIGINAL);
}

ROW_EACH(M6, vmsplice_gift, "pages given to a pipe, and from there to a file, stay in the mapping",
	 kinds)
{
	unsigned char *map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));
	int file = memfd_create("receiver", MFD_CLOEXEC);
	struct ends ends = make_pipe();
	uint64_t frames[MAPPED];

	pattern_fill(map, pages(MAPPED), pages(1), OURS);
	for (int i = 0; i < MAPPED; i++)
		frames[i] = frame_of(map + pages(i));
	vmsplice_all(ends.in, map, SPLICE_F_GIFT);
	for (size_t done = 0; done < pages(MAPPED);) {
		ssize_t moved =
			splice(ends.out, NULL, file, NULL, pages(MAPPED) - done, SPLICE_F_MOVE);

		ck_assert_int_gt(moved, 0);
		done += moved;
	}
	ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
	read_pattern(file, OURS);

	for (int i = 0; i < MAPPED; i++)
		assert_same_page(frame_of(map + pages(i)), frames[i]);
	assert_memory(map, pages(MAPPED), pages(1), OURS);
	assert_target(pages(1), pages(MAPPED), kinds[_i].flags == MAP_SHARED ? OURS : ORIGINAL);
}

ROW_EACH(M6, vmsplice_into, "vmsplice from a pipe into the mapping", kinds)
{
	unsigned char *map = target_map_rw(MAPPED, kinds[_i].flags, pages(1));
	unsigned char *bytes = mmap(NULL, pages(1), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec part = {map + AT, pages(1)};
	struct ends ends = make_pipe();

	pattern_fill(bytes, pages(1), pages(1) + AT, OTHERS);
	ck_assert_int_eq(write(ends.in, bytes, pages(1)), pages(1));
	ck_assert_int_eq(vmsplice(ends.out, &part, 1, 0), pages(1));
	assert_memory(map + AT, pages(1), pages(1) + AT, OTHERS);
	assert_memory(map, AT, pages(1), ORIGINAL);
	assert_target(pages(1) + AT, pages(1), kinds[_i].flags == MAP_SHARED ? OTHERS : ORIGINAL);
}
