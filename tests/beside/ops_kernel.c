// SPDX-License-Identifier: GPL-2.0-only
/* The kernel accesses the mapping's pages on behalf of a program: contract M6. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_xdp.h>

#include "guard.h"
#include "newer.h"
#include "ops.h"
#include "result.h"

static unsigned char bytes[8 * 4096] __attribute__((aligned(4096)));

/* Changes the protection of the range first, unless it is -1. */
static void protect(const struct world *w, long how)
{
	if (how >= 0)
		say_ret("mprotect", mprotect(world_at(w), world_bytes(w), how));
}

/* arg is 1 to write, the protection of the range (-1 to leave it), and the length. */
void op_process_vm(struct world *w, const long *arg)
{
	struct iovec mine = {bytes, arg[2]}, theirs = {world_at(w), arg[2]};
	ssize_t done;

	protect(w, arg[1]);
	memset(bytes, 0x51, sizeof(bytes));
	if (arg[0]) {
		say_ret("ret", process_vm_writev(getpid(), &mine, 1, &theirs, 1, 0));
		return;
	}
	done = process_vm_readv(getpid(), &mine, 1, &theirs, 1, 0);
	if (say_ret("ret", done))
		say_bytes("bytes", bytes, done, world_offset(w));
}

void op_proc_mem(struct world *w, const long *arg)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ssize_t done;

	protect(w, arg[1]);
	memset(bytes, 0x52, sizeof(bytes));
	if (arg[0]) {
		say_ret("ret", pwrite(fd, bytes, arg[2], (off_t)(uintptr_t)world_at(w)));
	} else {
		done = pread(fd, bytes, arg[2], (off_t)(uintptr_t)world_at(w));
		if (say_ret("ret", done))
			say_bytes("bytes", bytes, done, world_offset(w));
	}
	close(fd);
}

/* The parent reads and writes the child's memory. The child then reports what it has. */
void op_ptrace(struct world *w, const long *arg)
{
	pid_t child;
	long word;

	protect(w, arg[0]);
	child = fork();
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		say_pages("child", world_at(w), w->count, w->map->first + w->page);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, child, world_at(w) + 8, NULL);
	say("peek", "%s", errno_name(errno));
	say("word", "%#lx", word);
	say_ret("poke", ptrace(PTRACE_POKEDATA, child, world_at(w) + 16, 0x1122334455667788));
	say_ret("detach", ptrace(PTRACE_DETACH, child, NULL, NULL));
	waitpid(child, NULL, 0);
}

/* Opens a file with O_DIRECT on the disk of MMAPDEMO_SCRATCH, or on tmpfs. */
static int open_direct(void)
{
	const char *folder = getenv("MMAPDEMO_SCRATCH");
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/beside.%d", folder ? folder : "/tmp", getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
	unlink(path);
	return fd;
}

/* The disk reads from the mapping if arg[0] is set, and writes to it otherwise. */
void op_direct(struct world *w, const long *arg)
{
	int fd = open_direct();

	if (!say_done("open", fd >= 0))
		return;
	protect(w, arg[1]);
	memset(bytes, 0x53, sizeof(bytes));
	if (arg[0]) {
		say_ret("ret", pwrite(fd, world_at(w), 2 * page_size, 0));
		say_ret("pread", pread(fd, bytes, 2 * page_size, 0));
		say_bytes("bytes", bytes, 2 * page_size, world_offset(w));
	} else {
		say_ret("pwrite", pwrite(fd, bytes, 2 * page_size, 0));
		say_ret("ret", pread(fd, world_at(w), 2 * page_size, 0));
	}
	close(fd);
}

/* A socket pins a page. Then arg[0] is done: 1 punch, 2 store, 3 shrink, 4 fork. */
void op_pin(struct world *w, const long *arg)
{
	struct xdp_umem_reg umem = {
		.addr = (uintptr_t)world_at(w), .len = page_size, .chunk_size = page_size};
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (!say_done("socket", fd >= 0))
		return;
	say_ret("ret", setsockopt(fd, 283, XDP_UMEM_REG, &umem, sizeof(umem)));
	switch (arg[0]) {
	case 1:
		say_ret("punch", object_punch(w, world_offset(w), page_size));
		break;
	case 2:
		guarded_store(world_at(w) + 50, 0x54);
		break;
	case 3:
		say_ret("resize", object_resize(w, 1));
		break;
	case 4: {
		pid_t child = fork();

		if (!child) {
			guarded_store(world_at(w) + 50, 0x55);
			_exit(0);
		}
		waitpid(child, NULL, 0);
		break;
	}
	}
	close(fd);
}

/* Sent bytes may take their time to arrive. */
static ssize_t receive(int fd, ssize_t sent)
{
	struct timeval patience = {.tv_sec = 1};

	if (sent <= 0)
		return recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return recv(fd, bytes, sent, MSG_WAITALL);
}

/* The socket sends the mapping's pages by reference. */
void op_zerocopy(struct world *w, const long *arg)
{
	int ends[2], on = 1;
	ssize_t sent, got;

	if (socket_pair(arg[0], ends))
		return;
	say_ret("option", setsockopt(ends[0], SOL_SOCKET, 60, &on, sizeof(on)));
	sent = send(ends[0], world_at(w), arg[1], 0x4000000 | MSG_DONTWAIT);
	say_ret("ret", sent);
	if (arg[2])
		guarded_store(world_at(w) + 50, 0x56);
	got = receive(ends[1], sent);
	if (say_ret("recv", got) && !arg[2])
		say_bytes("bytes", bytes, got, world_offset(w));
	close(ends[0]);
	close(ends[1]);
}
